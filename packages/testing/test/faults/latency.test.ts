import { beforeEach, expect, it } from 'vitest'
import { FakeClock } from '../../src/clock/fake-clock.ts'
import { Latency } from '../../src/faults/latency.ts'
import { bytes, RecordingSink } from './recording-sink.ts'

let clock: FakeClock
let sink: RecordingSink
beforeEach(() => {
  clock = new FakeClock()
  sink = new RecordingSink()
})

it('delays each chunk and the end by as much, also those under way together', () => {
  const line = new Latency(sink, () => 100, clock)
  line.write(bytes('a'))
  clock.advance(60)
  line.write(bytes('b'))
  line.end('fin')
  clock.advance(39)
  expect(sink.take()).toEqual([])
  clock.advance(1)
  expect(sink.take()).toEqual(['a'])
  clock.advance(59)
  expect(sink.take()).toEqual([])
  clock.advance(1)
  expect(sink.take()).toEqual(['b', '<fin>'])
  expect(clock.pendingTimers).toBe(0)
})

it('lets nothing overtake, whatever the delays', () => {
  const delays = [100, 10, 50, 0]
  const line = new Latency(sink, () => delays.shift() ?? 0, clock)
  for (const text of ['a', 'b', 'c']) line.write(bytes(text))
  line.end('reset')
  clock.advance(99)
  expect(sink.take()).toEqual([])
  clock.advance(1)
  expect(sink.take()).toEqual(['a', 'b', 'c', '<reset>'])
})

it('brings all that is due when a timer is late', () => {
  const late = new FakeClock()
  const schedule = late.schedule.bind(late)
  late.schedule = (callback, delayMs) => schedule(callback, delayMs + 5)
  const line = new Latency(sink, () => 100, late)
  line.write(bytes('a'))
  late.advance(3)
  line.write(bytes('b'))
  late.advance(102)
  expect(sink.take()).toEqual(['a', 'b'])
})

it('passes nothing and has no timer once it is destroyed', () => {
  const line = new Latency(sink, () => 100, clock)
  line.write(bytes('a'))
  line.write(bytes('b'))
  line.end('fin')
  line.destroy()
  expect(clock.pendingTimers).toBe(0)
  clock.advance(1_000)
  expect(sink.out).toEqual([])
})
