const TIMEOUT_MS = 10_000

/** Waits until `condition` holds, and fails with `what` when it does not in ten seconds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`It did not happen within ${TIMEOUT_MS} ms: ${what}.`)
    await turn()
  }
}

/** Waits until `value` has been the same for many turns of the event loop in a row: what moved it has come to rest. */
export async function settled(value: () => number, what: string): Promise<number> {
  let last = value()
  let same = 0
  await eventually(() => {
    const now = value()
    same = now === last ? same + 1 : 0
    last = now
    return same > 200
  }, what)
  return last
}

/** The next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Lets everything happen that needs no new input. No chain of promises here is as long as this. */
export async function microtasks(): Promise<void> {
  for (let tick = 0; tick < 50; tick++) await Promise.resolve()
}
