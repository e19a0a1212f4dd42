import { createHistogram } from 'node:perf_hooks'

/** Of what was measured, in milliseconds. Up to 0.1 % more than the exact value, because alike values are counted together. */
export interface Percentiles {
  /** How many were measured. */
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Times, of which as many may come as like: they are counted in a histogram of Node's, which does not grow. */
export class Durations {
  readonly #micros = createHistogram()

  record(ms: number): void {
    this.#micros.record(Math.max(1, Math.round(ms * 1_000)))
  }

  /** `undefined` when there is none. */
  percentiles(): Percentiles | undefined {
    const { count, max } = this.#micros
    if (count === 0) return undefined
    const at = (percent: number): number => this.#micros.percentile(percent) / 1_000
    return { count, p50: at(50), p90: at(90), p99: at(99), max: max / 1_000 }
  }
}
