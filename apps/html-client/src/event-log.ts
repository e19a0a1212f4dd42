import type { ReceivedEvent } from './stream-reader.ts'

export interface LogEntry extends ReceivedEvent {
  /** Counts the entries of this log from 1, so that a view can tell the new and the evicted ones. */
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  readonly stream: string
  /** A comment has its text as data, and neither type nor id. */
  readonly kind: 'event' | 'comment'
}

export interface LogBounds {
  readonly entries: number
  /** UTF-16 units of all data together: few large events may weigh more than many small ones. */
  readonly size: number
}

/** The latest of all streams, oldest first, within bounds. */
export class EventLog {
  readonly #bounds: LogBounds
  /** Evicted entries leave a hole at the front, which is closed now and then: moving all for each one would be slow. */
  #entries: (LogEntry | undefined)[] = []
  #evicted = 0
  #sequence = 0
  #size = 0

  constructor(bounds: LogBounds) {
    this.#bounds = bounds
  }

  /** How many entries are kept. */
  get length(): number {
    return this.#entries.length - this.#evicted
  }

  /** The sequence of the latest entry ever added. */
  get latest(): number {
    return this.#sequence
  }

  /** The sequence of the oldest entry still kept; one beyond the latest if there is none. */
  get oldest(): number {
    return this.#sequence - this.length + 1
  }

  add(stream: string, kind: LogEntry['kind'], { type, data, id }: ReceivedEvent): void {
    this.#sequence += 1
    this.#size += data.length
    this.#entries.push({ sequence: this.#sequence, receivedAt: Date.now(), stream, kind, type, data, id })
    while (this.length > this.#bounds.entries || (this.#size > this.#bounds.size && this.length > 1))
      this.#evict()
  }

  /** What is kept of the entries after this sequence. */
  *after(sequence: number): Generator<LogEntry> {
    const start = this.#evicted + Math.max(0, sequence - this.oldest + 1)
    for (let i = start; i < this.#entries.length; i++) {
      const entry = this.#entries[i]
      if (entry !== undefined) yield entry
    }
  }

  clear(): void {
    this.#entries = []
    this.#evicted = 0
    this.#size = 0
  }

  #evict(): void {
    this.#size -= this.#entries[this.#evicted]?.data.length ?? 0
    this.#entries[this.#evicted] = undefined
    this.#evicted += 1
    if (this.#evicted < this.#bounds.entries) return
    this.#entries = this.#entries.slice(this.#evicted)
    this.#evicted = 0
  }
}
