import type { BlockCache } from './block-cache.ts'
import { joinCrc32, shiftBehind } from './crc32.ts'
import { type Deflate, NOTHING } from './deflate.ts'

/** Where a text stands. */
export interface TextPlace {
  /** The last `length` bytes of what comes before it, or fewer: what its readers were written last, if they were written that much. */
  before(length: number): Uint8Array
  /** Where blocks of it are kept for those who want it later. */
  readonly cache: BlockCache
  /** A name that no other text in the cache has. */
  key(): string
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
 * stream came by them. So a stream needs to know one number: how many of its last bytes are those that come before this text.
 */
export class SharedText {
  readonly bytes: Uint8Array
  readonly #place: TextPlace
  readonly #blocks: (Uint8Array | undefined)[] = []
  /** Its checksum, and what the checksum of a text before it is multiplied by. */
  #sum: { readonly crc32: number; readonly shift: number } | undefined

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

  /** The checksum of a stream with this text behind what it had, from the one that it had. The text is summed once for all. */
  crc32Behind(before: number, deflate: Deflate): number {
    this.#sum ??= { crc32: deflate.crc32(this.bytes) | 0, shift: shiftBehind(this.bytes.byteLength) }
    return joinCrc32(before, this.#sum.crc32, this.#sum.shift)
  }

  #block(history: number, deflate: Deflate): Uint8Array {
    return deflate.block(this.bytes, this.#place.before(history), 'shared')
  }

  #blockAlone(deflate: Deflate): Uint8Array {
    if (this.bytes.byteLength < LARGE) return deflate.block(this.bytes, NOTHING, 'shared')
    const { cache } = this.#place
    // A copy, which holds no more memory than it has bytes.
    return cache.get(this.#place.key(), () => new Uint8Array(deflate.block(this.bytes, NOTHING, 'large')))
  }
}

/** How much of a history is used: few lengths, so that streams which differ in it share their blocks. */
function usedHistory(length: number): number {
  if (length < SHORTEST_HISTORY) return 0
  // The greatest power of two in it.
  return 1 << (31 - Math.clz32(Math.min(length, LONGEST_HISTORY)))
}
