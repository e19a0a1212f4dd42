import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** A request as it came, in lower case but for its values. */
export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
}

export type RawAnswer = (socket: Socket, request: RawRequest, index: number) => void

/** A server on a bare socket: what it answers is written byte by byte by the test. */
export class RawServer implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly requests: RawRequest[] = []

  private constructor(answer: RawAnswer) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
      let received = ''
      socket.on('data', (bytes: Buffer) => {
        received += bytes.toString('latin1')
        const end = received.indexOf('\r\n\r\n')
        if (end < 0) return
        const request = parse(received.slice(0, end))
        received = received.slice(end + 4)
        this.requests.push(request)
        answer(socket, request, this.requests.length - 1)
      })
    })
  }

  static async listen(answer: RawAnswer): Promise<RawServer> {
    const server = new RawServer(answer)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/events`
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

function parse(head: string): RawRequest {
  const [first = '', ...lines] = head.split('\r\n')
  const [method = '', path = ''] = first.split(' ')
  const headers = new Map<string, string>()
  for (const line of lines)
    headers.set(line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim())
  return { method, path, headers }
}

const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'

/** A response that ends with its connection. */
export function closeDelimited(body: string, headers = ''): Buffer {
  return Buffer.from(`${STREAM_HEAD}${headers}connection: close\r\n\r\n${body}`)
}

/** A response that says where it ends: each part is a chunk. Without the last chunk, it was cut. */
export function chunked(parts: readonly (string | Buffer)[], { headers = '', end = true } = {}): Buffer {
  const chunks = parts.map((part) => {
    const bytes = Buffer.from(part as string)
    return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
  })
  const head = Buffer.from(`${STREAM_HEAD}${headers}transfer-encoding: chunked\r\n\r\n`)
  return Buffer.concat([head, ...chunks, Buffer.from(end ? '0\r\n\r\n' : '')])
}

/** A response without a body worth reading. */
export function plain(status: string, headers = ''): Buffer {
  return Buffer.from(`HTTP/1.1 ${status}\r\n${headers}content-length: 0\r\nconnection: close\r\n\r\n`)
}
