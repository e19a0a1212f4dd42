import { beforeEach, expect, it } from 'vitest'
import { Gate } from '../../src/faults/gate.ts'
import { bytes, RecordingSink } from './recording-sink.ts'

let sink: RecordingSink
beforeEach(() => {
  sink = new RecordingSink()
})

function gateAt(afterBytes?: number): Gate {
  return new Gate(sink, afterBytes === undefined ? undefined : { afterBytes }, () => sink.out.push('shut'))
}

it('holds everything while it is shut, the end too, and passes it in order when it opens', () => {
  const gate = gateAt()
  gate.write(bytes('a'))
  gate.shut()
  gate.shut()
  gate.write(bytes('b'))
  gate.write(bytes('c'))
  gate.end('fin')
  expect(sink.take()).toEqual(['a', 'shut'])
  gate.open()
  gate.open()
  expect(sink.take()).toEqual(['b', 'c', '<fin>'])
})

it.each([
  [0, ['shut'], ['abc', 'de']],
  [2, ['ab', 'shut'], ['c', 'de']],
  [3, ['abc', 'shut'], ['de']],
])('shuts after %d bytes, once', (afterBytes, before, after) => {
  const gate = gateAt(afterBytes)
  gate.write(bytes('abc'))
  gate.write(bytes('de'))
  expect(sink.take()).toEqual(before)
  gate.open()
  expect(sink.take()).toEqual(after)
})

it('still shuts at its byte when that is among what it held', () => {
  const gate = gateAt(3)
  gate.shut()
  gate.write(bytes('ab'))
  gate.write(bytes('cd'))
  gate.end('fin')
  gate.open()
  expect(sink.take()).toEqual(['shut', 'ab', 'c', 'shut'])
  gate.open()
  expect(sink.take()).toEqual(['d', '<fin>'])
})

it('drops what it holds when it is destroyed', () => {
  const gate = gateAt()
  gate.shut()
  gate.write(bytes('a'))
  gate.end('fin')
  gate.destroy()
  gate.open()
  expect(sink.out).toEqual(['shut'])
})
