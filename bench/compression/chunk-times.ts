const LF = 0x0a
const CR = 0x0d

/**
 * When the chunks of a response of HTTP/1.1 were complete. A server that flushes each event by itself sends a chunk for each, and so
 * it can be told when an event came, compressed or not, without decoding it: a thousand decoders would be late themselves.
 */
export class ChunkTimes {
  readonly times: number[] = []
  #head = ''
  #headRead = false
  /** Of the size line of a chunk. */
  #size = 0
  /** Of the chunk and the line end behind it; 0 while its size is read. */
  #left = 0

  read(bytes: Uint8Array, now: number): void {
    for (let at = 0; at < bytes.byteLength; at++) {
      if (!this.#headRead) this.#readHead(bytes[at] as number)
      else if (this.#left === 0) this.#readSize(bytes[at] as number)
      else {
        const skipped = Math.min(this.#left, bytes.byteLength - at)
        this.#left -= skipped
        at += skipped - 1
        if (this.#left === 0) this.times.push(now)
      }
    }
  }

  #readHead(byte: number): void {
    this.#head += String.fromCharCode(byte)
    this.#headRead = this.#head.endsWith('\r\n\r\n')
  }

  #readSize(byte: number): void {
    if (byte === CR) return
    if (byte !== LF) this.#size = this.#size * 16 + Number.parseInt(String.fromCharCode(byte), 16)
    else {
      this.#left = this.#size + 2
      this.#size = 0
    }
  }
}
