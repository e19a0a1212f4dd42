const TIMEOUT_MS = 10_000

/** Waits until `condition` holds, and fails with `what` when it does not in ten seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`It did not happen within ${TIMEOUT_MS} ms: ${what}.`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
