/**
 * `bench/compression`: one channel to many clients, compressed and not. `--quick` is a smoke run, `--only none,once` runs some of the
 * contenders; RESULTS.md is written by full runs, and with `--write` by others too.
 *
 * Rules of evidence:
 *
 * 1. Each contender serves in a process of its own, and its clients read in another. What is counted is processor time of the
 *    server's process, all its threads: compressors of zlib's streams work on other ones.
 * 2. Every client decodes what it is sent and checks every event: its number must be the one that comes next. Bytes are those of
 *    the body as they arrive, without the chunks of HTTP.
 * 3. All get the same events, JSON made of numbers that nobody can foresee and names that come again, one a turn of the event
 *    loop and flushed by itself.
 * 4. After a warm-up they run in turns, A B C A B C. Numbers are medians. Goals are computed, whether they are met or missed.
 */
import { parseArgs } from 'node:util'
import { describeMachine, describePackages } from '../harness/environment.ts'
import { type Goal, ratioAtMost } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import { writeResults } from '../harness/results-file.ts'
import { summarize } from '../harness/rounds.ts'
import { renderSections, type Section } from '../harness/section.ts'
import { CONTENDERS, type ContenderKey, KEYS } from './contenders/all-contenders.ts'
import { FULL, QUICK } from './plans.ts'
import { type Cost, Stage } from './stage.ts'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: KEYS.join() },
  },
})
const chosen = KEYS.filter((key) => flags.only.split(',').includes(key))
const { summary, clients, runs, rounds, warmUps } = flags.quick ? QUICK : FULL
const started = performance.now()

const stages = new Map<ContenderKey, Stage>()
const memory = new Map<ContenderKey, number>()
await using open = new AsyncDisposableStack()
for (const key of chosen) {
  report(`${key}: ${clients} clients connect`)
  const stage = open.use(new Stage(key))
  await stage.connect(clients)
  memory.set(key, await stage.memoryMb())
  stages.set(key, stage)
}
const sections: Section[] = []
for (const run of runs) sections.push(await benchRun(run.dataLength, run.events))
const markdown = [
  '## `bench/compression`: one text to many, compressed',
  `${describeMachine()}. ${describePackages(['better-sse', 'compression'])}. ${summary}`,
  renderSections(sections),
].join('\n\n')

process.stdout.write(`\n${markdown}\n`)
if ((!flags.quick && chosen.length === KEYS.length) || flags.write)
  writeResults(new URL('../RESULTS.md', import.meta.url), 'compression', markdown)

async function benchRun(dataLength: number, events: number): Promise<Section> {
  const costs = new Map<ContenderKey, Cost[]>(chosen.map((key) => [key, []]))
  for (let round = -warmUps; round < rounds; round++) {
    for (const [key, stage] of stages) {
      report(`${dataLength} characters, round ${round}: ${key}`)
      const cost = await stage.publish(events, dataLength)
      if (round >= 0) costs.get(key)?.push(cost)
    }
  }
  const median = (key: ContenderKey, of: keyof Cost): number =>
    summarize((costs.get(key) ?? []).map((cost) => cost[of])).median
  const range = (key: ContenderKey): string => {
    const { min, max } = summarize((costs.get(key) ?? []).map((cost) => cost.cpuMicrosPerDelivery))
    return `${min.toFixed(1)}–${max.toFixed(1)}`
  }
  const ratio = (key: ContenderKey, peer: ContenderKey, of: keyof Cost): number =>
    median(key, of) / median(peer, of)
  const name = `events of ${dataLength} characters`
  const idle = (key: ContenderKey): number => memory.get(key) ?? Number.NaN
  const goals: Goal[] = [
    ratioAtMost(`CPU beside no compression, ${name}`, ratio('once', 'none', 'cpuMicrosPerDelivery'), 1.15),
    ratioAtMost(
      `bytes beside gzip per client at level 6, ${name}`,
      ratio('once', 'perClient6', 'bytesPerDelivery'),
      1.05,
    ),
    ratioAtMost(`memory beside no compression, idle`, idle('once') / idle('none'), 1.05),
  ]
  const rows = chosen.map((key) => [
    key === 'once' ? `**${CONTENDERS[key].name}**` : CONTENDERS[key].name,
    median(key, 'bytesPerDelivery').toFixed(0),
    // Microseconds each are seconds for a million.
    median(key, 'cpuMicrosPerDelivery').toFixed(1),
    range(key),
    key === 'once' ? '' : `${ratio(key, 'once', 'cpuMicrosPerDelivery').toFixed(2)} ×`,
    idle(key).toFixed(0),
  ])
  const head = [
    '',
    'bytes per delivery',
    'CPU s per million deliveries',
    'min–max',
    'of ours, compressed',
    `MB with ${clients.toLocaleString('en')} idle`,
  ]
  return {
    title: `Events of ${dataLength} characters to ${clients.toLocaleString('en')} clients, one a flush`,
    body: markdownTable(head, rows),
    goals,
  }
}

function report(line: string): void {
  const seconds = ((performance.now() - started) / 1e3).toFixed(0)
  process.stdout.write(`${seconds.padStart(4)} s  ${line}\n`)
}
