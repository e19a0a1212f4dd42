import type { ByteSink, Ending, Stage } from './byte-sink.ts'

const END_OF_HEAD = '\r\n\r\n'
/** Node itself takes no longer head by default (`--max-http-header-size`). */
const MAX_HEAD_BYTES = 16_384

/**
 * Names the target in the `Host` of an HTTP/1.1 request, where the client named the proxy. Since only the first head is looked
 * at, the request also says `Connection: close`, so that each further one comes on a connection of its own.
 */
export class RewriteHost implements Stage {
  readonly #next: ByteSink
  readonly #host: string
  /** As Latin-1, in which each byte is one character, and stays what it was. */
  #head: string | undefined = ''

  constructor(next: ByteSink, host: string) {
    this.#next = next
    this.#host = host
  }

  write(bytes: Uint8Array): void {
    if (this.#head === undefined) {
      this.#next.write(bytes)
      return
    }
    this.#head += Buffer.from(bytes).toString('latin1')
    const end = this.#head.indexOf(END_OF_HEAD)
    if (end >= 0) this.#pass(`${this.#rewritten(this.#head.slice(0, end))}${this.#head.slice(end)}`)
    else if (this.#head.length > MAX_HEAD_BYTES) this.#pass(this.#head)
  }

  end(how: Ending): void {
    if (this.#head !== undefined) this.#pass(this.#head)
    this.#next.end(how)
  }

  #rewritten(head: string): string {
    const lines = head.split('\r\n').filter((line) => !/^connection:/i.test(line))
    const named = lines.map((line) => (/^host:/i.test(line) ? `Host: ${this.#host}` : line))
    return [...named, 'Connection: close'].join('\r\n')
  }

  #pass(text: string): void {
    this.#head = undefined
    if (text !== '') this.#next.write(Buffer.from(text, 'latin1'))
  }
}
