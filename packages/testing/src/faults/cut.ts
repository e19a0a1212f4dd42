import type { ByteSink, Ending, Stage } from './byte-sink.ts'
import { type CountedFrom, Position } from './position.ts'

/** Passes the first bytes, exactly so many, and then ends the direction. */
export class CutAtByte implements Stage {
  readonly #next: ByteSink
  readonly #afterBytes: number
  readonly #position: Position
  readonly #how: Ending
  readonly #onCut: () => void
  #over = false

  constructor(
    next: ByteSink,
    cut: { readonly afterBytes: number; readonly from?: CountedFrom | undefined; readonly how: Ending },
    onCut: () => void,
  ) {
    this.#next = next
    this.#afterBytes = cut.afterBytes
    this.#position = new Position(cut.from)
    this.#how = cut.how
    this.#onCut = onCut
  }

  write(bytes: Uint8Array): void {
    if (this.#over) return
    const left = this.#afterBytes - this.#position.take(bytes)
    if (left > 0) this.#next.write(bytes.subarray(0, left))
    // Not only once the next byte comes: on a quiet stream that may be never.
    if (left > bytes.length) return
    this.#over = true
    this.#next.end(this.#how)
    this.#onCut()
  }

  end(how: Ending): void {
    if (!this.#over) this.#next.end(how)
  }
}
