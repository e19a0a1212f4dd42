import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import type { StreamEnd } from '../src/index.ts'

/** An HTTP server on a free port, closed with all its connections at the end of the block that uses it. */
export class ListeningServer implements AsyncDisposable {
  readonly #server: Server
  readonly port: number

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(listener: RequestListener): Promise<ListeningServer> {
    const server = createServer(listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ListeningServer(server, (server.address() as AddressInfo).port)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}

/** A server whose every answer is a stream, and which remembers how the streams ended. */
export class StreamServer implements AsyncDisposable {
  readonly #listening: ListeningServer
  readonly #ends: StreamEnd[]
  /** The responses, in the order of the requests. */
  readonly responses: readonly ServerResponse[]

  private constructor(listening: ListeningServer, ends: StreamEnd[], responses: readonly ServerResponse[]) {
    this.#listening = listening
    this.#ends = ends
    this.responses = responses
  }

  static async start(
    send: (request: IncomingMessage, response: ServerResponse) => Promise<StreamEnd>,
  ): Promise<StreamServer> {
    const ends: StreamEnd[] = []
    const responses: ServerResponse[] = []
    const listening = await ListeningServer.start((request, response) => {
      responses.push(response)
      void send(request, response).then((end) => ends.push(end))
    })
    return new StreamServer(listening, ends, responses)
  }

  get url(): string {
    return this.#listening.url
  }

  get port(): number {
    return this.#listening.port
  }

  /** How the streams ended, in the order in which `send` settled. */
  get ends(): readonly StreamEnd[] {
    return this.#ends
  }

  /** How the first stream ended. */
  async end(): Promise<StreamEnd> {
    await expect.poll(() => this.#ends.length).toBeGreaterThan(0)
    return this.#ends[0] as StreamEnd
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#listening[Symbol.asyncDispose]()
  }
}
