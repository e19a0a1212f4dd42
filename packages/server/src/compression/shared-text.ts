import type { BlockCache } from './block-cache.ts'
import { shiftBehind } from './crc32.ts'
import { type Deflate, NOTHING } from './deflate.ts'

/** Where a text stands. */
export interface TextPlace {
  /** The last `length` bytes of what comes before it, or fewer: what its readers were written last, if they were written that much. */
  before(length: number): Uint8Array
  /** Where blocks of this text are kept for those who want it later, if they are, and by which name. */
  readonly cache?: BlockCache | undefined
  /** A name that no other text has. */
  readonly key?: (() => string) | undefined
}

/** The shortest and the longest history that a block refers to; between them, the powers of two. */
const SHORTEST_HISTORY = 512
const LONGEST_HISTORY = 16 * 1024
/** A text of this length is its own history. */
const LARGE = 16 * 1024

/**
 * A piece of text that many streams are written, and its blocks: one for each length of history, made when the first
 * stream with that much of it asks.
 *
 * A block is right for a stream if the last bytes of the stream's text are the history that the block was made with, however the
 * stream came by them. So a stream needs to know one number: how many of its last bytes are this very text.
 */
export class SharedText {
  readonly bytes: Uint8Array
  readonly #place: TextPlace
  readonly #blocks: (Uint8Array | undefined)[] = []
  #crc32: number | undefined
  #shift = 0

  constructor(bytes: Uint8Array, place: TextPlace) {
    this.bytes = bytes
    this.#place = place
  }

  /** For a stream whose last `history` bytes are those that come before this text. */
  blockBehind(history: number, deflate: Deflate): Uint8Array {
    const length = this.bytes.byteLength >= LARGE ? 0 : usedHistory(history)
    const index = Math.clz32(length)
    this.#blocks[index] ??= length === 0 ? this.#blockAlone(deflate) : this.#block(length, deflate)
    return this.#blocks[index]
  }

  crc32(deflate: Deflate): number {
    if (this.#crc32 === undefined) {
      this.#crc32 = deflate.crc32(this.bytes) | 0
      this.#shift = shiftBehind(this.bytes.byteLength)
    }
    return this.#crc32
  }

  /** What the checksum of a stream is multiplied by before it is joined to that of this text: ask for {@link crc32} first. */
  get shift(): number {
    return this.#shift
  }

  #block(history: number, deflate: Deflate): Uint8Array {
    return deflate.block(this.bytes, this.#place.before(history), 'shared')
  }

  #blockAlone(deflate: Deflate): Uint8Array {
    if (this.bytes.byteLength < LARGE) return deflate.block(this.bytes, NOTHING, 'shared')
    const make = (): Uint8Array => deflate.block(this.bytes, NOTHING, 'large')
    const { cache, key } = this.#place
    if (cache === undefined || key === undefined) return make()
    // A copy, which holds no more memory than it has bytes.
    return cache.get(key(), () => new Uint8Array(make()))
  }
}

/** How much of a history is used: few lengths, so that streams which differ in it share their blocks. */
function usedHistory(length: number): number {
  if (length < SHORTEST_HISTORY) return 0
  return length >= LONGEST_HISTORY ? LONGEST_HISTORY : 1 << (31 - Math.clz32(length))
}
