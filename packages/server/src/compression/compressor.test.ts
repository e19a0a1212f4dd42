import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { deflate } from '../../test/gzip-reader.ts'
import { Compressor, HISTORY_BYTES, MAX_COMPRESSORS } from './compressor.ts'

describe('the compressor of one stream', () => {
  it('refers to the last 8 KiB of its stream, and to nothing before', () => {
    using compressor = Compressor.take() as Compressor
    let written = Buffer.alloc(0)
    const sizes = [3, 700, 8_191, 1, 8_192, 9_000, 30, 0, 500]
    for (const [n, size] of sizes.entries()) {
      const text = Buffer.from(`${n} data: ${n * 31} `.repeat(size)).subarray(0, size)
      const block = compressor.compress(text, deflate())
      const dictionary = written.length === 0 ? {} : { dictionary: written.subarray(-HISTORY_BYTES) }
      expect(inflateRawSync(Buffer.concat([block, Buffer.of(3, 0)]), dictionary).equals(text)).toBe(true)
      written = Buffer.concat([written, text])
    }
    const again = compressor.compress(written.subarray(-500), deflate())
    expect(again.byteLength).toBeLessThan(30)
  })

  it('refers to nothing before its stream began, also for text like the empty memory that stands there', () => {
    using compressor = Compressor.take() as Compressor
    const texts = [Buffer.from('data: one\n\n'), Buffer.alloc(300)]
    const blocks = texts.map((text) => compressor.compress(text, deflate()))
    const read = inflateRawSync(Buffer.concat([...blocks, Buffer.of(3, 0)]))
    expect(read.equals(Buffer.concat(texts))).toBe(true)
  })

  it('is one of a thousand, and gives its place back once', () => {
    const taken = Array.from({ length: MAX_COMPRESSORS }, () => Compressor.take() as Compressor)
    expect(taken).not.toContain(undefined)
    expect([Compressor.available, Compressor.take()]).toEqual([false, undefined])
    taken[0]?.[Symbol.dispose]()
    taken[0]?.[Symbol.dispose]()
    using last = Compressor.take()
    expect(last).toBeDefined()
    expect(Compressor.take()).toBeUndefined()
    for (const compressor of taken) compressor[Symbol.dispose]()
  })
})
