import { type Goal, ratioAtLeast } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import type { ContenderKey } from './contenders/all-contenders.ts'
import {
  describeOthers,
  nameOf,
  panelOf,
  type Report,
  rowTitle,
  type ServerSection,
  thousands,
} from './server-section.ts'
import { type Delivery, WINDOW } from './stage.ts'
import type { Stages } from './stages.ts'
import { inTurns, Measured, type Rounds } from './turns.ts'

export interface FanOutPlan extends Rounds {
  readonly clients: number
  readonly dataLength: number
  readonly roundMs: number
}

/** S1 or S1b: what a burst of events costs, or one event, that goes to many. */
interface Scenario {
  readonly name: string
  readonly burst: number
  readonly goals: ReadonlyArray<readonly [peer: ContenderKey, bound: number]>
}

export const ONE_EVENT_A_TURN: Scenario = {
  name: 'S1 fan-out',
  burst: 1,
  goals: [
    ['betterSse', 2],
    ['nodeHttp', 1.5],
    ['rawSockets', 0.95],
    ['nchan', 0.9],
  ],
}

export const BURSTS: Scenario = {
  name: 'S1b bursts',
  burst: 10,
  goals: [
    ['betterSse', 7],
    ['nchan', 7],
    ['epollLoop', 0.65],
  ],
}

/** One publisher, many readers, as fast as it goes. */
export async function benchFanOut(
  { name, burst, goals }: Scenario,
  plan: FanOutPlan,
  stages: Stages,
  report: Report,
): Promise<ServerSection> {
  const { clients, dataLength, roundMs } = plan
  const samples = await inTurns(stages.contenders, plan, (contender) => {
    report(`${name}: ${contender}`)
    return stages.get(contender).publish({
      dataLength,
      burst,
      window: WINDOW,
      maxEvents: Number.MAX_SAFE_INTEGER,
      maxMs: roundMs,
    })
  })
  const speed = Measured.of(samples, ({ deliveries, seconds }) => deliveries / seconds)
  const perTurn = burst === 1 ? 'one event a turn' : `${burst} events a turn`
  return {
    title: `${name}: ${thousands(clients)} clients, ${perTurn}`,
    body: [
      `Events of ${dataLength} bytes of data, ${perTurn} of the event loop, at most ${WINDOW} ahead of the slowest reader. ${describeOthers(samples)}`,
      renderTable(samples, speed),
    ].join('\n\n'),
    goals: goals.map(
      ([peer, bound]): Goal =>
        ratioAtLeast(`${name} beside ${nameOf(peer)}`, speed.ratio('ours', peer), bound),
    ),
    panels: [panelOf(`${name}: deliveries/s, ${perTurn}`, 'more', speed, thousands)],
  }
}

function renderTable(samples: ReadonlyMap<ContenderKey, readonly Delivery[]>, speed: Measured): string {
  const cpu = Measured.of(samples, ({ serverCpuMicros, deliveries }) => serverCpuMicros / deliveries)
  const packets = Measured.of(samples, ({ packets, deliveries }) => packets / deliveries)
  const serverBusy = Measured.of(samples, ({ serverCpuMicros, seconds }) => serverCpuMicros / 1e4 / seconds)
  const readerBusy = Measured.of(samples, ({ readerCpuMicros, seconds }) => readerCpuMicros / 1e4 / seconds)
  return markdownTable(
    [
      '',
      'deliveries/s',
      'min–max',
      'ours is',
      'server CPU, µs/delivery',
      'ours uses',
      'packets/delivery',
      'server, readers busy',
    ],
    speed.descending.map((contender) => [
      rowTitle(contender),
      thousands(speed.median(contender)),
      speed.range(contender, thousands),
      contender === 'ours' ? '' : `${speed.ratio('ours', contender).toFixed(2)} ×`,
      cpu.median(contender).toFixed(2),
      contender === 'ours' ? '' : `${cpu.ratio('ours', contender).toFixed(2)} ×`,
      packets.median(contender).toFixed(2),
      `${serverBusy.median(contender).toFixed(0)} %, ${readerBusy.median(contender).toFixed(0)} %`,
    ]),
  )
}
