export interface Percentiles {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

const STEP_MICROS = 20
const LONGEST_MICROS = 20e6

/** Counts of times, in steps of 20 µs: recording one costs next to nothing, however many there are. */
export class Latencies {
  readonly #counts = new Uint32Array(LONGEST_MICROS / STEP_MICROS)
  #total = 0
  #max = 0

  record(micros: number): void {
    const step = Math.min(Math.max(0, Math.floor(micros / STEP_MICROS)), this.#counts.length - 1)
    this.#counts[step] = (this.#counts[step] as number) + 1
    this.#total++
    if (micros > this.#max) this.#max = micros
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = this.#max = 0
  }

  read(): Percentiles {
    return { p50Ms: this.#at(0.5), p99Ms: this.#at(0.99), maxMs: this.#max / 1e3 }
  }

  /** In milliseconds, rounded up to the end of its step. */
  #at(part: number): number {
    let left = Math.ceil(this.#total * part)
    for (const [step, count] of this.#counts.entries()) {
      left -= count
      if (left <= 0 && this.#total > 0) return ((step + 1) * STEP_MICROS) / 1e3
    }
    return Number.NaN
  }
}
