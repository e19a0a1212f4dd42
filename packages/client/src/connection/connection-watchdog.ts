import type { Clock } from '@sse/core'
import { StallWatchdog } from '../attempt/stall-watchdog.ts'

const OPENING = /^open(?: ping-interval-ms=(\d{1,9}))?$/

/** Watches each connection of a stream, for as long as its server announces or the program has set. */
export class ConnectionWatchdog extends StallWatchdog {
  readonly #heedsServer: boolean
  /** Kept over connections: the next one may freeze before the server has announced its pings again. */
  #stallMs: number

  /** `stallTimeoutMs`: `undefined` for what the server announces; 0 = off. */
  constructor(clock: Clock, stallTimeoutMs: number | undefined, onStall: (silentMs: number) => void) {
    super(clock, onStall)
    this.#heedsServer = stallTimeoutMs === undefined
    this.#stallMs = stallTimeoutMs ?? 0
  }

  /** A connection is open. */
  opened(): void {
    this.arm(this.#stallMs)
  }

  comment(text: string): void {
    const opening = this.#heedsServer && OPENING.exec(text)
    if (!opening) return
    // Twice the interval is what the protocol lets a client take for silence.
    this.#stallMs = 2 * Number(opening[1] ?? 0)
    this.arm(this.#stallMs)
  }
}
