import { Child } from '../harness/child-process.ts'
import { type Goal, ratioAtLeast } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import { type Effort, speedRatio, type Timing, timeInterleaved } from '../harness/rounds.ts'
import type { Section } from '../harness/section.ts'
import type { ClientProcess } from './client-process.ts'
import { ALL, CONTENDERS, type ContenderKey, PEERS } from './contenders/all-contenders.ts'
import type { StreamServer, StreamShape } from './stream-server.ts'

export interface ReadingPlan extends Effort {
  readonly streams: readonly StreamShape[]
}

/** Reads one stream after the other with every client. */
export async function benchReading(
  { streams, ...effort }: ReadingPlan,
  report: (line: string) => void,
): Promise<Section> {
  const parts: string[] = []
  const goals: Goal[] = []
  for (const stream of streams) {
    const timings = await race(stream, effort, report)
    parts.push(`#### ${titleOf(stream)}\n\n${tableOf(stream, timings)}`)
    goals.push(...goalsOf(stream, timings))
  }
  return {
    title: 'Reading a stream that comes as fast as it is taken',
    body: [
      'Microseconds of processor time of the client process for each event: from the call that connects to the last event. Events have an id and a type. In italics no client at all: what parsing a body costs.',
      ...parts,
    ].join('\n\n'),
    goals,
  }
}

async function race(
  stream: StreamShape,
  effort: Effort,
  report: (line: string) => void,
): Promise<ReadonlyMap<string, Timing>> {
  await using processes = new AsyncDisposableStack()
  const server = processes.use(new Child<StreamServer>(new URL('./stream-server.ts', import.meta.url), []))
  const url = `http://127.0.0.1:${await server.call('listen', stream)}/`
  const subjects = ALL.map((name) => {
    const client = processes.use(
      new Child<ClientProcess>(new URL('./client-process.ts', import.meta.url), [name]),
    )
    return {
      name,
      async time(): Promise<number> {
        report(`${titleOf(stream)}: ${name}`)
        const events = Math.ceil(stream.events / (CONTENDERS[name].oneOf ?? 1))
        const { cpuMicros } = await client.call('read', url, events, stream.dataLength)
        return cpuMicros / events
      },
    }
  })
  return await timeInterleaved(subjects, effort)
}

function titleOf({ events, dataLength }: StreamShape): string {
  return `${events.toLocaleString('en')} events of ${dataLength.toLocaleString('en')} characters`
}

function tableOf({ dataLength }: StreamShape, timings: ReadonlyMap<string, Timing>): string {
  const fastestFirst = [...timings].toSorted(([, a], [, b]) => a.median - b.median)
  const rows = fastestFirst.map(([key, { median, min, max }]) => [
    CONTENDERS[key as ContenderKey].name,
    median.toFixed(2),
    `${min.toFixed(2)}–${max.toFixed(2)}`,
    Math.round(1e6 / median).toLocaleString('en'),
    (dataLength / median).toFixed(0),
    `${speedRatio(timings, key, 'bareFetch').toFixed(2)} ×`,
  ])
  return markdownTable(['', 'µs/event', 'min–max', 'events/s', 'MB/s of data', 'of the bare parser'], rows)
}

function goalsOf(stream: StreamShape, timings: ReadonlyMap<string, Timing>): readonly Goal[] {
  const title = titleOf(stream)
  const faster = (key: ContenderKey, peer: ContenderKey): Goal =>
    ratioAtLeast(`${nameOf(key)} beside ${nameOf(peer)}, ${title}`, speedRatio(timings, key, peer), 1)
  return [
    ratioAtLeast(
      `createEventSource beside eventsource-parser over a bare body, ${title}`,
      speedRatio(timings, 'ours', 'bareFetch'),
      0.8,
    ),
    ...PEERS.map((peer) => faster('ours', peer)),
    ...PEERS.map((peer) => faster('oursStandard', peer)),
  ]
}

function nameOf(key: ContenderKey): string {
  return CONTENDERS[key].name.replaceAll(/[*_]|@sse\/client /g, '')
}
