import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { joinCrc32, shiftBehind } from './crc32.ts'

it('joins the checksums of two texts to that of both', () => {
  const texts = fc.uint8Array({ maxLength: 3_000 })
  fc.assert(
    fc.property(texts, texts, (a, b) => {
      const joined = joinCrc32(crc32(a) | 0, crc32(b) | 0, shiftBehind(b.byteLength))
      expect(joined).toBe(crc32(Buffer.concat([a, b])) | 0)
    }),
    { seed: 20_260_701 },
  )
})

it.each([0, 1, 65_535, 65_536, 1_000_003, 70_000_000])('joins behind %i bytes', (length) => {
  const [a, b] = [Buffer.from('data: one\n\n'), Buffer.alloc(length, 'x')]
  const joined = joinCrc32(crc32(a) | 0, crc32(b) | 0, shiftBehind(length))
  expect(joined).toBe(crc32(b, crc32(a)) | 0)
})

it('counts the bytes behind as often as they are there, also when they are more than 2³²', () => {
  const length = 5 * 2 ** 32 + 77
  const half = shiftBehind(length / 2 - 0.5)
  const twice = joinCrc32(half, 0, half)
  expect(joinCrc32(twice, 0, shiftBehind(1))).toBe(shiftBehind(length))
})
