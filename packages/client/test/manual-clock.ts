import type { Clock } from '@sse/core'

interface Timer {
  readonly at: number
  readonly order: number
  readonly callback: () => void
  readonly keepAlive: boolean
}

/** 2026-01-01T00:00:00Z, when the scale of `now()` is at 0. */
const WALL_START: number = Date.UTC(2026, 0, 1)

/** Time that moves only when a test moves it. */
export class ManualClock implements Clock {
  #now = 0
  #wall = WALL_START
  #scheduled = 0
  readonly #timers = new Set<Timer>()
  readonly #heap: Timer[] = []

  now(): number {
    return this.#now
  }

  wallTime(): number {
    return this.#wall
  }

  schedule(callback: () => void, delayMs: number, keepAlive = false): () => void {
    if (!(delayMs >= 0)) throw new RangeError(`A timer of ${delayMs} ms.`)
    const timer = { at: this.#now + delayMs, order: this.#scheduled++, callback, keepAlive }
    this.#timers.add(timer)
    this.#push(timer)
    return () => void this.#timers.delete(timer)
  }

  nextTurn(callback: () => void): void {
    setImmediate(callback)
  }

  /** How many timers have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Whether one of them would keep the process alive. */
  get keepsAlive(): boolean {
    return [...this.#timers].some(({ keepAlive }) => keepAlive)
  }

  /** How long until the next timer fires. */
  get nextTimerMs(): number {
    return (this.#earliest()?.at ?? Number.POSITIVE_INFINITY) - this.#now
  }

  /** The machine sleeps: the wall clock goes on, the other one does not, and no timer fires. */
  sleep(ms: number): void {
    this.#wall += ms
  }

  /** Moves time, stopping at each timer on the way, the earliest first. What it does beyond callbacks is done after each of them. */
  async advance(ms: number, settle: () => Promise<void> = turns): Promise<void> {
    const until = this.#now + ms
    await settle()
    for (let next = this.#earliest(); next !== undefined && next.at <= until; next = this.#earliest()) {
      this.#timers.delete(next)
      this.#moveTo(next.at)
      next.callback()
      await settle()
    }
    this.#moveTo(until)
  }

  #moveTo(now: number): void {
    this.#wall += now - this.#now
    this.#now = now
  }

  /** The heap keeps what was cancelled until it comes to the top. */
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
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}
