import { ratioAtMost } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import type { ContenderKey } from './contenders/all-contenders.ts'
import type { Percentiles } from './load/latencies.ts'
import {
  describeOthers,
  panelOf,
  type Report,
  reservedLast,
  rowTitle,
  type ServerSection,
  thousands,
} from './server-section.ts'
import type { Delivery } from './stage.ts'
import type { Stages } from './stages.ts'
import { inTurns, Measured, type Rounds } from './turns.ts'

export interface LatencyPlan extends Rounds {
  readonly dataLength: number
  readonly perSecond: number
  readonly events: number
}

const NAME = 'S2 latency'
/** A server that publishes less than this part of the rate has fallen behind. */
const KEPT = 0.95

/** A steady rate: how long an event takes from when it is due to when a client has it, and what that costs. */
export async function benchLatency(
  plan: LatencyPlan,
  clients: number,
  stages: Stages,
  report: Report,
): Promise<ServerSection> {
  const { perSecond } = plan
  const samples = await inTurns(
    stages.contenders,
    plan,
    async (contender): Promise<Delivery & Percentiles> => {
      report(`${NAME}: ${contender}`)
      const stage = stages.get(contender)
      await stage.load.call('clearLatencies')
      const delivery = await stage.publishAtRate(plan)
      return { ...delivery, ...(await stage.load.call('latencies')) }
    },
  )
  const p99 = Measured.of(samples, ({ p99Ms }) => p99Ms)
  const p50 = Measured.of(samples, ({ p50Ms }) => p50Ms)
  const cpu = Measured.of(samples, ({ serverCpuMicros, deliveries }) => serverCpuMicros / deliveries)
  const rate = Measured.of(samples, ({ events, seconds }) => events / seconds)
  const behind = (contender: ContenderKey): string =>
    rate.median(contender) < perSecond * KEPT ? ', falls behind' : ''
  const rows = reservedLast(p99.ascending, behind).map((contender) => [
    rowTitle(contender),
    p50.median(contender).toFixed(2),
    p99.median(contender).toFixed(2),
    p99.range(contender, (ms) => ms.toFixed(2)),
    contender === 'ours' ? '' : `${p99.ratio('ours', contender).toFixed(2)} ×`,
    cpu.median(contender).toFixed(2),
    contender === 'ours' ? '' : `${cpu.ratio('ours', contender).toFixed(2)} ×`,
    behind(contender) === '' ? 'yes' : `no: ${rate.median(contender).toFixed(0)}/s`,
  ])
  const title = `${NAME}: ${thousands(clients)} clients, ${perSecond} events a second`
  return {
    title,
    body: [
      `Milliseconds from when an event was due to when it was read, over all deliveries. An event that is published late, because the server is still busy with those before it, is late: who does not keep the rate cannot hide it. ${describeOthers(samples)}`,
      markdownTable(
        [
          '',
          'p50, ms',
          'p99, ms',
          'min–max of p99',
          'ours is',
          'server CPU, µs/delivery',
          'ours uses',
          'rate kept',
        ],
        rows,
      ),
    ].join('\n\n'),
    goals: [
      ratioAtMost(`${NAME}, p99 beside raw sockets`, p99.ratio('ours', 'rawSockets'), 1.1),
      ratioAtMost(`${NAME}, CPU beside raw sockets`, cpu.ratio('ours', 'rawSockets'), 1.1),
      ratioAtMost(`${NAME}, p99 beside better-sse`, p99.ratio('ours', 'betterSse'), 0.35),
    ],
    panels: [
      panelOf(`${NAME}: p99 in ms, ${perSecond} events/s`, 'less', p99, (ms) => ms.toFixed(1), behind),
    ],
  }
}
