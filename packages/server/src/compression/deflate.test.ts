import * as zlib from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { deflateBy, NOTHING } from './deflate.ts'

const text = Buffer.from('data: {"symbol":"ACME","price":12.5}\n\n')

describe("the runtime's zlib", () => {
  it('makes blocks that can be put one behind the other, by whomever they were made', () => {
    const deflate = deflateBy(zlib)
    const blocks = [deflate?.block(text, NOTHING, 'shared'), deflate?.block(text, text, 'own')]
    const read = zlib.inflateRawSync(Buffer.concat(blocks.map((block) => block ?? NOTHING)), {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
    })
    expect(read.toString()).toBe(`${text}${text}`)
  })

  it('is asked for no more memory than a block can need', () => {
    const asked: unknown[] = []
    const deflate = deflateBy({
      ...zlib,
      deflateRawSync(bytes: Uint8Array, options: zlib.ZlibOptions) {
        asked.push(options.chunkSize)
        return zlib.deflateRawSync(bytes, options)
      },
    })
    deflate?.block(text, NOTHING, 'shared')
    expect(asked.at(-1)).toBe(text.byteLength + 64)
  })

  it('is not used where there is none, or one without checksums', () => {
    expect(deflateBy(undefined)).toBeUndefined()
    expect(deflateBy({ ...zlib, crc32: undefined })).toBeUndefined()
  })

  const { Z_FINISH } = zlib.constants
  const broken = {
    'forgets the history': (bytes: Uint8Array, options: object) =>
      zlib.deflateRawSync(bytes, { ...options, dictionary: undefined }),
    'takes another history': (bytes: Uint8Array, options: object) =>
      zlib.deflateRawSync(bytes, { ...options, ...('dictionary' in options && { dictionary: text }) }),
    'ends what is not at its end': (bytes: Uint8Array, options: object) =>
      zlib.deflateRawSync(bytes, { ...options, finishFlush: Z_FINISH }),
    throws: () => {
      throw new Error('Not implemented.')
    },
  }
  it.each(Object.entries(broken))('is not used when it %s', (_, deflateRawSync) => {
    expect(deflateBy({ ...zlib, deflateRawSync })).toBeUndefined()
  })

  it('is not used when its checksums do not go on', () => {
    expect(deflateBy({ ...zlib, crc32: (bytes) => zlib.crc32(bytes) })).toBeUndefined()
  })

  it('is not used when it is not known by name', async () => {
    vi.stubGlobal('process', { getBuiltinModule: undefined })
    vi.resetModules()
    try {
      const fresh = await import('./deflate.ts')
      expect(fresh.runtimeDeflate()).toBeUndefined()
    } finally {
      vi.unstubAllGlobals()
    }
  })
})
