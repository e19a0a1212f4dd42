import type { Clock } from '@sse/core'
import type { ByteSink, Ending, Stage } from './byte-sink.ts'

/** How often a second a line that always has something to send does so, where it can: a fast line sends more at a time, not more often. */
const SENDS_PER_SECOND = 50

/** A line that carries so many bytes a second: a byte has arrived when all in front of it have, and its own time has passed. */
export class Bandwidth implements Stage {
  readonly #next: ByteSink
  readonly #bytesPerSecond: number
  readonly #clock: Clock
  #waiting: Uint8Array[] = []
  #ending: Ending | undefined
  #cancel: (() => void) | undefined

  constructor(next: ByteSink, bytesPerSecond: number, clock: Clock) {
    this.#next = next
    this.#bytesPerSecond = bytesPerSecond
    this.#clock = clock
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#waiting.push(bytes)
    if (this.#cancel === undefined) this.#send(this.#clock.now())
  }

  end(how: Ending): void {
    this.#ending = how
    if (this.#cancel === undefined) this.#send(this.#clock.now())
  }

  /** Sends the next piece on a line that is free since then: not from now, or a timer that is late would make the line slower. */
  #send(freeSince: number): void {
    const bytes = this.#waiting[0]
    if (bytes === undefined) {
      const ending = this.#ending
      this.#ending = undefined
      if (ending !== undefined) this.#next.end(ending)
      return
    }
    const piece = bytes.subarray(0, Math.max(1, Math.floor(this.#bytesPerSecond / SENDS_PER_SECOND)))
    if (piece.length < bytes.length) this.#waiting[0] = bytes.subarray(piece.length)
    else this.#waiting.shift()
    const sentAt = freeSince + (piece.length / this.#bytesPerSecond) * 1_000
    this.#cancel = this.#clock.schedule(
      () => {
        this.#cancel = undefined
        this.#next.write(piece)
        // Whoever got the piece may have written more in its turn.
        if (this.#cancel === undefined) this.#send(sentAt)
      },
      Math.max(sentAt - this.#clock.now(), 0),
    )
  }

  destroy(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#waiting = []
    this.#ending = undefined
  }
}
