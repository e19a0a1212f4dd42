import { type IsolatedSubject, isolateSubject } from './isolated-subject.ts'
import { type Effort, type Timing, timeInterleaved } from './rounds.ts'

export interface Race {
  /** By name, of those that do the work correctly. */
  readonly timings: ReadonlyMap<string, Timing>
  /** By name, in words, of those that do not. They are shown, and neither timed nor ranked. */
  readonly faults: ReadonlyMap<string, string>
}

/** Times the subjects that `module` prepares, each in a thread of its own, in rounds. */
export async function race<Key>(
  module: URL,
  keys: ReadonlyArray<readonly [name: string, key: Key]>,
  effort: Effort,
): Promise<Race> {
  await using threads = new AsyncDisposableStack()
  const subjects: IsolatedSubject[] = []
  for (const [name, key] of keys) subjects.push(threads.use(await isolateSubject(name, module, key)))
  const timings = await timeInterleaved(
    subjects.filter(({ fault }) => fault === undefined),
    effort,
  )
  const faults = subjects.flatMap(({ name, fault }) => (fault === undefined ? [] : [[name, fault] as const]))
  return { timings, faults: new Map(faults) }
}
