import { summarize, type Timing } from '../harness/rounds.ts'
import type { ContenderKey } from './contenders/all-contenders.ts'

export interface Rounds {
  readonly rounds: number
  /** Of each contender, before the first round, and forgotten: no round pays for compiling. */
  readonly warmUps: number
}

/** What each contender did, round by round. */
export type Samples<Sample> = ReadonlyMap<ContenderKey, readonly Sample[]>

/**
 * Lets the contenders run in turns, A B C A B C: whatever slows the machine down for a while slows all of them, so that
 * their ratios hold where their absolute numbers do not.
 */
export async function inTurns<Sample>(
  contenders: readonly ContenderKey[],
  { rounds, warmUps }: Rounds,
  take: (contender: ContenderKey) => Promise<Sample>,
): Promise<Samples<Sample>> {
  for (const contender of contenders) {
    for (let n = 0; n < warmUps; n++) await take(contender)
  }
  const samples = new Map(contenders.map((contender) => [contender, [] as Sample[]]))
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) samples.get(contender)?.push(await take(contender))
  }
  return samples
}

/** One quantity of all contenders, in the middle of its rounds. */
export class Measured {
  readonly #timings: ReadonlyMap<ContenderKey, Timing>

  private constructor(timings: ReadonlyMap<ContenderKey, Timing>) {
    this.#timings = timings
  }

  static of<Sample>(samples: Samples<Sample>, quantity: (sample: Sample) => number): Measured {
    return new Measured(new Map([...samples].map(([key, taken]) => [key, summarize(taken.map(quantity))])))
  }

  /** `NaN` of who did not run, here and in ratios. */
  median(contender: ContenderKey): number {
    return this.#timings.get(contender)?.median ?? Number.NaN
  }

  /** How many times that of `peer` it is, both at their medians. */
  ratio(contender: ContenderKey, peer: ContenderKey): number {
    return this.median(contender) / this.median(peer)
  }

  max(contender: ContenderKey): number {
    return this.#timings.get(contender)?.max ?? Number.NaN
  }

  range(contender: ContenderKey, show: (value: number) => string): string {
    const { min, max } = this.#timings.get(contender) ?? { min: Number.NaN, max: Number.NaN }
    return `${show(min)}–${show(max)}`
  }

  /** All who ran, the smallest first. */
  get ascending(): readonly ContenderKey[] {
    return [...this.#timings.keys()].toSorted((a, b) => this.median(a) - this.median(b))
  }

  get descending(): readonly ContenderKey[] {
    return this.ascending.toReversed()
  }
}
