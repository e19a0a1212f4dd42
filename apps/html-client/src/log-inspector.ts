import type { LogEntry } from './event-log.ts'
import { indented } from './json.ts'
import { field, setText } from './page.ts'
import { wireText } from './wire-text.ts'

type View = 'json' | 'wire'

/** Shows one entry of the log whole. It stays while the log moves on, and after the log has forgotten the entry. */
export class LogInspector {
  readonly #root: HTMLElement
  readonly #views: Readonly<Record<View, HTMLButtonElement>>
  readonly #closed: () => void
  #view: View = 'json'
  #entry: LogEntry | undefined

  constructor(root: HTMLElement, closed: () => void) {
    this.#root = root
    this.#closed = closed
    this.#views = {
      json: field(root, 'view-json', HTMLButtonElement),
      wire: field(root, 'view-wire', HTMLButtonElement),
    }
    this.#views.json.addEventListener('click', () => this.#look('json'))
    this.#views.wire.addEventListener('click', () => this.#look('wire'))
    field(root, 'inspector-close', HTMLButtonElement).addEventListener('click', () => this.close())
  }

  get entry(): LogEntry | undefined {
    return this.#entry
  }

  show(entry: LogEntry): void {
    this.#entry = entry
    this.#render()
  }

  close(): void {
    if (this.#entry === undefined) return
    this.#entry = undefined
    this.#render()
    this.#closed()
  }

  #look(view: View): void {
    this.#view = view
    this.#render()
  }

  #render(): void {
    const entry = this.#entry
    this.#root.hidden = entry === undefined
    for (const [view, button] of Object.entries(this.#views))
      button.setAttribute('aria-pressed', String(view === this.#view))
    field(this.#root, 'wire-note', HTMLElement).hidden = this.#view !== 'wire'
    if (entry === undefined) return
    const { kind, stream, type, id, data } = entry
    const title = kind === 'comment' ? `A comment on ${stream}` : `${type} on ${stream}${id && `, id ${id}`}`
    setText(field(this.#root, 'inspector-title', HTMLElement), title)
    const text = this.#view === 'json' ? indented(data) : wireText(entry)
    setText(field(this.#root, 'inspector-text', HTMLElement), text)
  }
}
