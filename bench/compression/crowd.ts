import { ratioAtMost } from '../harness/goal.ts'
import { markdownTable } from '../harness/markdown-table.ts'
import type { Section } from '../harness/section.ts'
import { CONTENDERS, type ContenderKey } from './contenders/all-contenders.ts'
import { type CostPlan, Costs, type Report, type Stages } from './costs.ts'

/** What one event costs that goes to many. */
export async function benchCrowd(
  plan: CostPlan,
  clients: number,
  stages: Stages,
  report: Report,
): Promise<Section> {
  const costs = await Costs.measure(stages, plan, report)
  const title = `Events of ${plan.dataLength} characters to ${clients.toLocaleString('en')} clients`
  const rows = [...stages.keys()].map((key) => [
    key === 'once' ? `**${CONTENDERS[key].name}**` : CONTENDERS[key].name,
    costs.median(key, 'bytesPerDelivery').toFixed(0),
    // Microseconds each are seconds for a million.
    costs.median(key, 'cpuMicrosPerDelivery').toFixed(1),
    costs.range(key, 'cpuMicrosPerDelivery'),
    key === 'once' ? '' : `${costs.ratio('once', key, 'cpuMicrosPerDelivery').toFixed(2)} ×`,
  ])
  const head = ['', 'bytes per delivery', 'CPU s per million deliveries', 'min–max', 'compressed once uses']
  return {
    title,
    body: markdownTable(head, rows),
    goals: [
      ratioAtMost(
        `CPU beside no compression, ${plan.dataLength} characters`,
        costs.ratio('once', 'none', 'cpuMicrosPerDelivery'),
        1.15,
      ),
      ratioAtMost(
        `bytes beside gzip per client at level 6, ${plan.dataLength} characters`,
        costs.ratio('once', 'perClient6', 'bytesPerDelivery'),
        1.05,
      ),
    ],
  }
}

/** What all those who are connected and are sent nothing weigh. */
export function describeIdle(memoryMb: ReadonlyMap<ContenderKey, number>, clients: number): Section {
  const mb = (key: ContenderKey): number => memoryMb.get(key) ?? Number.NaN
  const rows = [...memoryMb.keys()].map((key) => [CONTENDERS[key].name, mb(key).toFixed(0)])
  return {
    title: `${clients.toLocaleString('en')} idle clients`,
    body: [
      "Resident memory of the server's process in MB (1,000,000 bytes), after full collections, before anything was published.",
      markdownTable(['', 'MB'], rows),
    ].join('\n\n'),
    goals: [ratioAtMost('memory beside no compression, idle', mb('once') / mb('none'), 1.05)],
  }
}
