import type { Clock } from '@sse/core'
import type { ByteSink, Ending, Stage } from './byte-sink.ts'

interface Underway {
  readonly at: number
  readonly what: Uint8Array | Ending
}

/** Everything arrives later, the end too, each by a delay of its own; nothing overtakes what was sent before it. */
export class Latency implements Stage {
  readonly #next: ByteSink
  readonly #delayMs: () => number
  readonly #clock: Clock
  #underway: Underway[] = []
  #cancel: (() => void) | undefined

  constructor(next: ByteSink, delayMs: () => number, clock: Clock) {
    this.#next = next
    this.#delayMs = delayMs
    this.#clock = clock
  }

  write(bytes: Uint8Array): void {
    this.#send(bytes)
  }

  end(how: Ending): void {
    this.#send(how)
  }

  #send(what: Uint8Array | Ending): void {
    this.#underway.push({ at: this.#clock.now() + this.#delayMs(), what })
    if (this.#cancel === undefined) this.#wait()
  }

  /** For the first that was sent: one behind it whose own delay is over before waits for it. */
  #wait(): void {
    const [first] = this.#underway
    if (first === undefined) return
    this.#cancel = this.#clock.schedule(
      () => {
        this.#cancel = undefined
        // A timer may be early by its rounding, or late: then others are due as well.
        this.#arrive(Math.max(first.at, this.#clock.now()))
        if (this.#cancel === undefined) this.#wait()
      },
      Math.max(first.at - this.#clock.now(), 0),
    )
  }

  #arrive(until: number): void {
    for (let [first] = this.#underway; first !== undefined && first.at <= until; [first] = this.#underway) {
      this.#underway.shift()
      if (typeof first.what === 'string') this.#next.end(first.what)
      else this.#next.write(first.what)
    }
  }

  destroy(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#underway = []
  }
}
