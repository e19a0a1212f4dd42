import type { Clock } from '@sse/core'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** 2026-01-01T00:00:00Z, when the scale of `now()` is at 0. */
const WALL_START = Date.UTC(2026, 0, 1)

/** Time that moves only when a test moves it. */
export class ManualClock implements Clock {
  #now: number
  #timers: Timer[] = []
  #turn: (() => void)[] = []
  readonly #realTurns: boolean
  /** How often `schedule` was called. */
  scheduled = 0

  /**
   * `realTurns`: turns of the event loop are the real ones, for tests on sockets, where bytes move only with them.
   * Otherwise a turn ends when `runTurn` is called.
   */
  constructor({ now = 0, realTurns = false }: { now?: number; realTurns?: boolean } = {}) {
    this.#now = now
    this.#realTurns = realTurns
  }

  now(): number {
    return this.#now
  }

  wallTime(): number {
    return WALL_START + this.#now
  }

  schedule(callback: () => void, delayMs: number): () => void {
    this.scheduled++
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  nextTurn(callback: () => void): void {
    if (this.#realTurns) setImmediate(callback)
    else this.#turn.push(callback)
  }

  /** How many timers have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.length
  }

  /** How many callbacks wait for the end of the turn. */
  get pendingTurn(): number {
    return this.#turn.length
  }

  /** Ends the turn: calls what waited for it. What that asks for in its turn waits for the next one. */
  runTurn(): void {
    const callbacks = this.#turn
    this.#turn = []
    for (const callback of callbacks) callback()
  }

  /** Moves time, stopping at each timer on the way, the earliest first. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      let next: Timer | undefined
      for (const timer of this.#timers)
        if (timer.at <= until && (next === undefined || timer.at < next.at)) next = timer
      if (next === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
    }
    this.#now = until
  }
}
