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
  #lastAt = Number.NEGATIVE_INFINITY
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
    this.#lastAt = Math.max(this.#lastAt, this.#clock.now() + this.#delayMs())
    this.#underway.push({ at: this.#lastAt, what })
    if (this.#cancel === undefined) this.#wait()
  }

  #wait(): void {
    const [first] = this.#underway
    if (first === undefined) return
    this.#cancel = this.#clock.schedule(
      () => {
        this.#cancel = undefined
        this.#arrive(first.at)
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
