import { concat } from '../concat.ts'
import { Compressor } from './compressor.ts'
import type { Deflate } from './deflate.ts'
import { GZIP_HEAD, gzipEnd, storedBlocks } from './gzip.ts'
import type { SharedText } from './shared-text.ts'

/**
 * Makes one stream's text a gzip member, piece by piece: each piece can be read when its bytes are there.
 *
 * Text that many share goes out in blocks that many share. What is for this stream alone is stored, as it is: it is little, it
 * must not be compressed together with what others can have a hand in (BREACH), and a block made for others cannot refer back past it.
 * A stream that shares nothing has a compressor of its own instead.
 */
export class GzipEncoder {
  readonly #deflate: Deflate
  #compressor: Compressor | undefined
  #crc32 = 0
  #length = 0
  #wireBytes = 0
  /** How many of the last bytes are a run of shared text. */
  #run = 0

  constructor(deflate: Deflate) {
    this.#deflate = deflate
  }

  /** Bytes that were made. */
  get wireBytes(): number {
    return this.#wireBytes
  }

  /** From now on with a compressor of its own. `false`: there are as many as there may be, and the text is stored. */
  compressAlone(): boolean {
    this.#compressor ??= Compressor.take()
    return this.#compressor !== undefined
  }

  /** Text that is for this stream alone. */
  encode(text: Uint8Array): Uint8Array {
    this.#run = 0
    this.#crc32 = this.#deflate.crc32(text, this.#crc32 >>> 0) | 0
    return this.#sent(text, this.#compressor?.compress(text, this.#deflate) ?? storedBlocks(text))
  }

  /** Text that others are written as well. */
  encodeShared(text: SharedText): Uint8Array {
    if (this.#compressor !== undefined) return this.encode(text.bytes)
    const block = text.blockBehind(this.#run, this.#deflate)
    this.#run += text.bytes.byteLength
    this.#crc32 = text.crc32Behind(this.#crc32, this.#deflate)
    return this.#sent(text.bytes, block)
  }

  /** The next shared text does not go on where the last one ended. */
  breakRun(): void {
    this.#run = 0
  }

  /** The last bytes of a stream that ends properly. */
  end(): Uint8Array {
    const end = gzipEnd(this.#crc32, this.#length)
    const bytes = this.#wireBytes === 0 ? concat([GZIP_HEAD, end]) : end
    this.#wireBytes += bytes.byteLength
    return bytes
  }

  /** However the stream has ended. */
  close(): void {
    this.#compressor?.[Symbol.dispose]()
  }

  #sent(text: Uint8Array, block: Uint8Array): Uint8Array {
    const bytes = this.#wireBytes === 0 ? concat([GZIP_HEAD, block]) : block
    this.#length += text.byteLength
    this.#wireBytes += bytes.byteLength
    return bytes
  }
}
