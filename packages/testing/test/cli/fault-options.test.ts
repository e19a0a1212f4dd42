import { expect, it } from 'vitest'
import { type FaultFlags, planOf } from '../../src/cli/fault-options.ts'
import { checkFaults } from '../../src/faults/check-faults.ts'
import { type ConnectionFaults, faultsOf } from '../../src/faults/fault-plan.ts'
import { seeded } from '../../src/seeded.ts'

/** What is planned for a thousand connections. */
function planned(flags: FaultFlags): ConnectionFaults[] {
  const random = seeded(1)
  const plan = planOf(flags)
  return Array.from({ length: 1_000 }, (_, index) => {
    const faults = faultsOf(plan, { index, random })
    checkFaults(faults)
    return faults
  })
}

it('draws from a range for each connection, both its ends included', () => {
  const seen = new Set(planned({ cutAfter: [3, 6] }).map(({ cut }) => cut?.afterBytes))
  expect([...seen].toSorted()).toEqual([3, 4, 5, 6])
})

it('plans faults for the part of the connections that was asked for', () => {
  const broken = planned({ neverAnswer: true, chance: 0.25 }).filter(({ neverAnswer }) => neverAnswer)
  expect(broken.length).toBeGreaterThan(200)
  expect(broken.length).toBeLessThan(300)
})

it.each<[FaultFlags, ConnectionFaults]>([
  [{}, {}],
  [{ cutAfterMs: [9, 9] }, { cut: { afterMs: 9, from: 'start', how: 'reset' } }],
  [{ cutAfter: [9, 9], fin: true, fromBody: true }, { cut: { afterBytes: 9, from: 'body', how: 'fin' } }],
  [{ cutAfter: [9, 9], halfOpen: true }, { cut: { afterBytes: 9, from: 'start', how: 'half-open' } }],
  [{ stallAfter: [1, 1], stallAfterMs: [2, 2] }, { stall: { afterBytes: 1, afterMs: 2, from: 'start' } }],
  [{ corrupt: 0.5, fromBody: true }, { corrupt: { probability: 0.5, from: 'body' } }],
  [
    { latency: 1, jitter: 2, bandwidth: 3, split: [1, 4], buffer: 5 },
    { latencyMs: 1, jitterMs: 2, bandwidthBytes: 3, splitBytes: [1, 4], buffer: { untilBytes: 5 } },
  ],
  [{ refuse: true }, { refuse: true }],
])('turns %j into faults', (flags, faults) => {
  expect(planned(flags)[0]).toEqual(faults)
})
