import type { Parameters } from 'fast-check'

const { CI } = process.env

/** How many cases each property tries: a glance while one works, 100,000 in CI. The same ones every time. */
export const PROPERTY_RUNS: Pick<Parameters, 'numRuns' | 'seed'> = {
  numRuns: CI === undefined || CI === '' ? 10_000 : 100_000,
  seed: 20_260_101,
}
