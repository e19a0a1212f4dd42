import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MachineMetrics, metricsSchema } from '../src/machine-metrics.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

it('reads what the metrics may be, also when no time has passed since the reading before', async () => {
  const machine = new MachineMetrics()
  await machine.read()
  vi.setSystemTime(Date.now() + 1_000)
  // The system was slow to answer the first when the time for the second came.
  const readings = await Promise.all([machine.read(), machine.read(), machine.read()])
  for (const reading of readings) {
    const metrics = { ...reading, requestsPerSecond: 0, errorPercent: 0, streams: 0 }
    expect(metricsSchema.safeParse(metrics).error).toBeUndefined()
  }
  machine.close()
})
