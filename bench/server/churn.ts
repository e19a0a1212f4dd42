import { setTimeout as sleep } from 'node:timers/promises'
import { atMost, ratioAtLeast } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import type { ContenderKey } from './contenders/all-contenders.ts'
import { outgoingEvent } from './outgoing-event.ts'
import { panelOf, type Report, rowTitle, type ServerSection, thousands } from './server-section.ts'
import { Stage } from './stage.ts'
import { inTurns, Measured, type Rounds, type Samples } from './turns.ts'

export interface ChurnPlan extends Rounds {
  readonly atOnce: number
  readonly events: number
  readonly dataLength: number
  readonly roundMs: number
}

interface Churned {
  readonly perSecond: number
  readonly cpuMicros: number
  /** Parts of the time in which the server and the clients were busy. */
  readonly serverBusy: number
  readonly clientsBusy: number
  /** Streams that the server still writes to, and connections that it has not closed, after all have left. */
  readonly leftOver: number
}

const NAME = 'S5 churn'
const PATIENCE_MS = 3_000

/** Clients who come, take a few events, and go. */
export async function benchChurn(
  plan: ChurnPlan,
  contenders: readonly ContenderKey[],
  report: Report,
): Promise<ServerSection> {
  await using stages = new AsyncDisposableStack()
  const open = new Map<ContenderKey, Stage>()
  const greeting = Array.from({ length: plan.events }, (_, n) => outgoingEvent(n + 1, plan.dataLength))
  for (const contender of contenders) open.set(contender, stages.use(await Stage.open(contender, greeting)))
  const samples = await inTurns(contenders, plan, (contender) => {
    report(`${NAME}: ${contender}`)
    return churn(open.get(contender) as Stage, plan)
  })
  return render(plan, samples)
}

async function churn(
  { server, load, port }: Stage,
  { atOnce, events, roundMs }: ChurnPlan,
): Promise<Churned> {
  const used = (): Promise<readonly number[]> =>
    Promise.all([server.call('cpuMicros'), load.call('cpuMicros')])
  const before = await used()
  const { count, micros } = await load.call('visit', { port, atOnce, events, forMs: roundMs })
  const [serverMicros = Number.NaN, clientsMicros = Number.NaN] = (await used()).map(
    (after, index) => after - (before[index] ?? Number.NaN),
  )
  return {
    perSecond: (count * 1e6) / micros,
    cpuMicros: serverMicros / count,
    serverBusy: serverMicros / micros,
    clientsBusy: clientsMicros / micros,
    leftOver: await leftOver(server),
  }
}

/** The last ones to leave are noticed a moment later. */
async function leftOver(server: Stage['server']): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const left = (await server.call('countClients')) + (await server.call('countSockets'))
    if (left === 0 || performance.now() > deadline) return left
    await sleep(20)
  }
}

function render(plan: ChurnPlan, samples: Samples<Churned>): ServerSection {
  const speed = Measured.of(samples, ({ perSecond }) => perSecond)
  const cpu = Measured.of(samples, ({ cpuMicros }) => cpuMicros)
  const serverBusy = Measured.of(samples, (churned) => churned.serverBusy * 100)
  const clientsBusy = Measured.of(samples, (churned) => churned.clientsBusy * 100)
  const left = Measured.of(samples, (churned) => churned.leftOver)
  const rows = speed.descending.map((contender) => [
    rowTitle(contender),
    thousands(speed.median(contender)),
    speed.range(contender, thousands),
    contender === 'ours' ? '' : `${speed.ratio('ours', contender).toFixed(2)} ×`,
    cpu.median(contender).toFixed(0),
    contender === 'ours' ? '' : `${cpu.ratio('ours', contender).toFixed(2)} ×`,
    `${serverBusy.median(contender).toFixed(0)} %, ${clientsBusy.median(contender).toFixed(0)} %`,
    String(left.max(contender)),
  ])
  return {
    title: `${NAME}: ${plan.atOnce} clients at a time`,
    body: [
      `Each connects, is sent ${plan.events} events, and leaves; then the next one comes. Ours replays them from its channel, as nchan does; the others write them by hand. Left over: streams that the server still counts and connections that are still open ${PATIENCE_MS / 1e3} s after the last one has left, in the worst round.`,
      markdownTable(
        [
          '',
          'connections/s',
          'min–max',
          'ours is',
          'server CPU, µs/connection',
          'ours uses',
          'server, clients busy',
          'left over',
        ],
        rows,
      ),
    ].join('\n\n'),
    goals: [
      ratioAtLeast(`${NAME} beside node:http`, speed.ratio('ours', 'nodeHttp'), 0.9),
      atMost(`${NAME}, left over`, left.max('ours'), 0, 'streams or connections'),
    ],
    panels: [panelOf(`${NAME}: connections/s`, 'more', speed, thousands)],
  }
}
