import { constants, gunzipSync, inflateRawSync } from 'node:zlib'
import { expect } from 'vitest'
import { type Deflate, runtimeDeflate } from '../src/compression/deflate.ts'

const HEAD_BYTES = 10
const WINDOW_BYTES = 32 * 1024
const finishFlush = constants.Z_SYNC_FLUSH

/**
 * Reads a gzip member piece by piece, as its pieces are written: each must be complete, and refer back to nothing but the last
 * 32 KiB that this very reader has read.
 */
export class GzipReader {
  #text = Buffer.alloc(0)
  #begun = false
  #length = 0

  /** Of the text that was read. */
  get length(): number {
    return this.#length
  }

  read(bytes: Uint8Array): Uint8Array {
    const blocks = this.#begun ? bytes : bytes.subarray(HEAD_BYTES)
    this.#begun = true
    const window = this.#text.length === 0 ? {} : { dictionary: this.#text }
    const read = inflateRawSync(blocks, { finishFlush, chunkSize: 4 * 1024, ...window })
    this.#text = Buffer.concat([this.#text, read]).subarray(-WINDOW_BYTES)
    this.#length += read.byteLength
    return read
  }

  /** Holds all pieces together against a decoder that has never heard of them; of a whole member, the checksum and length too. */
  expectWhole(pieces: readonly Uint8Array[], ended: boolean): void {
    if (pieces.length === 0) return
    const text = gunzipSync(Buffer.concat(pieces), ended ? {} : { finishFlush })
    expect(text.byteLength).toBe(this.#length)
    expect(text.subarray(-WINDOW_BYTES).equals(this.#text)).toBe(true)
  }
}

/** The runtime's, which tests cannot do without. */
export function deflate(): Deflate {
  const found = runtimeDeflate()
  if (found === undefined) throw new Error('This runtime has no zlib that compression can use.')
  return found
}

/** It, and counts how blocks are made. */
export function countingDeflate(coverage: { count(what: string): void }): Deflate {
  const { block, crc32 } = deflate()
  return {
    crc32,
    block(text, history, effort) {
      coverage.count(`block: ${effort}${history.byteLength === 0 ? '' : ', behind a history'}`)
      return block(text, history, effort)
    },
  }
}

/** What {@link countingDeflate} counts of the text that streams share. */
export const BLOCKS = ['shared', 'shared, behind a history', 'large'].map((kind) => `block: ${kind}`)
