/** How many rows beyond the visible ones are on the page, so that scrolling does not show a blank. */
const OVERSCAN = 6

/** Asked for what a list shows. Index 0 is at the top. */
export interface VirtualListSource<Item> {
  readonly length: number
  item(index: number): Item | undefined
  /** Stays with an item while its index changes. */
  key(item: Item): number
  row(item: Item): HTMLElement
}

/**
 * A long list of which only the rows in view are on the page. All rows are equally high, as CSS says by `--row-height`.
 * What the reader looks at stays where it is while rows come in above; at the top, the list follows the newest.
 */
export class VirtualList<Item> {
  readonly #viewport: HTMLElement
  readonly #list: HTMLElement
  readonly #source: VirtualListSource<Item>
  readonly #rows = new Map<number, HTMLElement>()

  constructor(viewport: HTMLElement, list: HTMLElement, source: VirtualListSource<Item>, draw: () => void) {
    this.#viewport = viewport
    this.#list = list
    this.#source = source
    viewport.addEventListener('scroll', draw, { passive: true })
    new ResizeObserver(draw).observe(viewport)
  }

  /** Draws the rows in view, after so many new ones came in at the top. */
  draw(added: number): void {
    const rowHeight = this.#rowHeight()
    const { length } = this.#source
    this.#list.style.height = `${length * rowHeight}px`
    if (added > 0 && this.#viewport.scrollTop > 0) this.#viewport.scrollTop += added * rowHeight

    const first = Math.max(0, Math.floor(this.#viewport.scrollTop / rowHeight) - OVERSCAN)
    const visible = Math.ceil(this.#viewport.clientHeight / rowHeight) + 2 * OVERSCAN
    this.#place(first, Math.min(length, first + visible), rowHeight)
  }

  /** Forgets the rows: their items look different now. */
  reset(): void {
    for (const row of this.#rows.values()) row.remove()
    this.#rows.clear()
  }

  toTop(): void {
    this.#viewport.scrollTop = 0
  }

  /** Rows that stay are not moved within the document, so that a focus among them stays too. */
  #place(first: number, end: number, rowHeight: number): void {
    const wanted = new Map<number, HTMLElement>()
    for (let index = first; index < end; index++) {
      const item = this.#source.item(index)
      if (item === undefined) continue
      const key = this.#source.key(item)
      const row = this.#rows.get(key) ?? this.#source.row(item)
      row.style.transform = `translateY(${index * rowHeight}px)`
      row.setAttribute('aria-posinset', String(index + 1))
      row.setAttribute('aria-setsize', String(this.#source.length))
      wanted.set(key, row)
    }
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue
      row.remove()
      this.#rows.delete(key)
    }
    let place = this.#list.firstElementChild
    for (const [key, row] of wanted) {
      this.#rows.set(key, row)
      if (row === place) place = place.nextElementSibling
      else this.#list.insertBefore(row, place)
    }
  }

  #rowHeight(): number {
    return Number.parseFloat(getComputedStyle(this.#list).getPropertyValue('--row-height')) || 32
  }
}
