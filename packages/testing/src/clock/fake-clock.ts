import { type Clock, systemClock } from '@sse/core'

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
  readonly keepAlive: boolean
}

export interface FakeClockOptions {
  /** What `now()` starts at, in milliseconds. Default 0. */
  readonly now?: number | undefined
  /** What `wallTime()` starts at, in milliseconds since 1970. Default 2026-01-01T00:00:00Z. */
  readonly wallTime?: number | undefined
  /**
   * Who ends a turn of the event loop for `nextTurn`: `'real'`, the default, leaves it to the event loop, as tests over sockets
   * need it, because bytes move only with real turns. With `'manual'` a turn ends when `runTurn` is called.
   */
  readonly turns?: 'real' | 'manual' | undefined
}

/**
 * Time that moves only when a test moves it: pass it as `clock` to servers, channels, clients and recordings, and a ping after
 * 15 seconds or a backoff of an hour comes when `advance` says so.
 */
export class FakeClock implements Clock {
  #now: number
  #wall: number
  #scheduled = 0
  #turn: (() => void)[] = []
  readonly #manualTurns: boolean
  readonly #timers = new Set<Timer>()
  /** Of the timers, a binary heap: the earliest is first. What was cancelled stays until it comes to the top. */
  readonly #heap: Timer[] = []

  constructor({ now = 0, wallTime = Date.UTC(2026, 0, 1), turns = 'real' }: FakeClockOptions = {}) {
    this.#now = now
    this.#wall = wallTime
    this.#manualTurns = turns === 'manual'
  }

  now(): number {
    return this.#now
  }

  wallTime(): number {
    return this.#wall
  }

  schedule(callback: () => void, delayMs: number, keepAlive = false): () => void {
    if (!(delayMs >= 0)) throw new RangeError(`A timer of ${delayMs} ms: a delay is a number from 0 up.`)
    const timer = { at: this.#now + delayMs, order: this.#scheduled++, callback, keepAlive }
    this.#timers.add(timer)
    this.#push(timer)
    return () => void this.#timers.delete(timer)
  }

  nextTurn(callback: () => void): void {
    if (this.#manualTurns) this.#turn.push(callback)
    else systemClock.nextTurn(callback)
  }

  /** How often `schedule` was called. */
  get scheduled(): number {
    return this.#scheduled
  }

  /** How many timers have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** How many callbacks wait for the end of the turn, where turns are manual. */
  get pendingTurn(): number {
    return this.#turn.length
  }

  /** Whether a pending timer would keep the process alive. */
  get keepsAlive(): boolean {
    return [...this.#timers].some(({ keepAlive }) => keepAlive)
  }

  /** Milliseconds until the next timer fires; `Infinity` when there is none. */
  get nextTimerMs(): number {
    return (this.#earliest()?.at ?? Number.POSITIVE_INFINITY) - this.#now
  }

  /** Moves time, stopping at each timer on the way, the earliest first. */
  advance(ms: number): void {
    const until = this.#now + ms
    while (this.#fireNext(until)) {
      // Each timer may schedule the next.
    }
    this.#moveTo(until)
  }

  /**
   * Like `advance`, but before the first timer and after each it waits for what follows from it: `settle` is by default a
   * few turns of the event loop, which is enough for promises; bytes over a socket may want a `settle` that waits for them.
   */
  async advanceAsync(ms: number, settle: () => Promise<void> = turns): Promise<void> {
    const until = this.#now + ms
    await settle()
    while (this.#fireNext(until)) await settle()
    this.#moveTo(until)
  }

  /** The machine sleeps: the wall clock goes on, the other one stands still, and no timer fires. */
  sleep(ms: number): void {
    this.#wall += ms
  }

  /** Ends the turn: calls what waits for its end. What asks for that in its course waits for the next one. */
  runTurn(): void {
    const callbacks = this.#turn
    this.#turn = []
    for (const callback of callbacks) callback()
  }

  #fireNext(until: number): boolean {
    const next = this.#earliest()
    if (next === undefined || next.at > until) return false
    this.#timers.delete(next)
    this.#moveTo(next.at)
    next.callback()
    return true
  }

  /** Never back: a timer that fired may itself have moved the time. */
  #moveTo(now: number): void {
    if (now <= this.#now) return
    this.#wall += now - this.#now
    this.#now = now
  }

  #earliest(): Timer | undefined {
    for (;;) {
      const earliest = this.#heap[0]
      if (earliest === undefined || this.#timers.has(earliest)) return earliest
      this.#pop()
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let at = heap.push(timer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(timer, heap[parent])) break
      heap[at] = heap[parent] as Timer
      at = parent
    }
    heap[at] = timer
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (isBefore(heap[child + 1], heap[child])) child++
      if (!isBefore(heap[child], last)) break
      heap[at] = heap[child] as Timer
      at = child
    }
    heap[at] = last
  }
}

function isBefore(timer: Timer | undefined, other: Timer | undefined): boolean {
  if (timer === undefined || other === undefined) return false
  return timer.at < other.at || (timer.at === other.at && timer.order < other.order)
}

/** Lets everything happen that needs no time. */
export async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => systemClock.nextTurn(resolve))
}
