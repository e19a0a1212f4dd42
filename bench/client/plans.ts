import type { ReadingPlan } from './reading.ts'

interface Plan {
  readonly summary: string
  readonly reading: ReadingPlan
}

export const FULL: Plan = {
  summary: 'Medians of 9 rounds.',
  reading: {
    // Half a second of work for the fastest: of less, the engine's compiler is what is measured.
    streams: [
      { events: 2_000_000, dataLength: 20 },
      { events: 1_000_000, dataLength: 100 },
      { events: 200_000, dataLength: 1_000 },
    ],
    rounds: 9,
    warmUpSamples: 2,
  },
}

export const QUICK: Plan = {
  summary: 'A smoke run: these numbers mean nothing.',
  reading: { streams: [{ events: 500, dataLength: 20 }], rounds: 1, warmUpSamples: 0 },
}
