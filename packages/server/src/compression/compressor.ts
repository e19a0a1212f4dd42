import type { Deflate } from './deflate.ts'

/** How many streams of a process have a compressor of their own at once; 8 MiB with all their histories. */
export const MAX_COMPRESSORS = 1_000
/** What it keeps of its stream. */
export const HISTORY_BYTES: number = 8 * 1024

let count = 0

/**
 * The compressor of one stream, whose text nobody shares. It keeps the last of that text, and nothing of zlib's: a deflate
 * stream of zlib's would keep a quarter of a megabyte.
 */
export class Compressor implements Disposable {
  readonly #history = new Uint8Array(HISTORY_BYTES)
  #length = 0
  #disposed = false

  private constructor() {
    count++
  }

  /** `undefined` when there are as many as there may be. */
  static take(): Compressor | undefined {
    return Compressor.available ? new Compressor() : undefined
  }

  /** Whether there may be one more. */
  static get available(): boolean {
    return count < MAX_COMPRESSORS
  }

  compress(text: Uint8Array, deflate: Deflate): Uint8Array {
    const block = deflate.block(text, this.#history.subarray(HISTORY_BYTES - this.#length), 'own')
    this.#remember(text)
    return block
  }

  /** The history stands at the end of its array. */
  #remember(text: Uint8Array): void {
    const last = text.subarray(-HISTORY_BYTES)
    this.#history.copyWithin(0, last.byteLength)
    this.#history.set(last, HISTORY_BYTES - last.byteLength)
    this.#length = Math.min(this.#length + last.byteLength, HISTORY_BYTES)
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return
    this.#disposed = true
    count--
  }
}
