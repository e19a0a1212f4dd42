/**
 * `bench/compression`: one channel to many clients, compressed and not. `--quick` is a smoke run, `--only none,once` runs some of the
 * contenders; RESULTS.md is written by full runs, and with `--write` by others too.
 *
 * Rules of evidence:
 *
 * 1. Each contender serves in a process of its own, and its clients read in another. What is counted is processor time of the
 *    server's process, all its threads: compressors of zlib's streams work on other ones.
 * 2. Every client decodes what it is sent and checks every event: its number must be the one that comes next. All but one do so after
 *    the server's time was read, because decoders beside it would cost it time too. Bytes are those of the body as they
 *    arrive, without the chunks of HTTP.
 * 3. All get the same events, JSON made of numbers that nobody can foresee and names that come again, one a turn of the event
 *    loop and flushed by itself.
 * 4. After a warm-up they run in turns, A B C A B C. Numbers are medians, ratios those of the rounds' ratios. Goals are computed, whether they are met or missed.
 */
import { parseArgs } from 'node:util'
import { describeMachine, describePackages } from '../harness/environment.ts'
import { writeResults } from '../harness/results-file.ts'
import { renderSections, type Section } from '../harness/section.ts'
import { benchAudiences } from './audiences.ts'
import { type ContenderKey, KEYS } from './contenders/all-contenders.ts'
import { benchCrowd, describeIdle } from './crowd.ts'
import { benchLatency } from './latency.ts'
import { FULL, QUICK } from './plans.ts'
import { Stage } from './stage.ts'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: KEYS.join() },
  },
})
const chosen = KEYS.filter((key) => flags.only.split(',').includes(key))
const { summary, clients, crowds, audiences, latency } = flags.quick ? QUICK : FULL
const started = performance.now()

const sections = [
  ...(await benchCrowds()),
  await benchAudiences(audiences, report),
  await benchLatency(latency, report),
]
const markdown = [
  '## `bench/compression`: one text to many, compressed',
  `${describeMachine()}. ${describePackages(['better-sse', 'compression'])}. ${summary}`,
  renderSections(sections),
].join('\n\n')

process.stdout.write(`\n${markdown}\n`)
if ((!flags.quick && chosen.length === KEYS.length) || flags.write)
  writeResults(new URL('../RESULTS.md', import.meta.url), 'compression', markdown)

/** Both lengths of events, and nothing at all, have the same clients. */
async function benchCrowds(): Promise<Section[]> {
  await using open = new AsyncDisposableStack()
  const stages = new Map<ContenderKey, Stage>()
  const memory = new Map<ContenderKey, number>()
  for (const key of chosen) {
    report(`${key}: ${clients} clients connect`)
    const stage = open.use(new Stage(key))
    await stage.connect(clients)
    memory.set(key, await stage.memoryMb())
    stages.set(key, stage)
  }
  const sections: Section[] = []
  for (const crowd of crowds) sections.push(await benchCrowd(crowd, clients, stages, report))
  return [...sections, describeIdle(memory, clients)]
}

function report(line: string): void {
  const seconds = ((performance.now() - started) / 1e3).toFixed(0)
  process.stdout.write(`${seconds.padStart(4)} s  ${line}\n`)
}
