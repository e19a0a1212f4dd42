import { expect, it } from 'vitest'
import { Corrupt } from '../../src/faults/corrupt.ts'
import { seeded } from '../../src/seeded.ts'
import { bytes, RecordingSink } from './recording-sink.ts'

type Damage = ConstructorParameters<typeof Corrupt>[1]

function run(parts: Uint8Array[], damage: Damage, seed = 1): { text: string; positions: number[] } {
  const sink = new RecordingSink()
  const positions: number[] = []
  const corrupt = new Corrupt(sink, damage, seeded(seed), (position) => positions.push(position))
  for (const part of parts) corrupt.write(part)
  corrupt.end('fin')
  expect(sink.out.at(-1)).toBe('<fin>')
  return { text: sink.out.slice(0, -1).join(''), positions }
}

it('puts other bytes in the place of those from a byte on, over the edges of chunks', () => {
  const { text, positions } = run([bytes('abc'), bytes('def')], { atByte: 2, with: 'XYZ' })
  expect([text, positions]).toEqual(['abXYZf', [2, 3, 4]])
})

it('flips one bit of one byte', () => {
  const { text, positions } = run([bytes('abc')], { atByte: 1 })
  expect(positions).toEqual([1])
  const flipped = text.charCodeAt(1) ^ 'b'.charCodeAt(0)
  expect([text[0], text[2], Math.log2(flipped) % 1]).toEqual(['a', 'c', 0])
})

it('counts from the body, and leaves the head alone', () => {
  const head = 'HTTP/1.1 200 OK\r\n\r\n'
  expect(run([bytes(`${head}abc`)], { atByte: 1, with: 'X', from: 'body' }).text).toBe(`${head}aXc`)
  const all = run([bytes(head), bytes('abc')], { probability: 1, from: 'body' })
  expect([all.text.startsWith(head), all.positions]).toEqual([true, [0, 1, 2]])
})

it('damages the same bytes by the same seed, whatever the chunks, and about as many as it says', () => {
  const whole = new Uint8Array(10_000)
  const first = run([whole], { probability: 0.01 })
  expect(run([whole.subarray(0, 77), whole.subarray(77)], { probability: 0.01 })).toEqual(first)
  expect(run([whole], { probability: 0.01 }, 2)).not.toEqual(first)
  expect(first.positions.length).toBeGreaterThan(70)
  expect(first.positions.length).toBeLessThan(130)
})

it('does not write into the bytes that it was given', () => {
  const given = bytes('abc')
  run([given], { probability: 1 })
  expect(Buffer.from(given).toString()).toBe('abc')
})
