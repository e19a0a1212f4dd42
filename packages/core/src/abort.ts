/** What `onAbort` returns when there is nothing to remove. */
const nothing = (): void => {}

/**
 * Calls `callback` once when `signal` aborts, at once if it already has.
 * Returns a function that takes the listener off again: whoever waits calls it when the wait is over, so that a
 * long-lived signal does not gather one listener for each operation it ever guarded.
 */
export function onAbort(signal: AbortSignal | undefined, callback: (reason: unknown) => void): () => void {
  if (signal === undefined) return nothing
  if (signal.aborted) {
    callback(signal.reason)
    return nothing
  }
  const listener = (): void => callback(signal.reason)
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}
