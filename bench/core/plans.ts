import type { EncodingPlan } from './encoding.ts'
import type { LimitPlan } from './limit.ts'
import type { MemoryPlan } from './memory.ts'
import type { ParsingPlan } from './parsing.ts'

/** How much of everything one run of the benchmark does. */
export interface Plan {
  /** For the results. */
  readonly summary: string
  readonly parsing: ParsingPlan
  readonly encoding: EncodingPlan
  readonly memory: MemoryPlan
  readonly limit: LimitPlan
}

const MIB = 2 ** 20

export const FULL: Plan = {
  summary: 'Medians of 15 rounds, of 7 for the long line.',
  parsing: { corpusLength: 4 * MIB, rounds: 15, warmUpSamples: 10 },
  encoding: { passes: 20, rounds: 15, warmUpSamples: 10 },
  memory: { streamMiB: 1024, sampleEveryMiB: 64 },
  limit: { lineMiB: [8, 16, 32, 64], rounds: 7, warmUpSamples: 2 },
}

/** Shows that everything runs and every contender is right. Its numbers mean nothing. */
export const QUICK: Plan = {
  summary: '**Quick run: these numbers mean nothing.**',
  parsing: { corpusLength: MIB / 4, rounds: 1, warmUpSamples: 0 },
  encoding: { passes: 1, rounds: 1, warmUpSamples: 0 },
  memory: { streamMiB: 16, sampleEveryMiB: 1 },
  limit: { lineMiB: [2, 4], rounds: 1, warmUpSamples: 0 },
}
