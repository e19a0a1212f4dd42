import { EventLog, type LogEntry } from './event-log.ts'
import { exportLog } from './log-export.ts'
import { LogFilter } from './log-filter.ts'
import { LogInspector } from './log-inspector.ts'
import { logRow, markSelected } from './log-row.ts'
import { LogView } from './log-view.ts'
import { oncePerFrame } from './once-per-frame.ts'
import { field, setText } from './page.ts'
import type { ReceivedEvent } from './stream-reader.ts'
import { VirtualList } from './virtual-list.ts'

const BOUNDS = { entries: 20_000, size: 32_000_000 }

const count = new Intl.NumberFormat('en')

/** Shows the event log, newest first. While paused the log goes on in the background, within its bounds. */
export class EventLogPanel {
  readonly filter: LogFilter
  readonly #log = new EventLog(BOUNDS)
  readonly #view: LogView
  readonly #list: VirtualList<LogEntry>
  readonly #inspector: LogInspector
  readonly #update = oncePerFrame(() => this.#render())
  readonly #rows: HTMLElement
  readonly #root: HTMLElement
  readonly #status: HTMLElement
  readonly #pause: HTMLButtonElement
  #paused = false

  constructor(root: HTMLElement, filterChanged: () => void) {
    this.#root = root
    this.#rows = field(root, 'rows', HTMLElement)
    this.#status = field(root, 'status', HTMLElement)
    this.#pause = field(root, 'pause', HTMLButtonElement)
    this.filter = new LogFilter(root, () => {
      this.filterAgain()
      filterChanged()
    })
    this.#view = new LogView(this.#log, this.filter)
    this.#inspector = new LogInspector(field(root, 'inspector', HTMLElement), () => this.#markSelected())
    this.#list = new VirtualList(
      field(root, 'viewport', HTMLElement),
      this.#rows,
      this.#source(),
      this.#update,
    )
    this.#pause.addEventListener('click', () => this.togglePause())
    field(root, 'clear', HTMLButtonElement).addEventListener('click', () => this.#clear())
    field(root, 'export', HTMLButtonElement).addEventListener('click', () => exportLog(this.#view))
    this.#update()
  }

  addEvent(stream: string, event: ReceivedEvent): void {
    this.#log.add(stream, 'event', event)
    this.#update()
  }

  addComment(stream: string, comment: string): void {
    this.#log.add(stream, 'comment', { type: '', data: comment, id: '' })
    this.#update()
  }

  togglePause(): void {
    this.#paused = !this.#paused
    this.#pause.setAttribute('aria-pressed', String(this.#paused))
    setText(field(this.#root, 'pause-text', HTMLElement), this.#paused ? 'Continue' : 'Pause')
    this.#render()
  }

  filterAgain(): void {
    this.#view.filterAgain()
    this.#list.reset()
    this.#list.toTop()
    this.#update()
  }

  #clear(): void {
    this.#log.clear()
    this.#view.clear()
    this.#inspector.close()
    this.#list.reset()
    this.#render()
  }

  #render(): void {
    const added = this.#paused ? 0 : this.#view.catchUp()
    this.#list.draw(added)
    setText(this.#status, this.#statusText())
  }

  #source(): ConstructorParameters<typeof VirtualList<LogEntry>>[2] {
    const view = this.#view
    return {
      get length() {
        return view.length
      },
      item: (index) => view.newest(index),
      key: ({ sequence }) => sequence,
      row: (entry) => this.#row(entry),
    }
  }

  #row(entry: LogEntry): HTMLElement {
    const row = logRow(entry, this.#inspector.entry === entry)
    field(row, 'open', HTMLButtonElement).addEventListener('click', () => {
      if (this.#inspector.entry === entry) this.#inspector.close()
      else this.#inspector.show(entry)
      this.#markSelected()
    })
    return row
  }

  #markSelected(): void {
    const selected = String(this.#inspector.entry?.sequence ?? '')
    for (const row of this.#rows.children)
      if (row instanceof HTMLElement) markSelected(row, row.dataset['sequence'] === selected)
  }

  #statusText(): string {
    if (this.#paused) return `Paused, ${count.format(this.#view.waiting)} new`
    const kept = `${count.format(this.#log.length)} kept of ${count.format(this.#log.latest)}`
    return `${count.format(this.#view.length)} shown · ${kept}`
  }
}
