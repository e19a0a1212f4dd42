/**
 * From where bytes are counted: `'start'` is the first byte of the direction, that is of the head of the response; `'body'` is
 * the first byte behind the first head (heads of 1xx responses are passed over). Bytes count as they are on the wire, so
 * those of chunked framing (`transfer-encoding: chunked`) do too.
 */
export type CountedFrom = 'start' | 'body'

const END_OF_HEAD = '\r\n\r\n'

/** How far a direction has come. */
export class Position {
  /** The position of the next byte: −∞ as long as the body has not begun. */
  #next: number
  /** The first characters of a head, which tell whether it is of a 1xx response. */
  #headStart = ''
  /** How much of the end of a head has been seen. */
  #matched = 0

  constructor(from: CountedFrom = 'start') {
    this.#next = from === 'start' ? 0 : Number.NEGATIVE_INFINITY
  }

  /** Takes the next bytes. Returns the position of the first of them; it is negative in front of the place that is counted from. */
  take(bytes: Uint8Array): number {
    const first = this.#next === Number.NEGATIVE_INFINITY ? -this.#bodyIn(bytes) : this.#next
    this.#next = first + bytes.length
    return first
  }

  /** Where in these bytes the body begins, `Infinity` if not here. */
  #bodyIn(bytes: Uint8Array): number {
    for (const [index, byte] of bytes.entries()) {
      if (this.#headStart.length < 'HTTP/1.1 1'.length) this.#headStart += String.fromCharCode(byte)
      if (byte === END_OF_HEAD.charCodeAt(this.#matched)) this.#matched++
      else this.#matched = byte === 0x0d ? 1 : 0
      if (this.#matched < END_OF_HEAD.length) continue
      const interim = /^HTTP\/1\.\d 1/.test(this.#headStart)
      this.#headStart = ''
      this.#matched = 0
      if (!interim) return index + 1
    }
    return Number.POSITIVE_INFINITY
  }
}
