import { crc32, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { GZIP_HEAD, gzipEnd, storedBlocks } from './gzip.ts'

describe('a gzip member of stored blocks', () => {
  it.each([0, 1, 300, 65_535, 65_536, 200_000])('holds %i bytes as they are', (length) => {
    const text = Buffer.alloc(length, 'data: é\n\n')
    const member = Buffer.concat([GZIP_HEAD, storedBlocks(text), gzipEnd(crc32(text) | 0, length)])
    expect(gunzipSync(member).equals(text)).toBe(true)
    expect(member.byteLength).toBe(length + 5 * Math.ceil(length / 65_535) + 20)
  })

  it('is refused by a reader when its checksum or its length is another one', () => {
    const text = Buffer.from('data: one\n\n')
    const member = (sum: number, length: number): Buffer =>
      Buffer.concat([GZIP_HEAD, storedBlocks(text), gzipEnd(sum, length)])
    expect(() => gunzipSync(member((crc32(text) + 1) | 0, text.length))).toThrow('incorrect data check')
    expect(() => gunzipSync(member(crc32(text) | 0, text.length + 1))).toThrow('incorrect length check')
    // The length counts modulo 2³².
    expect(gunzipSync(member(crc32(text) | 0, 3 * 2 ** 32 + text.length)).equals(text)).toBe(true)
  })
})
