import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect } from 'vitest'

interface RawRequest {
  readonly method?: string
  readonly path?: string
  /** Header values, one byte for each character. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A client on a bare socket, for what fetch cannot do: read nothing, leave in the middle, see each byte of HTTP. */
export class RawClient implements Disposable {
  readonly #socket: Socket
  #received = ''
  #ended = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#ended = true
    })
  }

  /** Sends the request, and reads nothing before `read` is called. */
  static async connect(
    port: number,
    { method = 'GET', path = '/', headers = {} }: RawRequest = {},
  ): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    const lines = Object.entries({ host: 'localhost', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
    return new RawClient(socket)
  }

  /** Begins to read, or goes on after `stall`. */
  read(): this {
    if (this.#socket.listenerCount('data') === 0) {
      this.#socket.setEncoding('latin1')
      this.#socket.on('data', (text: string) => {
        this.#received += text
      })
    }
    this.#socket.resume()
    return this
  }

  stall(): void {
    this.#socket.pause()
  }

  /** All that was read, HTTP's own bytes included, one character for each byte. */
  get received(): string {
    return this.#received
  }

  /** Whether the connection is closed. */
  get ended(): boolean {
    return this.#ended
  }

  async until(text: string): Promise<void> {
    await expect.poll(() => this.#received).toContain(text)
  }

  /** Closes the connection with FIN. */
  leave(): void {
    this.#socket.destroy()
  }

  /** Closes the connection with RST. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  [Symbol.dispose](): void {
    this.leave()
  }
}

/** The body of a response in chunked transfer coding. */
export function dechunk(response: string): string {
  let rest = response.slice(response.indexOf('\r\n\r\n') + 4)
  let body = ''
  for (;;) {
    const lineEnd = rest.indexOf('\r\n')
    const size = Number.parseInt(rest.slice(0, lineEnd), 16)
    if (lineEnd === -1 || size === 0 || rest.length < lineEnd + 2 + size) return body
    body += rest.slice(lineEnd + 2, lineEnd + 2 + size)
    rest = rest.slice(lineEnd + 2 + size + 2)
  }
}
