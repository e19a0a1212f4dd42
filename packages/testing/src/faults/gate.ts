import type { ByteSink, Ending, Stage } from './byte-sink.ts'
import { type CountedFrom, Position } from './position.ts'

/** Stalls: while it is shut, everything waits in front of it, the end too. It shuts at a byte, or when it is told to. */
export class Gate implements Stage {
  readonly #next: ByteSink
  readonly #position: Position
  readonly #onShut: () => void
  /** Where it shuts by itself, once. */
  #shutsAt: number
  #isShut = false
  #waiting: Uint8Array[] = []
  #ending: Ending | undefined

  constructor(
    next: ByteSink,
    stall: { readonly afterBytes: number; readonly from?: CountedFrom | undefined } | undefined,
    onShut: () => void,
  ) {
    this.#next = next
    this.#position = new Position(stall?.from)
    this.#shutsAt = stall?.afterBytes ?? Number.POSITIVE_INFINITY
    this.#onShut = onShut
  }

  write(bytes: Uint8Array): void {
    if (this.#isShut) {
      this.#waiting.push(bytes)
      return
    }
    const left = this.#shutsAt - this.#position.take(bytes)
    if (left > 0) this.#next.write(bytes.subarray(0, left))
    if (left > bytes.length) return
    this.#shutsAt = Number.POSITIVE_INFINITY
    if (left < bytes.length) this.#waiting.push(bytes.subarray(left))
    this.shut()
  }

  end(how: Ending): void {
    if (this.#isShut) this.#ending = how
    else this.#next.end(how)
  }

  shut(): void {
    if (this.#isShut) return
    this.#isShut = true
    this.#onShut()
  }

  open(): void {
    if (!this.#isShut) return
    this.#isShut = false
    const waiting = this.#waiting
    this.#waiting = []
    // They come in anew: the byte where it shuts by itself may be among them.
    for (const bytes of waiting) this.write(bytes)
    if (this.#isShut || this.#ending === undefined) return
    this.#next.end(this.#ending)
  }

  destroy(): void {
    this.#waiting = []
    this.#ending = undefined
  }
}
