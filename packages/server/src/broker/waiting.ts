import type { Clock } from '@sse/core'

/** The promise, or a rejection with `late()` if it has not settled within this time. What it does later is of no interest. */
export function within<T>(
  clock: Clock,
  timeoutMs: number,
  promise: Promise<T>,
  late: () => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(() => reject(late()), timeoutMs)
    promise.then(resolve, reject).finally(cancel)
  })
}

export function delay(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(resolve, delayMs))
}

/** Lets callers begin in the order in which they came: each when the one before it has begun. */
export class Turns {
  #last: Promise<void> = Promise.resolve()

  /** Settles when it is the caller's turn, with what says that it has begun. */
  async take(): Promise<() => void> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    return resolve
  }
}

/** Who publishes looks this often at least whether the broker is back. */
export const LONGEST_PAUSE_MS = 200

/** How long to wait before one tries again for the nth time: twice as long each time, up to three seconds. */
export function retryDelay(attempt: number): number {
  return Math.min(50 * 2 ** attempt, 3_000)
}
