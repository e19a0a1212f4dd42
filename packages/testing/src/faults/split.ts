import type { Clock } from '@sse/core'
import type { ByteSink, Ending, Stage } from './byte-sink.ts'

/**
 * Passes few bytes at a time, each few in a turn of the event loop of its own: written in one turn, the reader would find them
 * all in its socket at once.
 */
export class Split implements Stage {
  readonly #next: ByteSink
  readonly #clock: Clock
  /** How many bytes the next piece has. */
  readonly #size: () => number
  #waiting: Uint8Array[] = []
  #ending: Ending | undefined
  #turnAsked = false

  constructor(next: ByteSink, size: () => number, clock: Clock) {
    this.#next = next
    this.#size = size
    this.#clock = clock
  }

  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#waiting.push(bytes)
    this.#askForTurn()
  }

  end(how: Ending): void {
    this.#ending = how
    this.#askForTurn()
  }

  #askForTurn(): void {
    if (this.#turnAsked) return
    this.#turnAsked = true
    this.#clock.nextTurn(() => {
      this.#turnAsked = false
      this.#pass()
    })
  }

  #pass(): void {
    const bytes = this.#waiting[0]
    if (bytes === undefined) {
      const ending = this.#ending
      this.#ending = undefined
      if (ending !== undefined) this.#next.end(ending)
      return
    }
    const size = this.#size()
    if (size < bytes.length) this.#waiting[0] = bytes.subarray(size)
    else this.#waiting.shift()
    this.#next.write(bytes.subarray(0, size))
    if (this.#waiting.length > 0 || this.#ending !== undefined) this.#askForTurn()
  }

  destroy(): void {
    this.#waiting = []
    this.#ending = undefined
  }
}
