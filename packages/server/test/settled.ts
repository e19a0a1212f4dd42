import { turns } from '@sse/testing'

const TIMEOUT_MS = 60_000
/** More than the time after which a system acknowledges what it has received, 40 ms in Linux: the sender may then send more. */
const QUIET_MS = 100

/** Waits until `value` has been the same for many turns of the event loop in a row, and so long: what moved it has come to rest. */
export async function settled(value: () => number, what: string): Promise<number> {
  const deadline = performance.now() + TIMEOUT_MS
  let last = value()
  let since = performance.now()
  for (let same = 0; same <= 200 || performance.now() - since < QUIET_MS; ) {
    if (performance.now() > deadline) throw new Error(`It did not happen within ${TIMEOUT_MS} ms: ${what}.`)
    await turns(1)
    const now = value()
    same = now === last ? same + 1 : 0
    if (same === 0) since = performance.now()
    last = now
  }
  return last
}
