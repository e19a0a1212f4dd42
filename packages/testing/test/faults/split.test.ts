import { expect, it } from 'vitest'
import { FakeClock } from '../../src/clock/fake-clock.ts'
import { Split } from '../../src/faults/split.ts'
import { bytes, RecordingSink } from './recording-sink.ts'

it('passes one piece in a turn, and the end in one of its own', () => {
  const clock = new FakeClock({ turns: 'manual' })
  const sink = new RecordingSink()
  const sizes = [2, 1, 5, 1]
  const split = new Split(sink, () => sizes.shift() ?? 1, clock)
  split.write(bytes('abcd'))
  split.write(bytes(''))
  split.write(bytes('e'))
  split.end('fin')
  expect(clock.pendingTurn).toBe(1)
  const turns: string[][] = []
  while (clock.pendingTurn > 0) {
    clock.runTurn()
    turns.push(sink.take())
  }
  expect(turns).toEqual([['ab'], ['c'], ['d'], ['e'], ['<fin>']])
})

it('passes nothing once it is destroyed', () => {
  const clock = new FakeClock({ turns: 'manual' })
  const sink = new RecordingSink()
  const split = new Split(sink, () => 1, clock)
  split.write(bytes('ab'))
  split.end('fin')
  split.destroy()
  while (clock.pendingTurn > 0) clock.runTurn()
  expect(sink.out).toEqual([])
})
