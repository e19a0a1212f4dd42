import { expect, it } from 'vitest'
import { HoldBack } from '../../src/faults/hold-back.ts'
import { bytes, RecordingSink } from './recording-sink.ts'

function run(parts: string[], options: { once?: boolean; flushAtEnd?: boolean } = {}): string[] {
  const sink = new RecordingSink()
  const buffer = new HoldBack(sink, { untilBytes: 4, ...options }, (count) =>
    sink.out.push(`dropped ${count}`),
  )
  for (const part of parts) buffer.write(bytes(part))
  buffer.end('fin')
  return sink.out
}

it('passes nothing before there are enough bytes, and then blocks of so many', () => {
  expect(run(['a', 'bc', 'd', 'efg', 'hijklm', 'nop'])).toEqual(['abcd', 'efghijkl', 'mnop', '<fin>'])
})

it('passes the rest at the end', () => {
  expect(run(['abcde', 'f'])).toEqual(['abcd', 'ef', '<fin>'])
  expect(run(['abc'])).toEqual(['abc', '<fin>'])
})

it('loses the rest where it does not flush, and says so', () => {
  expect(run(['abcde', 'f'], { flushAtEnd: false })).toEqual(['abcd', 'dropped 2', '<fin>'])
  expect(run(['abcd'], { flushAtEnd: false })).toEqual(['abcd', '<fin>'])
})

it('does so once, where that is asked', () => {
  expect(run(['abc', 'de', 'f', 'g'], { once: true })).toEqual(['abcde', 'f', 'g', '<fin>'])
})
