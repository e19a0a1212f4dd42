import { expect, test } from 'vitest'
import { Latencies } from './latencies.ts'

test('percentiles are those of all that was recorded, to 20 µs', () => {
  const latencies = new Latencies()
  for (let ms = 1; ms <= 100; ms++) latencies.record(ms * 1e3)
  const { p50Ms, p99Ms, maxMs } = latencies.read()
  expect(p50Ms).toBeCloseTo(50, 1)
  expect(p99Ms).toBeCloseTo(99, 1)
  expect(maxMs).toBe(100)
})

test('what was recorded before it was cleared is forgotten', () => {
  const latencies = new Latencies()
  latencies.record(5e6)
  latencies.clear()
  latencies.record(1e3)
  expect(latencies.read()).toMatchObject({ maxMs: 1 })
})

test('nothing has no percentiles', () => {
  expect(new Latencies().read().p99Ms).toBeNaN()
})
