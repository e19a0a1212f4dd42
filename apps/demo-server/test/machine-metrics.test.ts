import { expect, it } from 'vitest'
import { MachineMetrics, metricsSchema } from '../src/machine-metrics.ts'

it('reads what the metrics may be, also when no time has passed since the reading before', async () => {
  const machine = new MachineMetrics()
  const counted = { requestsPerSecond: 0, errorPercent: 0, streams: 0 }
  for (let n = 0; n < 50; n++) {
    const [one, other] = await Promise.all([machine.read(), machine.read()])
    for (const reading of [one, other])
      expect(metricsSchema.safeParse({ ...reading, ...counted }).error).toBeUndefined()
  }
  machine.close()
})
