/**
 * `bench/brokers`: what a broker costs, beside a channel whose log is in memory.
 *
 * `--quick` is a smoke run, `--only b1,b3` runs some of the sections. RESULTS.md is written by full runs, and with `--write` by others too.
 *
 * Rules of evidence: those of `bench/server`, whose readers and publisher are used. Every client checks that each event is the one that comes next, so an event
 * that a broker loses, doubles or swaps ends the command. Each arrangement has the machine for itself, and shares it with its broker and its clients.
 */
import { parseArgs } from 'node:util'
import { isInstalled } from '../../packages/testing/test/fixtures/installed.ts'
import { describeMachine, describePackages } from '../harness/environment.ts'
import { writeResults } from '../harness/results-file.ts'
import type { Section } from '../harness/section.ts'
import { FULL, type Plan, QUICK } from './plans.ts'
import {
  benchAddedLatency,
  benchDeliveries,
  benchPublishing,
  benchRetention,
  type Report,
} from './sections.ts'

const SECTIONS: Readonly<Record<string, (plan: Plan, report: Report) => Promise<Section>>> = {
  b1: benchDeliveries,
  b2: benchAddedLatency,
  b3: benchPublishing,
  b4: benchRetention,
}

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(SECTIONS).join() },
  },
})
if (!isInstalled('redis-server') || !isInstalled('nats-server'))
  throw new Error('Install redis-server and nats-server: both are measured.')

const plan = flags.quick ? QUICK : FULL
const chosen = Object.entries(SECTIONS).filter(([key]) => flags.only.split(',').includes(key))
const started = performance.now()
const sections: Section[] = []
for (const [, bench] of chosen) sections.push(await bench(plan, report))

const markdown = [
  '## `bench/brokers`: several processes, one log',
  `${describeMachine()}. ${describePackages(['redis', '@nats-io/jetstream'])}. ${plan.summary}`,
  ...sections.map(({ title, body }) => `### ${title}\n\n${body}`),
].join('\n\n')
process.stdout.write(`\n${markdown}\n`)
if ((!flags.quick && chosen.length === Object.keys(SECTIONS).length) || flags.write)
  writeResults(new URL('../RESULTS.md', import.meta.url), 'brokers', markdown)

function report(line: string): void {
  const seconds = ((performance.now() - started) / 1e3).toFixed(0)
  process.stdout.write(`${seconds.padStart(4)} s  ${line}\n`)
}
