import type { EventLog, LogEntry } from './event-log.ts'
import type { LogFilter } from './log-filter.ts'

/** What the log shows: the entries that pass the filter, up to where it was paused. */
export class LogView {
  readonly #log: EventLog
  readonly #filter: LogFilter
  /** Oldest first. The first of them may have been evicted meanwhile, and are skipped. */
  #entries: LogEntry[] = []
  #skipped = 0
  /** Entries up to this sequence were looked at. */
  #upTo = 0

  constructor(log: EventLog, filter: LogFilter) {
    this.#log = log
    this.#filter = filter
  }

  get length(): number {
    return this.#entries.length - this.#skipped
  }

  /** How many entries came after what is shown. */
  get waiting(): number {
    return this.#log.latest - this.#upTo
  }

  /** From the newest, which is 0. */
  newest(index: number): LogEntry | undefined {
    return index < this.length ? this.#entries[this.#entries.length - 1 - index] : undefined
  }

  /** What is shown, oldest first. */
  *[Symbol.iterator](): Generator<LogEntry> {
    for (let index = this.length - 1; index >= 0; index--) {
      const entry = this.newest(index)
      if (entry !== undefined) yield entry
    }
  }

  /** Takes in what came, and lets go of what the log forgot. Returns how many are new. */
  catchUp(): number {
    const before = this.#entries.length
    for (const entry of this.#log.after(this.#upTo))
      if (this.#filter.matches(entry)) this.#entries.push(entry)
    this.#upTo = this.#log.latest
    const added = this.#entries.length - before
    this.#skipEvicted()
    return added
  }

  /** The filter changed. What came since the log was paused still waits. */
  filterAgain(): void {
    this.#entries = []
    this.#skipped = 0
    for (const entry of this.#log.after(0)) {
      if (entry.sequence > this.#upTo) break
      if (this.#filter.matches(entry)) this.#entries.push(entry)
    }
  }

  clear(): void {
    this.#entries = []
    this.#skipped = 0
    this.#upTo = this.#log.latest
  }

  #skipEvicted(): void {
    const { oldest } = this.#log
    while (this.#skipped < this.#entries.length && (this.#entries[this.#skipped]?.sequence ?? 0) < oldest)
      this.#skipped += 1
    if (this.#skipped * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#skipped)
    this.#skipped = 0
  }
}
