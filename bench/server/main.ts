/**
 * `bench/server`: `@sse/server` beside its peers, in one run.
 *
 * `--quick` is a smoke run, `--only s1,s4` runs some of the sections, `--profile` adds where the time of ours goes.
 * RESULTS.md is written by full runs, and with `--write` by others too.
 *
 * Rules of evidence:
 *
 * 1. Each contender serves alone in a process, and its clients have another: neither pays for the other, and each has a
 *    JavaScript engine that has seen only its own code. The command itself only waits.
 * 2. Deliveries are counted where they arrive. Each client undoes the HTTP chunks and checks every event: its number must
 *    be the one that comes next, and at the end all must have the same number of them. A lost, doubled or swapped event
 *    is an error and ends the command: there is no such result. See `StreamReader`; it is tested.
 * 3. All get the same events from the same publisher, with the same rule for how far it may be ahead of the slowest
 *    client: `Publisher`. Nobody can win by piling up what nobody has read, or lose by waiting while others pile up.
 * 4. All are set up to their advantage: text that needs no JSON, ids that are given, one timer for the pings of those who
 *    have no pings. Each is one short file in `contenders/`.
 * 5. After a warm-up they run in turns, A B C A B C: see `inTurns`. Numbers are medians of rounds.
 * 6. Wall-clock numbers are what the goals are about, and depend on who else uses the machine. Processor time of the server
 *    process is beside them, and depends less on it. Where the readers are as busy as the server, they limit it.
 * 7. Ratios are those of one run of this command; absolute numbers of different machines, or of different days, say
 *    little beside each other. Servers and clients share the cores of one machine, and its loopback.
 * 8. Goals are computed from these numbers, whether they are met or missed.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeMachine, describePackages } from '../harness/environment.ts'
import { writeResults } from '../harness/results-file.ts'
import { renderSections, type Section } from '../harness/section.ts'
import { benchChurn } from './churn.ts'
import { ABSENCES, AVAILABLE, SERVERS } from './contenders/all-contenders.ts'
import { BURSTS, benchFanOut, ONE_EVENT_A_TURN } from './fan-out.ts'
import { benchIdleStreams } from './idle-streams.ts'
import { benchLatency } from './latency.ts'
import { FULL, QUICK } from './plans.ts'
import { renderPlot } from './plot.ts'
import { profileOurs } from './profile.ts'
import type { ServerSection } from './server-section.ts'
import { Stages } from './stages.ts'
import { benchStalledReader } from './stalled-reader.ts'

const PEERS = ['better-sse', 'hono', '@hono/node-server', '@fastify/sse', 'fastify']
const PLOT = 'server-results.svg'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    only: { type: 'string', default: 's1,s1b,s2,s3,s4,s5' },
  },
})
const plan = flags.quick ? QUICK : FULL
const chosen = flags.only.split(',')
const started = performance.now()

for (const absence of ABSENCES) report(absence)
const measured: readonly ServerSection[] = [
  ...(await benchSending()),
  ...(chosen.includes('s3') ? [await benchIdleStreams(plan.idle, SERVERS, report)] : []),
  ...(chosen.includes('s4') ? [await benchStalledReader(plan.stalledReader, SERVERS, report)] : []),
  ...(chosen.includes('s5') ? [await benchChurn(plan.churn, SERVERS, report)] : []),
]
const sections: readonly Section[] = [...measured, ...(flags.profile ? [await profileOurs(report)] : [])]
const markdown = [
  '## `bench/server`: event streams out',
  [`${describeMachine()}. ${describePackages(PEERS)}. ${plan.summary}`, ...ABSENCES].join(' '),
  `![Bars of what the tables below say](${PLOT})`,
  renderSections(sections),
].join('\n\n')

process.stdout.write(`\n${markdown}\n`)
if ((!flags.quick && chosen.length === 6) || flags.write) {
  const caption = `In brackets: as a multiple of @sse/server. Hollow: bounds, no servers. ${describeMachine()}`
  writeResults(new URL('../RESULTS.md', import.meta.url), 'server', markdown)
  writeFileSync(
    new URL(`../${PLOT}`, import.meta.url),
    renderPlot(
      measured.flatMap(({ panels }) => panels),
      caption,
    ),
  )
}

/** S1, S1b and S2 have the same clients, and so the same processes. */
async function benchSending(): Promise<readonly ServerSection[]> {
  if (!['s1', 's1b', 's2'].some((section) => chosen.includes(section))) return []
  const { clients } = plan.fanOut
  await using stages = await Stages.open(AVAILABLE, { clients })
  return [
    ...(chosen.includes('s1') ? [await benchFanOut(ONE_EVENT_A_TURN, plan.fanOut, stages, report)] : []),
    ...(chosen.includes('s1b') ? [await benchFanOut(BURSTS, plan.fanOut, stages, report)] : []),
    ...(chosen.includes('s2') ? [await benchLatency(plan.latency, clients, stages, report)] : []),
  ]
}

function report(line: string): void {
  const seconds = ((performance.now() - started) / 1e3).toFixed(0)
  process.stdout.write(`${seconds.padStart(4)} s  ${line}\n`)
}
