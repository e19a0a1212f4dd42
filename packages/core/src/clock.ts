/**
 * Time as a dependency: whatever waits takes a `Clock`, so that a test can move time by hand.
 * This file holds the only real timers of the toolkit's packages.
 */
export interface Clock {
  /** Milliseconds on a scale that never goes back. Only differences mean anything. */
  now(): number
  /** The wall clock: milliseconds since 1970-01-01T00:00:00Z. */
  wallTime(): number
  /**
   * Calls `callback` once, `delayMs` from now, unless the returned function is called first. It does not keep a process
   * alive, unless `keepAlive` says so.
   */
  schedule(callback: () => void, delayMs: number, keepAlive?: boolean): () => void
  /** Calls `callback` once, when this turn of the event loop has done what it was at. */
  nextTurn(callback: () => void): void
}

/** Where there is one, `setImmediate` runs before timers and right after the I/O of the turn. */
declare const setImmediate: undefined | ((callback: () => void) => unknown)

/** The real clock of the runtime. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule(callback, delayMs, keepAlive = false) {
    // Delays past 2³¹−1 ms overflow in every runtime and fire at once.
    const timer: unknown = setTimeout(callback, Math.min(delayMs, 0x7fff_ffff))
    // Node, Deno and Bun return an object: a pending ping must not hold a process that is otherwise done.
    if (!keepAlive && typeof timer === 'object' && timer !== null && 'unref' in timer)
      (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0])
  },
  nextTurn(callback) {
    if (typeof setImmediate === 'function') setImmediate(callback)
    else setTimeout(callback, 0)
  },
}
