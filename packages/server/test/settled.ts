import { turns } from '@sse/testing'

const TIMEOUT_MS = 10_000

/** Waits until `value` has been the same for many turns of the event loop in a row: what moved it has come to rest. */
export async function settled(value: () => number, what: string): Promise<number> {
  const deadline = performance.now() + TIMEOUT_MS
  let last = value()
  for (let same = 0; same <= 200; ) {
    if (performance.now() > deadline) throw new Error(`It did not happen within ${TIMEOUT_MS} ms: ${what}.`)
    await turns(1)
    const now = value()
    same = now === last ? same + 1 : 0
    last = now
  }
  return last
}
