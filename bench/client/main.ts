/**
 * `bench/client`: `@sse/client` beside its peers, in one run. `--quick` is a smoke run, `--write` makes it write too.
 *
 * Rules of evidence:
 *
 * 1. Each client reads in a process of its own, from a server in another one. What is counted is processor time of the
 *    client's process: a busy machine does it less harm than wall-clock time.
 * 2. Each event is checked: its id must be the next number, and its data whole. Who loses one is an error, no result.
 * 3. All get the same bytes in the same pieces, as fast as they take them.
 * 4. After warm-ups they read in turns, A B C A B C, each run with a connection of its own. Numbers are medians.
 * 5. Goals are computed from these numbers, whether they are met or missed.
 */
import { describeMachine, describePackages } from '../harness/environment.ts'
import { writeResults } from '../harness/results-file.ts'
import { renderSections } from '../harness/section.ts'
import { FULL, QUICK } from './plans.ts'
import { benchReading } from './reading.ts'

const PACKAGES = [
  'eventsource',
  'eventsource-client',
  'undici',
  'launchdarkly-eventsource',
  'eventsource-parser',
]

const quick = process.argv.includes('--quick')
const { summary, reading } = quick ? QUICK : FULL
const started = performance.now()

const section = await benchReading(reading, (line) => {
  const seconds = ((performance.now() - started) / 1e3).toFixed(0)
  process.stdout.write(`${seconds.padStart(4)} s  ${line}\n`)
})
const markdown = [
  '## `bench/client`: event streams in',
  `${describeMachine()}. ${describePackages(PACKAGES)}. ${summary}`,
  renderSections([section]),
].join('\n\n')

process.stdout.write(`\n${markdown}\n`)
if (!quick || process.argv.includes('--write')) {
  writeResults(new URL('../RESULTS.md', import.meta.url), 'client', markdown)
}
