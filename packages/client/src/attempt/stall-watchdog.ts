import type { Clock } from '@sse/core'

/**
 * Notices a connection that has gone silent. A byte costs it one assignment: when its timer fires and something came
 * meanwhile, it only waits for the rest.
 *
 * Silence is measured on both scales of the clock, because the one that never goes back may stand still while a machine
 * sleeps, and connections seldom survive that.
 */
export class StallWatchdog {
  readonly #clock: Clock
  readonly #onStall: (silentMs: number) => void
  #timeoutMs = 0
  #lastByteAt = 0
  #lastByteWall = 0
  #paused = false
  #cancel: (() => void) | undefined

  constructor(clock: Clock, onStall: (silentMs: number) => void) {
    this.#clock = clock
    this.#onStall = onStall
  }

  /** Watches from now on; 0 = not at all. */
  arm(timeoutMs: number): void {
    this.stop()
    this.#timeoutMs = timeoutMs
    this.touch()
    this.#wait()
  }

  /** Something came. */
  touch(): void {
    this.#lastByteAt = this.#clock.now()
    this.#lastByteWall = this.#clock.wallTime()
  }

  /** Nothing is read for a while, so nothing can come: that is no silence of the server's. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.touch()
  }

  /** Looks now, because the machine may have slept. */
  check(): void {
    if (this.#cancel === undefined) return
    this.#cancel()
    this.#wait()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #wait(): void {
    this.#cancel = undefined
    if (this.#timeoutMs === 0) return
    const silentMs = this.#paused ? 0 : this.#silentMs()
    if (silentMs >= this.#timeoutMs) return this.#onStall(silentMs)
    this.#cancel = this.#clock.schedule(() => this.#wait(), this.#timeoutMs - silentMs)
  }

  #silentMs(): number {
    return Math.max(this.#clock.now() - this.#lastByteAt, this.#clock.wallTime() - this.#lastByteWall)
  }
}
