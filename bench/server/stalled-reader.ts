import { atMost, ratioAtLeast } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import type { ContenderKey } from './contenders/all-contenders.ts'
import {
  panelOf,
  type Report,
  reservedLast,
  rowTitle,
  type ServerSection,
  thousands,
} from './server-section.ts'
import { Stage, WINDOW } from './stage.ts'
import { inTurns, Measured, type Rounds, type Samples } from './turns.ts'

export interface StalledReaderPlan {
  readonly clients: number
  readonly dataLength: number
  readonly events: number
  readonly burst: number
  /** Published before memory is looked at: what is compiled or made for the first events is not counted. */
  readonly eventsBefore: number
  readonly ours: Effort
  readonly peers: Effort
}

interface Effort extends Rounds {
  /** Whoever cannot publish all events in this time is stopped. */
  readonly maxMs: number
}

interface Run {
  readonly events: number
  readonly deliveriesPerSecond: number
  readonly peakGrowthMiB: number
  /** Heap and buffers of JavaScript that are in use at the end. */
  readonly livingGrowthMiB: number
}

const NAME = 'S4 stalled reader'
const MIB = 2 ** 20
/** What a channel retains by default. The goal grants 8 MiB beside it. */
const RETENTION_MIB = 8

/** One client has stopped reading and stays connected: what its server piles up for it, and what it costs the others. */
export async function benchStalledReader(
  plan: StalledReaderPlan,
  contenders: readonly ContenderKey[],
  report: Report,
): Promise<ServerSection> {
  const alone = new Map<ContenderKey, readonly Run[]>()
  const beside = new Map<ContenderKey, readonly Run[]>()
  for (const contender of contenders) {
    const effort = contender === 'ours' ? plan.ours : plan.peers
    const runs = await inTurns([contender], effort, async () => {
      report(`${NAME}: ${contender}`)
      return [await run(contender, plan, 0, effort), await run(contender, plan, 1, effort)] as const
    })
    const pairs = runs.get(contender) ?? []
    alone.set(
      contender,
      pairs.map(([without]) => without),
    )
    beside.set(
      contender,
      pairs.map(([, withIt]) => withIt),
    )
  }
  return render(plan, alone, beside)
}

/** In fresh processes, so that the memory of one run is not what another one left. */
async function run(
  contender: ContenderKey,
  plan: StalledReaderPlan,
  stalled: number,
  { maxMs }: Effort,
): Promise<Run> {
  const { clients, dataLength, burst, events, eventsBefore } = plan
  const publishing = { dataLength, burst, window: WINDOW, maxMs }
  await using stage = await Stage.open(contender)
  await stage.connect({ clients, stalled })
  await stage.publish({ ...publishing, maxEvents: eventsBefore })
  const before = await stage.server.call('memory')
  await stage.server.call('watchMemory')
  const delivery = await stage.publish({ ...publishing, maxEvents: events })
  const peakRssBytes = await stage.server.call('peakRssBytes')
  const after = await stage.server.call('memory')
  return {
    events: delivery.events,
    deliveriesPerSecond: delivery.deliveries / delivery.seconds,
    peakGrowthMiB: (peakRssBytes - before.rssBytes) / MIB,
    livingGrowthMiB: ((after.heapBytes ?? Number.NaN) - (before.heapBytes ?? Number.NaN)) / MIB,
  }
}

function render(plan: StalledReaderPlan, alone: Samples<Run>, beside: Samples<Run>): ServerSection {
  const { clients, dataLength, events } = plan
  const growth = Measured.of(beside, ({ peakGrowthMiB }) => peakGrowthMiB)
  const growthAlone = Measured.of(alone, ({ peakGrowthMiB }) => peakGrowthMiB)
  const living = Measured.of(beside, ({ livingGrowthMiB }) => livingGrowthMiB)
  const speed = Measured.of(beside, ({ deliveriesPerSecond }) => deliveriesPerSecond)
  const speedAlone = Measured.of(alone, ({ deliveriesPerSecond }) => deliveriesPerSecond)
  const passed = Measured.of(beside, (run) => run.events)
  const stopped = (contender: ContenderKey): string =>
    passed.median(contender) < events ? `, of ${thousands(passed.median(contender))} events` : ''
  const rows = reservedLast(growth.ascending, stopped).map((contender) => [
    rowTitle(contender),
    thousands(passed.median(contender)),
    growth.median(contender).toFixed(1),
    growthAlone.median(contender).toFixed(1),
    Number.isNaN(living.median(contender)) ? '' : living.median(contender).toFixed(1),
    thousands(speed.median(contender)),
    thousands(speedAlone.median(contender)),
    (speed.median(contender) / speedAlone.median(contender)).toFixed(2),
  ])
  const goal = RETENTION_MIB + 8
  return {
    title: `${NAME}: one among ${clients}`,
    body: [
      `${thousands(events)} events of ${dataLength} bytes, ${plan.burst} a turn, to clients of which one has stopped reading; the same to as many who all read, in processes of their own. A peer that needs more than ${plan.peers.maxMs / 1e3} s is stopped, and its growth is that of fewer events. The others are checked as everywhere: they got every event, in order. MiB by which the server process has grown at its peak, and what of JavaScript is in use at the end. Ours retains up to ${RETENTION_MIB} MiB of events, for all clients together, whether one stalls or not; nchan up to 10,000 events.`,
      markdownTable(
        [
          '',
          'events passed',
          'growth, MiB',
          'nobody stalls',
          'in use, MiB',
          'deliveries/s to the others',
          'nobody stalls',
          'of it kept',
        ],
        rows,
      ),
    ].join('\n\n'),
    goals: [
      atMost(`${NAME}, peak growth of resident memory`, growth.median('ours'), goal, 'MiB'),
      atMost(`${NAME}, growth of what is in use`, living.median('ours'), goal, 'MiB'),
      {
        claim: `${NAME}, events that all others got, in order`,
        wanted: thousands(events),
        measured: thousands(passed.median('ours')),
        met: passed.median('ours') === events,
      },
      ratioAtLeast(
        `${NAME}, speed of the others beside nobody stalling`,
        speed.median('ours') / speedAlone.median('ours'),
        0.95,
      ),
    ],
    panels: [
      panelOf(`${NAME}: growth of the server in MiB`, 'less', growth, (mib) => mib.toFixed(0), stopped),
    ],
  }
}
