import { once } from 'node:events'
import { type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect } from 'vitest'
import type { Http1Client } from './http1-client.ts'

/** A client of one stream, that reads nothing before it is told to. */
export interface NodeFaceClient extends Disposable {
  read(): this
  stall(): void
  /** Takes leave in the way of the protocol. */
  leave(): void
  /** Breaks the connection by RST. */
  reset(): void
  head(): Promise<{ readonly status: number; readonly headers: readonly (readonly [string, string])[] }>
  /** What was read of the body. */
  readonly body: Buffer
  /** Whether the body was ended, not cut off. */
  readonly complete: boolean
  /** Whether nothing more comes. */
  readonly ended: boolean
}

export class Http1FaceClient implements NodeFaceClient {
  readonly #client: Http1Client
  readonly #index: number

  constructor(client: Http1Client, index: number) {
    this.#client = client
    this.#index = index
  }

  read(): this {
    this.#client.read()
    return this
  }

  stall(): void {
    this.#client.stall()
  }

  leave(): void {
    this.#client.leave()
  }

  reset(): void {
    this.#client.reset()
  }

  head(): ReturnType<NodeFaceClient['head']> {
    return this.#client.response(this.#index)
  }

  get body(): Buffer {
    return this.#client.responses[this.#index]?.body ?? Buffer.alloc(0)
  }

  get complete(): boolean {
    return this.#client.responses[this.#index]?.complete === true
  }

  get ended(): boolean {
    return this.complete || this.#client.ended
  }

  [Symbol.dispose](): void {
    this.leave()
  }
}

interface Http2Asked {
  readonly stream: ClientHttp2Stream
  readonly tcp: Socket
}

export async function askHttp2(
  port: number,
  secure: boolean,
  headers: Record<string, string>,
): Promise<Http2Asked> {
  const tcp = connect({ port, host: '127.0.0.1' })
  await once(tcp, 'connect')
  tcp.on('error', () => {})
  const socket = secure ? connectTls({ socket: tcp, ALPNProtocols: ['h2'], rejectUnauthorized: false }) : tcp
  if (secure) await once(socket, 'secureConnect')
  const session = connectHttp2('http://localhost', { createConnection: () => socket })
  session.on('error', () => {})
  return { stream: session.request({ ':path': '/', ...headers }), tcp }
}

export class Http2FaceClient implements NodeFaceClient {
  readonly #asked: Http2Asked
  readonly #parts: Buffer[] = []
  #head: Awaited<ReturnType<NodeFaceClient['head']>> | undefined
  complete = false
  ended = false

  constructor(asked: Http2Asked) {
    this.#asked = asked
    const { stream } = asked
    stream.on('error', () => {})
    stream.on('response', (headers) => {
      const { ':status': status = 0, ...fields } = headers
      this.#head = {
        status,
        headers: Object.entries(fields).flatMap(([name, value]) =>
          [value ?? []].flat().map((one): [string, string] => [name, String(one)]),
        ),
      }
    })
    stream.on('end', () => {
      this.complete = !stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR
    })
    stream.on('close', () => {
      this.ended = true
    })
  }

  read(): this {
    const { stream } = this.#asked
    if (stream.listenerCount('data') === 0) stream.on('data', (bytes: Buffer) => this.#parts.push(bytes))
    stream.resume()
    return this
  }

  stall(): void {
    this.#asked.stream.pause()
  }

  leave(): void {
    this.#asked.stream.close(constants.NGHTTP2_CANCEL)
  }

  reset(): void {
    this.#asked.tcp.resetAndDestroy()
  }

  async head(): ReturnType<NodeFaceClient['head']> {
    await expect.poll(() => this.#head).toBeDefined()
    return this.#head as Awaited<ReturnType<NodeFaceClient['head']>>
  }

  get body(): Buffer {
    return Buffer.concat(this.#parts)
  }

  [Symbol.dispose](): void {
    this.#asked.tcp.destroy()
  }
}
