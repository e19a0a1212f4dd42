import type { MetricsSample } from './metrics-sample.ts'

/** The latest samples in the order of their time. */
export class MetricsWindow {
  readonly #capacity: number
  #samples: MetricsSample[] = []

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get samples(): readonly MetricsSample[] {
    return this.#samples
  }

  /** False if the sample is not newer than the last one: events replayed twice must not bend the line back. */
  add(sample: MetricsSample): boolean {
    const last = this.#samples.at(-1)
    if (last !== undefined && sample.time <= last.time) return false
    this.#samples = [...this.#samples, sample].slice(-this.#capacity)
    return true
  }
}
