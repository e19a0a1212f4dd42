import type { ChurnPlan } from './churn.ts'
import type { FanOutPlan } from './fan-out.ts'
import type { IdlePlan } from './idle-streams.ts'
import type { LatencyPlan } from './latency.ts'
import type { StalledReaderPlan } from './stalled-reader.ts'

interface Plan {
  readonly summary: string
  readonly fanOut: FanOutPlan
  readonly latency: LatencyPlan
  readonly idle: IdlePlan
  readonly stalledReader: StalledReaderPlan
  readonly churn: ChurnPlan
}

export const FULL: Plan = {
  summary: 'Medians: of 7 rounds in S1, S1b and S5, of 5 in S2, of 3 in S3 and for @sse/server in S4.',
  fanOut: { clients: 1000, dataLength: 100, roundMs: 600, rounds: 7, warmUps: 1 },
  latency: { dataLength: 100, perSecond: 200, events: 200, rounds: 5, warmUps: 1 },
  idle: { streams: 10_000, streamsBefore: 500, settleMs: 500, rounds: 3, warmUps: 0 },
  stalledReader: {
    clients: 100,
    dataLength: 1024,
    events: 50_000,
    burst: 10,
    eventsBefore: 1_000,
    ours: { rounds: 3, warmUps: 0, maxMs: 60_000 },
    peers: { rounds: 1, warmUps: 0, maxMs: 15_000 },
  },
  // Short rounds: a client's port is taken for a second after it has left, and there are only 14,000 to take from.
  churn: { atOnce: 32, events: 3, dataLength: 100, roundMs: 400, rounds: 7, warmUps: 1 },
}

/** Shows that everything runs and every contender is right. Its numbers mean nothing. */
export const QUICK: Plan = {
  summary: '**Quick run: these numbers mean nothing.**',
  fanOut: { clients: 20, dataLength: 100, roundMs: 30, rounds: 1, warmUps: 0 },
  latency: { dataLength: 100, perSecond: 200, events: 10, rounds: 1, warmUps: 0 },
  idle: { streams: 200, streamsBefore: 20, settleMs: 20, rounds: 1, warmUps: 0 },
  stalledReader: {
    clients: 5,
    dataLength: 1024,
    events: 200,
    burst: 10,
    eventsBefore: 20,
    ours: { rounds: 1, warmUps: 0, maxMs: 60_000 },
    peers: { rounds: 1, warmUps: 0, maxMs: 10_000 },
  },
  churn: { atOnce: 4, events: 3, dataLength: 100, roundMs: 30, rounds: 1, warmUps: 0 },
}
