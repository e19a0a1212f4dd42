import { beforeEach, expect, it } from 'vitest'
import { FakeClock } from '../../src/clock/fake-clock.ts'
import { Bandwidth } from '../../src/faults/bandwidth.ts'
import { bytes, RecordingSink } from './recording-sink.ts'

let clock: FakeClock
let sink: RecordingSink
beforeEach(() => {
  clock = new FakeClock()
  sink = new RecordingSink()
})

it('lets each byte take its time', () => {
  const line = new Bandwidth(sink, 2, clock)
  line.write(bytes('ab'))
  line.write(bytes('c'))
  line.end('fin')
  clock.advance(499)
  expect(sink.take()).toEqual([])
  clock.advance(1)
  expect(sink.take()).toEqual(['a'])
  clock.advance(500)
  expect(sink.take()).toEqual(['b'])
  clock.advance(500)
  expect(sink.take()).toEqual(['c', '<fin>'])
})

it('saves no time while nothing is sent', () => {
  const line = new Bandwidth(sink, 1, clock)
  line.write(bytes('a'))
  clock.advance(60_000)
  line.write(bytes('b'))
  clock.advance(999)
  expect(sink.take()).toEqual(['a'])
  clock.advance(1)
  expect(sink.take()).toEqual(['b'])
})

it('carries what it says in a second, on a fast line in larger pieces', () => {
  const line = new Bandwidth(sink, 100_000, clock)
  line.write(new Uint8Array(250_000))
  clock.advance(1_000)
  expect(sink.out).toHaveLength(50)
  expect(sink.take().join('')).toHaveLength(100_000)
  clock.advance(1_000)
  expect(sink.take().join('')).toHaveLength(100_000)
})

it('is not slower because timers are late', () => {
  const late = new FakeClock()
  const schedule = late.schedule.bind(late)
  late.schedule = (callback, delayMs) => schedule(callback, delayMs + 5)
  const line = new Bandwidth(sink, 1_000, late)
  line.write(new Uint8Array(1_000))
  late.advance(1_010)
  expect(sink.take().join('')).toHaveLength(1_000)
})

it('passes nothing and has no timer once it is destroyed', () => {
  const line = new Bandwidth(sink, 1, clock)
  line.write(bytes('ab'))
  line.end('fin')
  line.destroy()
  expect(clock.pendingTimers).toBe(0)
  clock.advance(10_000)
  expect(sink.out).toEqual([])
})
