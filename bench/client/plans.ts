import type { ReadingPlan } from './reading.ts'

interface Plan {
  readonly summary: string
  readonly reading: ReadingPlan
}

export const FULL: Plan = {
  summary: 'Medians of 9 rounds.',
  reading: {
    streams: [
      { events: 200_000, dataLength: 20 },
      { events: 100_000, dataLength: 100 },
      { events: 20_000, dataLength: 1_000 },
    ],
    rounds: 9,
    warmUpSamples: 2,
  },
}

export const QUICK: Plan = {
  summary: 'A smoke run: these numbers mean nothing.',
  reading: { streams: [{ events: 500, dataLength: 20 }], rounds: 1, warmUpSamples: 0 },
}
