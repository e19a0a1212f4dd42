/** Something that can be timed again and again. */
export interface TimedSubject {
  readonly name: string
  /** Takes one sample: the milliseconds of one run. Rejects when what it did was wrong. */
  time(): Promise<number>
}

/** Milliseconds of one run. */
export interface Timing {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Effort {
  readonly rounds: number
  /** Samples of each subject that are taken before the first round and forgotten: no round pays for compiling. */
  readonly warmUpSamples: number
}

/**
 * Times the subjects in rounds, A B C A B C: whatever slows the machine down for a while slows all of them, so that
 * their ratios hold where their absolute numbers do not.
 */
export async function timeInterleaved(
  subjects: readonly TimedSubject[],
  { rounds, warmUpSamples }: Effort,
): Promise<ReadonlyMap<string, Timing>> {
  for (const subject of subjects) {
    for (let n = 0; n < warmUpSamples; n++) await subject.time()
  }
  const samples = new Map(subjects.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) samples.get(subject.name)?.push(await subject.time())
  }
  return new Map([...samples].map(([name, times]) => [name, summarize(times)]))
}

export function summarize(samples: readonly number[]): Timing {
  const sorted = samples.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? Number.NaN
  return { median: (lower + upper) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

/** How many times as fast as `peer` the subject is, both at their medians. `NaN` if one of them was not timed. */
export function speedRatio(timings: ReadonlyMap<string, Timing>, subject: string, peer: string): number {
  return (timings.get(peer)?.median ?? Number.NaN) / (timings.get(subject)?.median ?? Number.NaN)
}
