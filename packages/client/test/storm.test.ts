import { expect, it } from 'vitest'
import { type Backoff, exponentialBackoff } from '../src/index.ts'
import { CLIENTS, DOWN_MS, expectedRate, histogram, POLICIES, storm } from './storm.ts'

const STEP_MS = 100
const UNTIL_MS = 60_000

/** The bounds of the default policy's waits, as it says itself when chance is highest. */
function boundsOf(backoff: Backoff, count: number): number[] {
  const bounds: number[] = []
  for (let current = backoff; bounds.length < count; ) {
    const next = current.next(() => 1)
    bounds.push(next.delayMs)
    current = next.backoff
  }
  return bounds
}

const rate = expectedRate(boundsOf(exponentialBackoff(), 40), STEP_MS, UNTIL_MS)

it('allows each client, by its policy, 1.6 attempts in its worst second, and one in ten seconds after half a minute', () => {
  const perSecond = (from: number): number =>
    rate.slice(from, from + 1_000 / STEP_MS).reduce((sum, each) => sum + each, 0)
  const seconds = Array.from({ length: rate.length - 1_000 / STEP_MS }, (_, step) => perSecond(step))
  expect(Math.max(...seconds)).toBeLessThan(1.6)
  expect(Math.max(...seconds.slice(30_000 / STEP_MS))).toBeLessThan(0.1)
})

it(`keeps to that when ${CLIENTS} clients lose their server for ten seconds: never more attempts than that and chance allow`, async () => {
  const attempts = histogram(await storm(POLICIES.default), STEP_MS, UNTIL_MS)
  for (const [step, count] of attempts.entries()) {
    const mean = CLIENTS * (rate[step] ?? 0)
    // Six standard deviations of so many independent clients.
    expect(count, `${step * STEP_MS} ms`).toBeLessThanOrEqual(Math.ceil(mean + 6 * Math.sqrt(mean) + 6))
  }
  const second = (at: number): number =>
    attempts.slice(at * 10, at * 10 + 10).reduce((sum, each) => sum + each, 0)
  expect(second(0)).toBeGreaterThan(CLIENTS)
  // When the server is back, they come over half a minute, not at once.
  expect(second(DOWN_MS / 1_000)).toBeLessThan(CLIENTS / 5)
})
