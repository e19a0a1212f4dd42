/**
 * `bench/core`: `@sse/core` beside its peers, in one run. `--quick` is a smoke run, `--write` makes it write too.
 *
 * Rules of evidence:
 *
 * 1. Every run is checked: the events, and the lengths of their data, types and IDs, must add up to the totals of the
 *    fixture. This also means that nothing of them can be optimised away. Who gets a fixture wrong is shown as
 *    "wrong", and neither timed nor ranked. That the fixtures are what they claim to be is tested (`*.test.ts`).
 * 2. Every run starts with a fresh parser or encoder, and its creation counts.
 * 3. Those that are compared get the same input in the same way, and all report to the same function.
 * 4. Each has a thread, so a JavaScript engine, of its own: see `isolateSubject`.
 * 5. After a warm-up, they run in turns, A B C A B C, with a collection of the young garbage before each run: see
 *    `timeInterleaved` and `collectYoungGarbage`, which says why not a full one.
 * 6. A sample is many runs, and time is processor time of the thread: see `sample`.
 * 7. Numbers are medians, with their minimum and maximum. Ratios are those of medians of one run of this command;
 *    absolute numbers of different machines, or of different days, say little beside each other.
 * 8. Goals are computed from these numbers, whether they are met or missed.
 */
import { describeMachine, describePackages } from '../harness/environment.ts'
import { writeResults } from '../harness/results-file.ts'
import { renderSections, type Section } from '../harness/section.ts'
import { benchEncoding } from './encoding.ts'
import { benchLimit } from './limit.ts'
import { benchMemory } from './memory.ts'
import { benchParsing } from './parsing.ts'
import { FULL, QUICK } from './plans.ts'

const PEERS = [
  'eventsource-parser',
  'fetch-event-stream',
  'undici',
  'eventsource-encoder',
  'better-sse',
  'hono',
]

if (globalThis.gc === undefined) throw new Error('Run it with `node --expose-gc`: see rule 5.')

const quick = process.argv.includes('--quick')
const plan = quick ? QUICK : FULL
const started = performance.now()

// First, because the RSS is that of the whole process: nothing else shall have used it yet.
const memory = await benchMemory(plan.memory, report)
const sections: readonly Section[] = [
  await benchParsing(plan.parsing, report),
  await benchEncoding(plan.encoding, report),
  memory,
  await benchLimit(plan.limit, report),
]
const markdown = [
  '## `bench/core`: parsing and encoding',
  `${describeMachine()}. ${describePackages(PEERS)}. ${plan.summary}`,
  renderSections(sections),
].join('\n\n')

process.stdout.write(`\n${markdown}\n`)
if (!quick || process.argv.includes('--write')) {
  writeResults(new URL('../RESULTS.md', import.meta.url), 'core', markdown)
}

function report(line: string): void {
  const seconds = ((performance.now() - started) / 1e3).toFixed(0)
  process.stdout.write(`${seconds.padStart(4)} s  ${line}\n`)
}
