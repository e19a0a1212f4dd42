import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

interface Told {
  readonly before: { readonly heapUsed: number; readonly resources: number }
  readonly after: { readonly heapUsed: number; readonly resources: number }
  readonly subscribers: number
  readonly reasons: Readonly<Record<string, number>>
}

/** 300 bytes for each client that came, a fraction of what one stream takes; node's own heap moves by more than a megabyte. */
const GROWTH_BYTES = 3_000_000

it('ten thousand clients that come and go leave nothing behind: no subscriber, no handle, no memory', async () => {
  const script = fileURLToPath(new URL('hostile-crowd.ts', import.meta.url))
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--expose-gc', script])
  const { before, after, subscribers, reasons } = JSON.parse(stdout) as Told
  expect(stderr).toBe('')
  expect(subscribers).toBe(0)
  expect(Object.keys(reasons)).toEqual(['client-disconnect'])
  expect(reasons['client-disconnect']).toBeGreaterThan(8_000)
  expect(after.resources).toBeLessThanOrEqual(before.resources)
  expect(after.heapUsed - before.heapUsed).toBeLessThan(GROWTH_BYTES)
})
