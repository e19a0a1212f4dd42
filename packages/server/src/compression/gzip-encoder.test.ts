import { gunzipSync, inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { deflate, GzipReader } from '../../test/gzip-reader.ts'
import { BlockCache } from './block-cache.ts'
import { NOTHING } from './deflate.ts'
import { GzipEncoder } from './gzip-encoder.ts'
import { SharedText } from './shared-text.ts'

const secret = Buffer.from('data: {"token":"hunter2-hunter2-hunter2"}\n\n')

/** A text of many readers, piece by piece. */
class Story {
  #told = Buffer.alloc(0)
  readonly #cache = new BlockCache(0)

  tell(text: string): SharedText {
    const before = this.#told
    this.#told = Buffer.concat([before, Buffer.from(text)])
    return new SharedText(Buffer.from(text), {
      before: (length) => (length === 0 ? NOTHING : before.subarray(-length)),
      cache: this.#cache,
      key: () => `${before.length}`,
    })
  }
}

describe('an encoder', () => {
  it('makes one gzip member of what is shared and what is not, and each piece can be read at once', () => {
    const encoder = new GzipEncoder(deflate())
    const reader = new GzipReader()
    const story = new Story()
    const pieces: Uint8Array[] = []
    let text = ''
    for (let n = 0; n < 300; n++) {
      const own = n % 50 === 0
      const said = own ? `: ping ${n}\n\n` : `id: ${n}\ndata: {"n":${n},"of":"the same kind"}\n\n`
      text += said
      const bytes = own ? encoder.encode(Buffer.from(said)) : encoder.encodeShared(story.tell(said))
      pieces.push(bytes)
      expect(Buffer.from(reader.read(bytes)).toString()).toBe(said)
    }
    pieces.push(encoder.end())
    const member = Buffer.concat(pieces)
    expect(gunzipSync(member).toString()).toBe(text)
    expect(encoder.wireBytes).toBe(member.byteLength)
    expect(member.byteLength).toBeLessThan(text.length * 0.7)
  })

  it('refers to no byte before the run of shared text that its reader has', () => {
    const histories: number[] = []
    const real = deflate()
    const encoder = new GzipEncoder({
      ...real,
      block(text, history, effort) {
        histories.push(history.byteLength)
        return real.block(text, history, effort)
      },
    })
    const story = new Story()
    const tell = (bytes: number): unknown => encoder.encodeShared(story.tell('x'.repeat(bytes)))
    for (const bytes of [2_000, 10]) tell(bytes)
    encoder.encode(secret)
    for (const bytes of [511, 1, 511, 1, 1]) tell(bytes)
    encoder.breakRun()
    for (const bytes of [600, 1]) tell(bytes)
    expect(histories).toEqual([0, 1_024, 0, 0, 512, 512, 1_024, 0, 512])
  })

  it('ends a stream that had nothing to say', () => {
    expect(gunzipSync(new GzipEncoder(deflate()).end()).byteLength).toBe(0)
  })

  it('stores what is for one client alone, so that its length tells nothing of what it has in common with others', () => {
    const encoder = new GzipEncoder(deflate())
    const story = new Story()
    for (let n = 0; n < 50; n++) encoder.encodeShared(story.tell(secret.toString()))
    const bytes = encoder.encode(secret)
    expect(bytes.byteLength).toBe(secret.byteLength + 5)
    expect(Buffer.from(bytes).includes(secret)).toBe(true)
    const behind = encoder.encodeShared(story.tell(secret.toString()))
    // It refers to nothing that was before it.
    expect(inflateRawSync(Buffer.concat([behind, Buffer.of(3, 0)])).equals(secret)).toBe(true)
  })

  it('gives those the same bytes who are at the same place with the same history', () => {
    const encoders = [new GzipEncoder(deflate()), new GzipEncoder(deflate())] as const
    const story = new Story()
    encoders[0].encode(Buffer.from(': open\n\n'))
    encoders[1].encode(Buffer.from(': open otherwise\n\n'))
    for (let n = 0; n < 30; n++) {
      const text = story.tell(`data: ${n} ${'x'.repeat(40)}\n\n`)
      expect(encoders[1].encodeShared(text)).toBe(encoders[0].encodeShared(text))
    }
  })

  it('with a compressor of its own compresses everything', () => {
    const encoder = new GzipEncoder(deflate())
    expect(encoder.compressAlone()).toBe(true)
    const pieces = [
      encoder.encode(secret),
      encoder.encode(secret),
      encoder.encodeShared(new Story().tell(`${secret}`)),
    ]
    expect(pieces[2]?.byteLength).toBeLessThan(20)
    expect(gunzipSync(Buffer.concat([...pieces, encoder.end()])).toString()).toBe(`${secret}`.repeat(3))
    encoder.close()
  })
})
