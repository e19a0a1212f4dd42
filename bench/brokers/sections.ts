import { createClient } from 'redis'
import { markdownTable } from '../harness/markdown-table.ts'
import { summarize, type Timing } from '../harness/rounds.ts'
import type { Section } from '../harness/section.ts'
import { ARRANGEMENTS, type Arrangement } from './arrangement.ts'
import type { Plan } from './plans.ts'
import { Site, WINDOW } from './site.ts'

export type Report = (line: string) => void

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Runs each arrangement by itself, for all its rounds: brokers and servers of others would be in its way. */
async function measure<Sample>(
  name: string,
  plan: Plan,
  report: Report,
  clients: number,
  once: (site: Site, arrangement: Arrangement) => Promise<Sample>,
  arrangements: readonly Arrangement[] = ARRANGEMENTS,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>()
  for (const arrangement of arrangements) {
    report(`${name}: ${arrangement.name}`)
    await using site = await Site.open(arrangement, clients)
    const own: Sample[] = []
    for (let round = -plan.warmUps; round < plan.rounds; round++) {
      const sample = await once(site, arrangement)
      if (round >= 0) own.push(sample)
    }
    samples.set(arrangement.name, own)
  }
  return samples
}

function timing<Sample>(samples: readonly Sample[] | undefined, of: (sample: Sample) => number): Timing {
  return summarize((samples ?? []).map(of))
}

/** Where one process is enough to say it. */
const SINGLE: readonly Arrangement[] = ARRANGEMENTS.filter(({ processes }) => processes === 1)

const REFERENCE = (ARRANGEMENTS[0] as Arrangement).name

/** B1 */
export async function benchDeliveries(plan: Plan, report: Report): Promise<Section> {
  const { clients, dataLength, roundMs } = plan
  const samples = await measure('B1 deliveries', plan, report, clients, (site) =>
    site.deliver(() =>
      site.publisher.call('publish', {
        dataLength,
        burst: 10,
        window: WINDOW,
        maxEvents: 1e9,
        maxMs: roundMs,
      }),
    ),
  )
  const speed = (name: string): Timing =>
    timing(samples.get(name), ({ deliveries, seconds }) => deliveries / seconds)
  const rows = ARRANGEMENTS.map(({ name }) => {
    const { median, min, max } = speed(name)
    const cpu = timing(samples.get(name), ({ serverCpuMicros, deliveries }) => serverCpuMicros / deliveries)
    return [
      name,
      whole(median),
      `${whole(min)}–${whole(max)}`,
      name === REFERENCE ? '' : `${(median / speed(REFERENCE).median).toFixed(2)} ×`,
      cpu.median.toFixed(2),
    ]
  })
  return {
    title: `B1 deliveries: ${whole(clients)} clients in all, 10 events a turn`,
    body: `As fast as the slowest client takes them, ${WINDOW} events ahead of it at most. Processor time is that of the server processes, without the broker's and the clients'. All of them share this machine: two processes are faster than one only where cores are left for them.\n\n${markdownTable(['', 'deliveries/s', 'min–max', 'of in memory', 'CPU, µs/delivery'], rows)}`,
    goals: [],
  }
}

/** B2 */
export async function benchAddedLatency(plan: Plan, report: Report): Promise<Section> {
  const { clients, dataLength, perSecond, events } = plan
  const samples = await measure('B2 latency', plan, report, clients, async (site) => {
    await site.clearLatencies()
    await site.deliver(() => site.publisher.call('publishAtRate', { dataLength, perSecond, events }))
    return site.latencies()
  })
  const p50 = (name: string): number => timing(samples.get(name), ({ p50Ms }) => p50Ms).median
  const p99 = (name: string): number => timing(samples.get(name), ({ p99Ms }) => p99Ms).median
  const added = (of: (name: string) => number, name: string): string =>
    name === REFERENCE ? '' : (of(name) - of(REFERENCE)).toFixed(2)
  const rows = ARRANGEMENTS.map(({ name }) => [
    name,
    p50(name).toFixed(2),
    added(p50, name),
    p99(name).toFixed(2),
    added(p99, name),
  ])
  return {
    title: `B2 latency: ${whole(clients)} clients in all, ${perSecond} events a second`,
    body: `Milliseconds from when an event was due to when a client had read it; of two processes, those of the slower one.\n\n${markdownTable(['', 'p50', 'added', 'p99', 'added'], rows)}`,
    goals: [],
  }
}

/** B3 */
export async function benchPublishing(plan: Plan, report: Report): Promise<Section> {
  const { publishes, inFlight, dataLength } = plan
  const samples = await measure(
    'B3 publishing',
    plan,
    report,
    0,
    async (site) => {
      const seconds = await site.publisher.call('publishAcknowledged', publishes, inFlight, dataLength)
      return publishes / seconds
    },
    SINGLE,
  )
  const rows = SINGLE.map(({ name }) => {
    const { median, min, max } = timing(samples.get(name), (perSecond) => perSecond)
    return [name, whole(median), `${whole(min)}–${whole(max)}`]
  })
  return {
    title: 'B3 publishing: one process, nobody listens',
    body: `Events a second that were acknowledged, ${inFlight} on their way at a time. Redis syncs its file before it answers (\`appendfsync always\`), once for all that came together; JetStream writes to files and does not sync them (\`sync_interval\` as it is by default).\n\n${markdownTable(['', 'events/s', 'min–max'], rows)}`,
    goals: [],
  }
}

/** B4 */
export async function benchRetention(plan: Plan, report: Report): Promise<Section> {
  const { retained, inFlight, dataLength } = plan
  const rows: string[][] = []
  for (const arrangement of SINGLE) {
    report(`B4 retention: ${arrangement.name}`)
    await using site = await Site.open(arrangement, 0, retained)
    const before = await site.publisher.call('memory')
    await site.publisher.call('publishAcknowledged', retained, inFlight, dataLength)
    while ((await site.publisher.call('countRetained')) < retained);
    const after = await site.publisher.call('memory')
    const perEvents = (bytes: number): string => ((bytes / retained) * 0.1).toFixed(1)
    rows.push([
      arrangement.name,
      perEvents((after.heapBytes ?? 0) - (before.heapBytes ?? 0)),
      perEvents(after.rssBytes - before.rssBytes),
      arrangement.broker === 'redis' ? perEvents(await redisMemory(site)) : '',
    ])
  }
  return {
    title: `B4 memory of ${whole(retained)} retained events of ${dataLength} bytes`,
    body: `MB (1,000,000 bytes) per 100,000 events. JetStream keeps them in files.\n\n${markdownTable(['', 'process, JavaScript', 'process, resident', 'Redis'], rows)}`,
    goals: [],
  }
}

async function redisMemory({ broker, log }: Site): Promise<number> {
  const client = createClient({ socket: { host: '127.0.0.1', port: broker?.port ?? 0 } })
  await client.connect()
  const bytes = await client.sendCommand(['MEMORY', 'USAGE', log, 'SAMPLES', '0'])
  client.destroy()
  return Number(bytes)
}
