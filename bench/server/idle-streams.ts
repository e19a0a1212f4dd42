import { setTimeout as sleep } from 'node:timers/promises'
import { ratioAtMost } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import type { ContenderKey } from './contenders/all-contenders.ts'
import { panelOf, type Report, rowTitle, type ServerSection, thousands } from './server-section.ts'
import { Stage } from './stage.ts'
import { inTurns, Measured, type Rounds } from './turns.ts'

export interface IdlePlan extends Rounds {
  readonly streams: number
  /** Streams that come and go before, so that what the first ones cost once is not counted. */
  readonly streamsBefore: number
  readonly settleMs: number
}

interface CostOfStream {
  readonly rssKb: number
  readonly heapKb: number
}

const NAME = 'S3 idle streams'

/** What a stream costs by being open, its ping armed. */
export async function benchIdleStreams(
  plan: IdlePlan,
  contenders: readonly ContenderKey[],
  report: Report,
): Promise<ServerSection> {
  const samples = await inTurns(contenders, plan, (contender) => {
    report(`${NAME}: ${contender}`)
    return measureStreams(contender, plan)
  })
  const rss = Measured.of(samples, ({ rssKb }) => rssKb)
  const heap = Measured.of(samples, ({ heapKb }) => heapKb)
  const rows = rss.ascending.map((contender) => [
    rowTitle(contender),
    rss.median(contender).toFixed(2),
    rss.range(contender, (kb) => kb.toFixed(2)),
    contender === 'ours' ? '' : `${rss.ratio('ours', contender).toFixed(2)} ×`,
    Number.isNaN(heap.median(contender)) ? '' : heap.median(contender).toFixed(2),
  ])
  return {
    title: `${NAME}: ${thousands(plan.streams)} of them`,
    body: [
      'KB (1,000 bytes) per open stream, after full collections: resident memory of the server process, and of it heap and buffers of JavaScript. Pings are armed and none is due. The system has buffers for each connection besides.',
      markdownTable(['', 'resident KB', 'min–max', 'ours is', 'of it JavaScript'], rows),
    ].join('\n\n'),
    goals: [ratioAtMost(`${NAME}, resident memory beside node:http`, rss.ratio('ours', 'nodeHttp'), 1.05)],
    panels: [panelOf(`${NAME}: resident KB per stream`, 'less', rss, (kb) => kb.toFixed(1))],
  }
}

async function measureStreams(
  contender: ContenderKey,
  { streams, streamsBefore, settleMs }: IdlePlan,
): Promise<CostOfStream> {
  await using stage = await Stage.open(contender)
  await stage.connect({ clients: streamsBefore })
  await stage.leave()
  await sleep(settleMs)
  const before = await stage.server.call('memory')
  await stage.connect({ clients: streams })
  await sleep(settleMs)
  const after = await stage.server.call('memory')
  return {
    rssKb: (after.rssBytes - before.rssBytes) / streams / 1e3,
    heapKb: ((after.heapBytes ?? Number.NaN) - (before.heapBytes ?? Number.NaN)) / streams / 1e3,
  }
}
