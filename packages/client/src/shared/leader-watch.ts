import type { Clock } from '@sse/core'
import { StallWatchdog } from '../attempt/stall-watchdog.ts'

export interface LeaderWatchListener {
  /** Nothing was heard for half of the time: ask whether there is a leader. */
  probe(): void
  /** It did not answer either. */
  gone(): void
}

/**
 * Notices a leader that is frozen. It asks before it believes that: the silence may be its own, because a page that was frozen has
 * heard nothing either, and a leader in a hidden tab has no timers to tell of itself unasked.
 */
export class LeaderWatch {
  readonly #watchdog: StallWatchdog
  readonly #timeoutMs: number
  readonly #random: () => number
  readonly #listener: LeaderWatchListener
  #probing = false

  constructor(clock: Clock, random: () => number, timeoutMs: number, listener: LeaderWatchListener) {
    this.#watchdog = new StallWatchdog(clock, () => this.#silent())
    this.#random = random
    this.#timeoutMs = timeoutMs
    this.#listener = listener
  }

  start(): void {
    this.#probing = false
    // Not all tabs at the same moment: the answer to one is heard by all.
    this.#watchdog.arm((this.#timeoutMs / 2) * (1 + this.#random() / 4))
  }

  stop(): void {
    this.#watchdog.stop()
  }

  heard(): void {
    if (this.#probing) this.start()
    else this.#watchdog.touch()
  }

  #silent(): void {
    if (this.#probing) {
      this.start()
      return this.#listener.gone()
    }
    this.#probing = true
    this.#watchdog.arm(this.#timeoutMs / 2)
    this.#listener.probe()
  }
}
