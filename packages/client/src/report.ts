declare const reportError: undefined | ((error: unknown) => void)

/** An error of the application's own code that has nobody to go to: reported as one that a listener of an `EventTarget` throws. */
export function report(error: unknown): void {
  if (typeof reportError === 'function') return reportError(error)
  queueMicrotask(() => {
    throw error
  })
}
