const LF = 0x0a
const CR = 0x0d

/** A part of a chunk: `ends` when its last byte ends a blank line, and with it a block of the stream. */
export interface BlockPart {
  readonly bytes: Uint8Array
  readonly ends: boolean
}

/**
 * Cuts the bytes of a stream behind each blank line, so that what a parser makes of the parts can be told which bytes it came from.
 * It knows how lines end (LF, CR, CRLF, also one that two chunks share) and nothing else of the format.
 */
export class EventBlocks {
  #lineIsEmpty = true
  #afterCr = false

  cut(chunk: Uint8Array): readonly BlockPart[] {
    const parts: BlockPart[] = []
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]
      // The second half of a CRLF: the line ended with the first.
      const continuesCr = byte === LF && this.#afterCr
      this.#afterCr = byte === CR
      if (continuesCr) continue
      if (byte !== LF && byte !== CR) {
        this.#lineIsEmpty = false
        continue
      }
      const blank = this.#lineIsEmpty
      this.#lineIsEmpty = true
      if (!blank) continue
      if (byte === CR && chunk[at + 1] === LF) {
        at++
        this.#afterCr = false
      }
      parts.push({ bytes: chunk.subarray(start, at + 1), ends: true })
      start = at + 1
    }
    if (start < chunk.length) parts.push({ bytes: chunk.subarray(start), ends: false })
    return parts
  }
}
