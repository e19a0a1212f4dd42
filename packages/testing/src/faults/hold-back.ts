import type { ByteSink, Ending, Stage } from './byte-sink.ts'

/** A reverse proxy that buffers: bytes wait until there are enough of them, and then pass as one block. */
export class HoldBack implements Stage {
  readonly #next: ByteSink
  readonly #untilBytes: number
  readonly #once: boolean
  readonly #flushAtEnd: boolean
  readonly #onDrop: (bytes: number) => void
  #passesAll = false
  #waiting: Uint8Array[] = []
  #size = 0

  constructor(
    next: ByteSink,
    buffer: {
      readonly untilBytes: number
      readonly once?: boolean | undefined
      readonly flushAtEnd?: boolean | undefined
    },
    onDrop: (bytes: number) => void,
  ) {
    this.#next = next
    this.#untilBytes = buffer.untilBytes
    this.#once = buffer.once ?? false
    this.#flushAtEnd = buffer.flushAtEnd ?? true
    this.#onDrop = onDrop
  }

  write(bytes: Uint8Array): void {
    if (this.#passesAll) {
      this.#next.write(bytes)
      return
    }
    this.#waiting.push(bytes)
    this.#size += bytes.length
    if (this.#size < this.#untilBytes) return
    const all = this.#takeAll()
    if (this.#once) {
      this.#passesAll = true
      this.#next.write(all)
      return
    }
    const blocks = all.length - (all.length % this.#untilBytes)
    this.#size = all.length - blocks
    if (this.#size > 0) this.#waiting.push(all.subarray(blocks))
    this.#next.write(all.subarray(0, blocks))
  }

  end(how: Ending): void {
    const rest = this.#takeAll()
    if (rest.length > 0 && this.#flushAtEnd) this.#next.write(rest)
    else if (rest.length > 0) this.#onDrop(rest.length)
    this.#next.end(how)
  }

  destroy(): void {
    this.#takeAll()
  }

  #takeAll(): Uint8Array {
    const all = new Uint8Array(this.#size)
    let at = 0
    for (const bytes of this.#waiting) {
      all.set(bytes, at)
      at += bytes.length
    }
    this.#waiting = []
    this.#size = 0
    return all
  }
}
