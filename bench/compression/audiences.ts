import { markdownTable } from '../harness/markdown-table.ts'
import type { Section } from '../harness/section.ts'
import type { ContenderKey } from './contenders/all-contenders.ts'
import { type CostPlan, Costs, type Report } from './costs.ts'
import { Stage } from './stage.ts'

export interface Audience extends CostPlan {
  readonly clients: number
}

const COMPARED: readonly ContenderKey[] = ['none', 'once', 'perClient6']

/** How many readers it takes until compressing once for all of them costs next to nothing. */
export async function benchAudiences(audiences: readonly Audience[], report: Report): Promise<Section> {
  const rows: string[][] = []
  for (const audience of audiences) {
    const clients = audience.clients.toLocaleString('en')
    report(`an audience of ${clients}`)
    const costs = await benchAudience(audience, report)
    const cpu = COMPARED.map((key) => costs.median(key, 'cpuMicrosPerDelivery').toFixed(1))
    rows.push([clients, ...cpu, `${costs.ratio('once', 'none', 'cpuMicrosPerDelivery').toFixed(2)} ×`])
  }
  const length = audiences[0]?.dataLength
  return {
    title: 'How many readers it takes',
    body: [
      `Microseconds of processor time for each delivery of an event of ${length} characters, one a flush.`,
      markdownTable(
        ['readers', 'not compressed', 'once', 'gzip per client, level 6', 'once beside not compressed'],
        rows,
      ),
    ].join('\n\n'),
    goals: [],
  }
}

async function benchAudience(audience: Audience, report: Report): Promise<Costs> {
  await using open = new AsyncDisposableStack()
  const stages = new Map(COMPARED.map((key) => [key, open.use(new Stage(key))]))
  for (const stage of stages.values()) await stage.connect(audience.clients)
  return await Costs.measure(stages, audience, report)
}
