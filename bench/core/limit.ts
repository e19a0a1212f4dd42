import { atMost, type Goal } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import { type Effort, type Timing, timeInterleaved } from '../harness/rounds.ts'
import type { Section } from '../harness/section.ts'
import { CHUNK_SIZE, cut } from './corpora.ts'
import {
  type Chunks,
  decoderAlone,
  LongLineSubject,
  longLine,
  parserWith,
  type Reader,
  type Verdict,
} from './long-line.ts'

const MIB = 2 ** 20
/** What linear time may show, for noise. Quadratic time would show 8, from 8 to 64 MiB. */
const LINEAR = 2

export interface LimitPlan extends Effort {
  /** In ascending order, all above the default limit. */
  readonly lineMiB: readonly number[]
}

interface Case {
  readonly name: string
  readonly read: Reader
  readonly verdict: Verdict
}

const BOUND: Case = { name: 'bound: TextDecoder alone', read: decoderAlone, verdict: 'decoded' }

const CASES: readonly Case[] = [
  BOUND,
  { name: 'refused by the default limit', read: parserWith(undefined), verdict: 'refused' },
  { name: 'accepted without a limit', read: parserWith(Number.POSITIVE_INFINITY), verdict: 'accepted' },
]

const DELIVERIES: ReadonlyArray<{
  readonly name: string
  readonly chunksOf: (line: Chunks[number]) => Chunks
}> = [
  { name: 'in one chunk', chunksOf: (line) => [line] },
  { name: 'in 16 KiB chunks', chunksOf: (line) => cut(line, CHUNK_SIZE) },
]

const INTRODUCTION = `Time to the error, or to the event: median (min–max). Fed in 16 KiB chunks, a line is refused as soon as it passes
the limit, however long it would have been. Growth is the time per byte read of the longest line, as a multiple of that
of the shortest: 1 is linear.`

/** One very long line: what it costs to refuse it, and, with the limit out of the way, to accept it. */
export async function benchLimit(plan: LimitPlan, report: (line: string) => void): Promise<Section> {
  const sizes = plan.lineMiB.map((mib) => `${mib} MiB`)
  const lines = plan.lineMiB.map((mib) => longLine(mib * MIB))
  const rows: (readonly string[])[] = []
  const goals: Goal[] = []
  for (const { name: delivery, chunksOf } of DELIVERIES) {
    report(`limit: lines ${delivery}`)
    const chunks = lines.map(chunksOf)
    rows.push([`**${delivery}**`])
    for (const theCase of CASES) {
      const { cells, growth } = await timeCase(theCase, sizes, chunks, plan)
      rows.push(cells)
      if (theCase === BOUND) continue
      const claim = `growth of the time per byte, ${sizes[0]} to ${sizes.at(-1)} ${delivery}, ${theCase.name}`
      goals.push(atMost(claim, growth, LINEAR, '×'))
    }
  }
  const table = markdownTable(['', ...sizes, `ns/byte of ${sizes.at(-1)}`, 'growth'], rows)
  return { title: 'A single very long line', body: `${INTRODUCTION}\n\n${table}`, goals }
}

interface CaseResult {
  /** The name, the time for each size, the time per byte of the last one, and the growth. */
  readonly cells: readonly string[]
  readonly growth: number
}

async function timeCase(
  { name, read, verdict }: Case,
  sizes: readonly string[],
  lines: readonly Chunks[],
  effort: Effort,
): Promise<CaseResult> {
  const subjects = lines.map((chunks, n) => new LongLineSubject(sizes[n] ?? '', chunks, read, verdict))
  const timings = await timeInterleaved(subjects, effort)
  const perByte = subjects.map(
    ({ name, bytesRead }) => ((timings.get(name)?.median ?? Number.NaN) * 1e6) / bytesRead,
  )
  const longest = perByte.at(-1) ?? Number.NaN
  const growth = longest / (perByte[0] ?? Number.NaN)
  const cells = [...timings.values()].map(milliseconds)
  return { cells: [name, ...cells, longest.toFixed(3), `${growth.toFixed(2)} ×`], growth }
}

function milliseconds({ median, min, max }: Timing): string {
  const digits = median < 10 ? 2 : 1
  return `${median.toFixed(digits)} ms (${min.toFixed(digits)}–${max.toFixed(digits)})`
}
