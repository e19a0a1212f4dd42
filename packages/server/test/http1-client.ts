import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { constants, gunzipSync } from 'node:zlib'
import { expect } from 'vitest'

/** One response, as far as it has been read. */
export interface Http1Response {
  readonly status: number
  /** Names in lower case, each as often as it was sent. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
  /** Whether it was ended as HTTP ends it: by its length, its last chunk, or, without either, the end of the connection. */
  readonly complete: boolean
}

const BREAK = Buffer.from('\r\n')

/** What of `rest` is a body in chunked transfer coding. Throws where it is none. */
function dechunk(rest: Buffer): { body: Buffer; complete: boolean; length: number } {
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf(BREAK, at)
    const size = lineEnd === -1 ? Number.NaN : Number.parseInt(rest.toString('latin1', at, lineEnd), 16)
    if (lineEnd !== -1 && !/^[0-9a-f]+$/.test(rest.toString('latin1', at, lineEnd)))
      throw new Error(`This is no chunk: ${JSON.stringify(rest.toString('latin1', at, at + 100))}`)
    const dataEnd = lineEnd + 2 + size
    if (lineEnd === -1 || rest.length < dataEnd + 2)
      return { body: Buffer.concat(parts), complete: false, length: rest.length }
    if (!rest.subarray(dataEnd, dataEnd + 2).equals(BREAK))
      throw new Error('This chunk does not end where it says.')
    if (size === 0) return { body: Buffer.concat(parts), complete: true, length: dataEnd + 2 }
    parts.push(rest.subarray(lineEnd + 2, dataEnd))
    at = dataEnd + 2
  }
}

/** All responses in what was read from one connection. */
function parseResponses(
  raw: Buffer,
  { closed = false, methods = [] }: { closed?: boolean; methods?: readonly string[] } = {},
): Http1Response[] {
  const responses: Http1Response[] = []
  for (let rest = raw; rest.length > 0; ) {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (headEnd === -1) break
    const [statusLine = '', ...lines] = rest.toString('latin1', 0, headEnd).split('\r\n')
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1])
    const fields = new Map(headers)
    rest = rest.subarray(headEnd + 4)
    const length = fields.get('content-length')
    let body = rest
    let complete = closed
    let used = rest.length
    if (methods[responses.length] === 'HEAD') [body, complete, used] = [rest.subarray(0, 0), true, 0]
    else if (fields.get('transfer-encoding') === 'chunked') ({ body, complete, length: used } = dechunk(rest))
    else if (length !== undefined) {
      body = rest.subarray(0, Number(length))
      complete = body.length === Number(length)
      used = body.length
    }
    const decoded =
      fields.get('content-encoding') === 'gzip' && body.length > 0
        ? gunzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH })
        : body
    responses.push({ status, headers, body: decoded, complete })
    rest = rest.subarray(used)
  }
  return responses
}

/** A client of HTTP/1 on a bare socket, that sees each byte and reads only when it is told to. */
export class Http1Client implements Disposable {
  readonly socket: Socket
  readonly #tcp: Socket
  readonly #parts: Buffer[] = []
  readonly #methods: string[] = []
  #length = 0
  #parsedAt = 0
  #responses: readonly Http1Response[] = []
  #ended = false

  private constructor(socket: Socket, tcp: Socket) {
    this.socket = socket
    this.#tcp = tcp
    tcp.on('error', () => {})
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#ended = true
    })
  }

  static async connect(port: number, { secure = false, allowHalfOpen = false } = {}): Promise<Http1Client> {
    const tcp = connect({ port, host: '127.0.0.1', allowHalfOpen })
    await once(tcp, 'connect')
    if (!secure) return new Http1Client(tcp, tcp)
    const socket = connectTls({ socket: tcp, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    return new Http1Client(socket, tcp)
  }

  /** Sends a request; header values with one character for each byte. */
  send(method: string, path: string, headers: Readonly<Record<string, string>> = {}, version = '1.1'): this {
    this.#methods.push(method)
    const lines = Object.entries({ host: 'localhost', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    this.socket.write(`${method} ${path} HTTP/${version}\r\n${lines.join('')}\r\n`, 'latin1')
    return this
  }

  /** Begins to read, or goes on after `stall`. */
  read(): this {
    if (this.socket.listenerCount('data') === 0) {
      this.socket.on('data', (bytes: Buffer) => {
        this.#parts.push(bytes)
        this.#length += bytes.length
      })
    }
    this.socket.resume()
    return this
  }

  stall(): void {
    this.socket.pause()
  }

  /** All bytes that were read. */
  get raw(): Buffer {
    return Buffer.concat(this.#parts)
  }

  /** All responses that have at least a head. */
  get responses(): readonly Http1Response[] {
    const at = this.#length + (this.#ended ? 0.5 : 0)
    if (at !== this.#parsedAt) {
      this.#parsedAt = at
      this.#responses = parseResponses(this.raw, { closed: this.#ended, methods: this.#methods })
    }
    return this.#responses
  }

  /** Whether the connection is closed. */
  get ended(): boolean {
    return this.#ended
  }

  async response(
    index: number,
    until: (response: Http1Response) => boolean = () => true,
  ): Promise<Http1Response> {
    const found = (): Http1Response | undefined => this.responses[index]
    await expect
      .poll(
        () => {
          const response = found()
          return response !== undefined && until(response)
        },
        { message: `the client reads response ${index}` },
      )
      .toBe(true)
    return found() as Http1Response
  }

  /** Closes the connection with FIN. */
  leave(): void {
    this.socket.destroy()
    this.#tcp.destroy()
  }

  /** Closes the connection with RST. */
  reset(): void {
    this.#tcp.resetAndDestroy()
    this.socket.destroy()
  }

  [Symbol.dispose](): void {
    this.leave()
  }
}
