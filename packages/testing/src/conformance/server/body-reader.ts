/** How a body says where it ends (RFC 9112 §6.3): chunked, by its length, or with its connection. */
export type BodyFraming = 'chunked' | 'length' | 'close'

const LF = 0x0a
const CR = 0x0d

/** Undoes the framing of a body in HTTP/1, and throws for one that breaks the rules. */
export class BodyReader {
  #framing: BodyFraming = 'close'
  /** Of the chunk, or of the whole body. */
  #left = 0
  #line = ''
  #state: 'size' | 'data' | 'after-data' | 'trailer' = 'size'
  complete = false

  begin(head: { readonly status: number; get(name: string): string | undefined }): BodyFraming {
    const coding = head.get('transfer-encoding')
    const length = head.get('content-length')
    this.#framing = coding?.toLowerCase().endsWith('chunked')
      ? 'chunked'
      : length === undefined
        ? 'close'
        : 'length'
    if (this.#framing === 'length') this.#left = Number(length)
    if (head.status === 204 || head.status === 304) {
      this.#framing = 'length'
      this.#left = 0
    }
    this.complete = this.#framing === 'length' && this.#left === 0
    return this.#framing
  }

  /** The bytes of the body among these. */
  read(bytes: Uint8Array): Uint8Array {
    if (this.#framing === 'close') return bytes
    if (this.#framing === 'chunked') return this.#readChunks(bytes)
    const body = bytes.subarray(0, this.#left)
    this.#left -= body.length
    this.complete = this.#left === 0
    return body
  }

  #readChunks(bytes: Uint8Array): Uint8Array {
    const body = new Uint8Array(bytes.length)
    let length = 0
    let at = 0
    while (at < bytes.length && !this.complete) {
      if (this.#state === 'data') {
        const part = bytes.subarray(at, at + this.#left)
        body.set(part, length)
        length += part.length
        at += part.length
        this.#left -= part.length
        if (this.#left === 0) this.#state = 'after-data'
      } else if (bytes[at++] !== LF) this.#line += String.fromCharCode(bytes[at - 1] as number)
      else this.#endLine()
    }
    return body.subarray(0, length)
  }

  #endLine(): void {
    const line = this.#line
    this.#line = ''
    if (line.charCodeAt(line.length - 1) !== CR)
      throw new Error('a line of the chunked coding ends without CR')
    const text = line.slice(0, -1)
    if (this.#state === 'after-data') {
      if (text !== '') throw new Error('there are bytes behind a chunk, where CRLF should be')
      this.#state = 'size'
    } else if (this.#state === 'trailer') {
      if (text === '') this.complete = true
    } else {
      const [, size] = /^([0-9a-fA-F]+)[ \t]*(?:;.*)?$/.exec(text) ?? []
      if (size === undefined) throw new Error(`${JSON.stringify(text)} is no size of a chunk`)
      this.#left = Number.parseInt(size, 16)
      this.#state = this.#left === 0 ? 'trailer' : 'data'
    }
  }
}
