import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { deflate } from '../../test/gzip-reader.ts'
import { BlockCache } from './block-cache.ts'
import type { Deflate } from './deflate.ts'
import { SharedText } from './shared-text.ts'

const before = Buffer.from(Array.from({ length: 3_000 }, (_, n) => `data: ${n * 7919}\n\n`).join(''))
const text = Buffer.from(`data: ${2_999 * 7919}\n\n`)

function spying(): { readonly spy: Deflate; readonly histories: number[] } {
  const real = deflate()
  const histories: number[] = []
  const spy: Deflate = {
    crc32: real.crc32,
    block(bytes, history, effort) {
      histories.push(history.byteLength)
      return real.block(bytes, history, effort)
    },
  }
  return { spy, histories }
}

const shared = (bytes: Uint8Array = text, cache = new BlockCache(0)): SharedText =>
  new SharedText(bytes, { before: (length) => before.subarray(-length), cache, key: () => 'a' })

describe('text that many streams are written', () => {
  it('refers to no more history than its reader has, and to few lengths of it', () => {
    const lengths = [0, 511, 512, 1_023, 1_024, 5_000, 16_383, 16_384, 40_000]
    const used = [0, 0, 512, 512, 1_024, 4_096, 8_192, 16_384, 16_384]
    const { spy, histories } = spying()
    for (const length of lengths) {
      const block = shared().blockBehind(length, spy)
      // One who has that much, and nothing more.
      const history = before.subarray(before.length - length)
      const dictionary = length === 0 ? {} : { dictionary: history }
      const read = inflateRawSync(Buffer.concat([block, Buffer.of(3, 0)]), dictionary)
      expect(read.equals(text)).toBe(true)
    }
    expect(histories).toEqual(used)
  })

  it('is compressed once for all whose history it uses equally', () => {
    const { spy, histories } = spying()
    const one = shared()
    const block = one.blockBehind(600, spy)
    expect(one.blockBehind(1_000, spy)).toBe(block)
    expect(one.blockBehind(0, spy)).not.toBe(block)
    expect(one.blockBehind(100, spy)).toBe(one.blockBehind(0, spy))
    expect(histories).toEqual([512, 0])
  })

  it('uses no history when it is large, and then is kept for those who come later', () => {
    const { spy, histories } = spying()
    const cache = new BlockCache(1e6)
    const large = before.subarray(0, 16 * 1024)
    const block = shared(large, cache).blockBehind(20_000, spy)
    expect(shared(large, cache).blockBehind(0, spy)).toBe(block)
    expect(histories).toEqual([0])
    expect(cache.bytes).toBeGreaterThan(block.byteLength)
    expect(block.buffer.byteLength).toBe(block.byteLength)
  })

  it('is not kept when it is small', () => {
    const cache = new BlockCache(1e6)
    shared(text, cache).blockBehind(0, deflate())
    expect(cache.bytes).toBe(0)
  })
})
