/**
 * Blocks that were made for somebody who catches up, kept for the next one who does. Those that were not used for
 * longest make room.
 */
export class BlockCache {
  readonly #maxBytes: number
  readonly #blocks = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Of the blocks that it holds. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string, make: () => Uint8Array): Uint8Array {
    const block = this.#blocks.get(key) ?? make()
    this.#delete(key)
    if (block.byteLength <= this.#maxBytes) this.#put(key, block)
    return block
  }

  #put(key: string, block: Uint8Array): void {
    this.#blocks.set(key, block)
    this.#bytes += block.byteLength
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.#delete(oldest)
    }
  }

  #delete(key: string): void {
    this.#bytes -= this.#blocks.get(key)?.byteLength ?? 0
    this.#blocks.delete(key)
  }
}
