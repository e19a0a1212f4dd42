import type { Audience } from './audiences.ts'
import type { CostPlan } from './costs.ts'
import type { LatencyPlan } from './latency.ts'

interface Plan {
  readonly summary: string
  readonly clients: number
  readonly crowds: readonly CostPlan[]
  readonly audiences: readonly Audience[]
  readonly latency: LatencyPlan
}

const ROUNDS = { rounds: 11, warmUps: 2 }

export const FULL: Plan = {
  summary: 'Medians of 11 rounds; a ratio is the median of the ratios of the rounds.',
  clients: 1_000,
  crowds: [
    { dataLength: 1_000, events: 60, ...ROUNDS },
    { dataLength: 100, events: 120, ...ROUNDS },
  ],
  audiences: [
    { clients: 1, dataLength: 1_000, events: 3_000, ...ROUNDS },
    { clients: 10, dataLength: 1_000, events: 1_000, ...ROUNDS },
    { clients: 100, dataLength: 1_000, events: 200, ...ROUNDS },
  ],
  latency: { clients: 1_000, dataLength: 100, perSecond: 50, events: 150, ...ROUNDS },
}

/** Shows that everything runs and every event arrives. Its numbers mean nothing. */
export const QUICK: Plan = {
  summary: '**Quick run: these numbers mean nothing.**',
  clients: 10,
  crowds: [{ dataLength: 1_000, events: 40, rounds: 1, warmUps: 0 }],
  audiences: [{ clients: 2, dataLength: 1_000, events: 40, rounds: 1, warmUps: 0 }],
  latency: { clients: 10, dataLength: 100, perSecond: 200, events: 20, rounds: 1, warmUps: 0 },
}
