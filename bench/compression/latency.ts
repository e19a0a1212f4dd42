import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../harness/child-process.ts'
import { ratioAtMost } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import { summarize } from '../harness/rounds.ts'
import type { Section } from '../harness/section.ts'
import type { Percentiles } from '../server/load/latencies.ts'
import { CONTENDERS } from './contenders/all-contenders.ts'
import type { Report } from './costs.ts'
import type { ServerProcess } from './server-process.ts'
import type { TimingProcess } from './timing-process.ts'

export interface LatencyPlan {
  readonly clients: number
  readonly dataLength: number
  readonly perSecond: number
  readonly events: number
  readonly rounds: number
  readonly warmUps: number
}

/** Those that write each event by itself; the others' compressors write when they come to it. */
const COMPARED = ['none', 'once'] as const

/** Whether events wait for the compressor. */
export async function benchLatency(plan: LatencyPlan, report: Report): Promise<Section> {
  const samples = new Map(COMPARED.map((key) => [key, [] as Percentiles[]]))
  await using open = new AsyncDisposableStack()
  const servers = new Map(
    COMPARED.map((key) => [
      key,
      open.use(new Child<ServerProcess>(new URL('./server-process.ts', import.meta.url), [key])),
    ]),
  )
  for (let round = -plan.warmUps; round < plan.rounds; round++) {
    for (const [key, server] of servers) {
      report(`latency, round ${round + 1}: ${key}`)
      const taken = await measure(server, plan)
      if (round >= 0) samples.get(key)?.push(taken)
    }
  }
  const median = (key: (typeof COMPARED)[number], of: keyof Percentiles): number =>
    summarize((samples.get(key) ?? []).map((sample) => sample[of])).median
  const rows = COMPARED.map((key) => [
    CONTENDERS[key].name,
    median(key, 'p50Ms').toFixed(2),
    median(key, 'p99Ms').toFixed(2),
  ])
  return {
    title: `Latency: ${plan.perSecond} events a second of ${plan.dataLength} characters`,
    body: [
      `Milliseconds from when an event was due to when its chunk was there, at ${plan.clients.toLocaleString('en')} clients.`,
      markdownTable(['', 'p50, ms', 'p99, ms'], rows),
    ].join('\n\n'),
    goals: [ratioAtMost('p99 beside no compression', median('once', 'p99Ms') / median('none', 'p99Ms'), 1.2)],
  }
}

async function measure(server: Child<ServerProcess>, plan: LatencyPlan): Promise<Percentiles> {
  const { clients, dataLength, perSecond, events } = plan
  await using load = new Child<TimingProcess>(new URL('./timing-process.ts', import.meta.url), [])
  const port = await server.call('listen')
  await load.call('connect', port, clients)
  while ((await server.call('countClients')) !== clients) await sleep(10)
  // The opening block and the position are there.
  await sleep(200)
  await load.call('begin')
  const { startedAt } = await server.call('publishAtRate', { dataLength, perSecond, events })
  const latencies = await load.call('latencies', { startedAt, events, perSecond })
  return latencies
}
