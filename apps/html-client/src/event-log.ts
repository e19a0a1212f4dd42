import type { ReceivedEvent } from './stream-connection.ts'

export interface LogEntry extends ReceivedEvent {
  /** Counts the entries of this log from 1, so that a view can tell the new and the evicted ones. */
  readonly sequence: number
  readonly receivedAt: Date
  readonly stream: string
}

/** The latest events of all streams, oldest first. */
export class EventLog {
  readonly #capacity: number
  #entries: LogEntry[] = []
  #sequence = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#entries.length
  }

  /** The sequence of the latest entry ever added. */
  get latest(): number {
    return this.#sequence
  }

  /** The sequence of the oldest entry still kept; one beyond the latest if there is none. */
  get oldest(): number {
    return this.#sequence - this.#entries.length + 1
  }

  add(stream: string, event: ReceivedEvent): void {
    this.#sequence += 1
    this.#entries.push({ ...event, stream, sequence: this.#sequence, receivedAt: new Date() })
    if (this.#entries.length > this.#capacity) this.#entries.shift()
  }

  /** What is kept of the entries after this sequence. */
  after(sequence: number): readonly LogEntry[] {
    return this.#entries.slice(Math.max(0, sequence - this.oldest + 1))
  }

  clear(): void {
    this.#entries = []
  }
}
