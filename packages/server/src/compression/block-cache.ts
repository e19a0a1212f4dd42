/** What it takes to hold a block, however short: else, very many short ones would take more than their bytes say. */
const HOLDING_BYTES = 256

/**
 * Blocks that were made for somebody who catches up, kept for the next one who does. Those that were not used for
 * longest make room.
 */
export class BlockCache {
  #maxBytes: number
  readonly #blocks = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Of the blocks that it holds, of their names, and of holding them. */
  get bytes(): number {
    return this.#bytes
  }

  get(key: string, make: () => Uint8Array): Uint8Array {
    const block = this.#blocks.get(key) ?? make()
    this.#delete(key)
    if (costOf(key, block) <= this.#maxBytes) this.#put(key, block)
    return block
  }

  /** It may have more from now on, or less. */
  limit(maxBytes: number): void {
    this.#maxBytes = maxBytes
    if (this.#bytes > maxBytes) this.#makeRoom()
  }

  #put(key: string, block: Uint8Array): void {
    this.#blocks.set(key, block)
    this.#bytes += costOf(key, block)
    this.#makeRoom()
  }

  #makeRoom(): void {
    for (const oldest of this.#blocks.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.#delete(oldest)
    }
  }

  #delete(key: string): void {
    const block = this.#blocks.get(key)
    if (block === undefined) return
    this.#bytes -= costOf(key, block)
    this.#blocks.delete(key)
  }
}

function costOf(key: string, block: Uint8Array): number {
  return block.byteLength + key.length + HOLDING_BYTES
}
