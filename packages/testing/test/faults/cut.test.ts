import { expect, it } from 'vitest'
import type { Ending } from '../../src/faults/byte-sink.ts'
import { CutAtByte } from '../../src/faults/cut.ts'
import type { CountedFrom } from '../../src/faults/position.ts'
import { bytes, RecordingSink } from './recording-sink.ts'

function run(
  parts: string[],
  afterBytes: number,
  from: CountedFrom = 'start',
  how: Ending = 'reset',
): string[] {
  const sink = new RecordingSink()
  const cut = new CutAtByte(sink, { afterBytes, from, how }, () => sink.out.push('cut'))
  for (const part of parts) cut.write(bytes(part))
  cut.end('fin')
  return sink.out
}

it.each([
  [0, ['<reset>', 'cut']],
  [2, ['ab', '<reset>', 'cut']],
  [3, ['abc', '<reset>', 'cut']],
  [4, ['abc', 'd', '<reset>', 'cut']],
  [7, ['abc', 'de', '<fin>']],
])('after %d bytes ends, and lets nothing more through', (afterBytes, out) => {
  expect(run(['abc', 'de'], afterBytes)).toEqual(out)
})

it('does so at once, not when the next byte comes', () => {
  const sink = new RecordingSink()
  new CutAtByte(sink, { afterBytes: 3, how: 'fin' }, () => {}).write(bytes('abc'))
  expect(sink.out).toEqual(['abc', '<fin>'])
})

it('counts from the body', () => {
  const head = 'HTTP/1.1 200 OK\r\n\r\n'
  expect(run([head, 'abc'], 1, 'body')).toEqual([head, 'a', '<reset>', 'cut'])
  expect(run([`${head}abc`], 0, 'body', 'half-open')).toEqual([head, '<half-open>', 'cut'])
})
