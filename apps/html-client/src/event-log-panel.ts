import { EventLog } from './event-log.ts'
import { LogFilter } from './log-filter.ts'
import { logRow } from './log-row.ts'
import { oncePerFrame } from './once-per-frame.ts'
import { field, setText } from './page.ts'
import type { ReceivedEvent } from './stream-connection.ts'

const CAPACITY = 500

/** Shows the event log, newest first. While paused the log goes on in the background, within its bounds. */
export class EventLogPanel {
  readonly filter: LogFilter
  readonly #log = new EventLog(CAPACITY)
  readonly #update = oncePerFrame(() => this.#render())
  /** The rows on the page by the sequence of their entries, oldest first. */
  readonly #rows = new Map<number, HTMLElement>()
  readonly #list: HTMLElement
  readonly #status: HTMLElement
  readonly #pause: HTMLButtonElement
  #paused = false
  /** Entries up to this sequence were rendered (or filtered out). */
  #rendered = 0

  constructor(root: HTMLElement) {
    this.#list = field(root, 'rows', HTMLElement)
    this.#status = field(root, 'status', HTMLElement)
    this.#pause = field(root, 'pause', HTMLButtonElement)
    this.#pause.addEventListener('click', () => this.#togglePause())
    field(root, 'clear', HTMLButtonElement).addEventListener('click', () => this.#clear())
    this.filter = new LogFilter(root, () => this.#renderAgain())
    this.#update()
  }

  add(stream: string, event: ReceivedEvent): void {
    this.#log.add(stream, event)
    this.#update()
  }

  #togglePause(): void {
    this.#paused = !this.#paused
    this.#pause.setAttribute('aria-pressed', String(this.#paused))
    this.#render()
  }

  #clear(): void {
    this.#log.clear()
    this.#removeRowsBefore(this.#log.oldest)
    this.#rendered = this.#log.latest
    this.#render()
  }

  /** The filter changed: shows what passes it now of everything that was let in so far. */
  #renderAgain(): void {
    const upTo = this.#paused ? this.#rendered : this.#log.latest
    this.#removeRowsBefore(Number.POSITIVE_INFINITY)
    this.#renderBetween(0, upTo)
    this.#render()
  }

  #render(): void {
    if (!this.#paused) {
      this.#removeRowsBefore(this.#log.oldest)
      this.#renderBetween(this.#rendered, this.#log.latest)
    }
    setText(this.#status, this.#statusText())
  }

  #renderBetween(from: number, upTo: number): void {
    const fresh = document.createDocumentFragment()
    for (const entry of this.#log.after(from)) {
      if (entry.sequence > upTo || !this.filter.matches(entry)) continue
      const row = logRow(entry)
      this.#rows.set(entry.sequence, row)
      fresh.prepend(row)
    }
    this.#list.prepend(fresh)
    this.#rendered = upTo
  }

  #removeRowsBefore(oldest: number): void {
    for (const [sequence, row] of this.#rows) {
      if (sequence >= oldest) return
      row.remove()
      this.#rows.delete(sequence)
    }
  }

  #statusText(): string {
    const waiting = this.#log.latest - this.#rendered
    if (this.#paused) return `Paused, ${waiting} new`
    return `${this.#rows.size} shown of ${this.#log.size} kept (at most ${CAPACITY})`
  }
}
