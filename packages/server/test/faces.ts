import { getRequestListener } from '@hono/node-server'
import { turns } from '@sse/testing'
import { Hono } from 'hono'
import { expect } from 'vitest'
import { EventSourceResponse, type StreamContentOrFactory, type StreamEnd } from '../src/index.ts'
import * as web from '../src/web/index.ts'
import { dechunk, RawClient } from './raw-client.ts'
import { ListeningServer } from './stream-server.ts'

/** What `ctx.request` has in every face. */
export interface FaceRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
}

export type Content = StreamContentOrFactory<FaceRequest>
/** What the faces have in common; `request` is for each of them to fill in. */
export type Options = Omit<web.EventSourceResponseOptions<FaceRequest>, 'request' | 'limiter'>

/** One way by which content becomes a stream that a client reads. */
export interface Face {
  readonly name: string
  /** Answers every request with the content. */
  serve(content: Content, options: Options): Promise<FaceServer>
}

interface Ask {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A client of one stream. Of the body there is one character for each byte. */
export interface FaceClient extends Disposable {
  /** Begins to read, or goes on after `stall`. */
  read(): this
  stall(): void
  leave(): void
  head(): Promise<{ readonly status: number; readonly headers: Headers }>
  /** What was read of the body until now. */
  readonly body: string
  /** Whether there is nothing more to come, because the body is over or broke. */
  readonly ended: boolean
}

export class FaceServer implements AsyncDisposable {
  readonly #ask: (request: Required<Ask>) => Promise<FaceClient>
  readonly #close: () => Promise<void>
  readonly #ends: readonly StreamEnd[]

  constructor(
    ends: readonly StreamEnd[],
    ask: (request: Required<Ask>) => Promise<FaceClient>,
    close: () => Promise<void> = async () => {},
  ) {
    this.#ends = ends
    this.#ask = ask
    this.#close = close
  }

  /** A client that has asked, and reads nothing before it is told to. */
  ask({ method = 'GET', path = '/', headers = {} }: Ask = {}): Promise<FaceClient> {
    return this.#ask({ method, path, headers })
  }

  /** How the streams ended, in that order. */
  get ends(): readonly StreamEnd[] {
    return this.#ends
  }

  /** How the first stream ended. */
  async end(): Promise<StreamEnd> {
    await expect.poll(() => this.#ends.length).toBeGreaterThan(0)
    return this.#ends[0] as StreamEnd
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }
}

export async function until(client: FaceClient, text: string): Promise<void> {
  await expect.poll(() => client.body).toContain(text)
}

/** The body, when all of it was read. */
export async function whole(client: FaceClient): Promise<string> {
  client.read()
  await expect.poll(() => client.ended).toBe(true)
  return client.body
}

class SocketClient implements FaceClient {
  readonly #raw: RawClient

  private constructor(raw: RawClient) {
    this.#raw = raw
  }

  static async ask(port: number, request: Required<Ask>): Promise<SocketClient> {
    // The end of the body is then the end of the connection, however the body is framed.
    const headers = { ...request.headers, connection: 'close' }
    return new SocketClient(await RawClient.connect(port, { ...request, headers }))
  }

  read(): this {
    this.#raw.read()
    return this
  }

  stall(): void {
    this.#raw.stall()
  }

  leave(): void {
    this.#raw.leave()
  }

  async head(): Promise<{ status: number; headers: Headers }> {
    await this.read().#raw.until('\r\n\r\n')
    const [statusLine = '', ...lines] = this.#headText().split('\r\n')
    const headers = new Headers(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon), line.slice(colon + 1).trim()]
      }),
    )
    return { status: Number(statusLine.split(' ')[1]), headers }
  }

  get body(): string {
    const { received } = this.#raw
    const head = this.#headText()
    return /transfer-encoding: chunked/i.test(head) ? dechunk(received) : received.slice(head.length + 4)
  }

  get ended(): boolean {
    return this.#raw.ended
  }

  #headText(): string {
    return this.#raw.received.split('\r\n\r\n', 1)[0] ?? ''
  }

  [Symbol.dispose](): void {
    this.leave()
  }
}

/** Reads a `Response` as a runtime does, with no HTTP in between. */
class BodyClient implements FaceClient {
  readonly #response: Response
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly #chunks: Uint8Array[] = []
  #reading = false
  #stalled = false
  #ended: boolean

  constructor(response: Response) {
    this.#response = response
    this.#reader = response.body?.getReader()
    this.#ended = this.#reader === undefined
  }

  read(): this {
    this.#stalled = false
    if (!this.#reading) void this.#readOn()
    return this
  }

  async #readOn(): Promise<void> {
    this.#reading = true
    try {
      while (!this.#stalled && !this.#ended) {
        const { done, value } = (await this.#reader?.read()) ?? { done: true, value: undefined }
        if (value !== undefined) this.#chunks.push(value)
        if (done) this.#ended = true
        // A runtime hands what it read to a socket. Without a turn in between, an endless source would starve the test.
        await turns(1)
      }
    } catch {
      this.#ended = true
    }
    this.#reading = false
  }

  stall(): void {
    this.#stalled = true
  }

  leave(): void {
    this.#reader?.cancel().catch(() => {})
  }

  async head(): Promise<Response> {
    return this.#response
  }

  get body(): string {
    return Buffer.concat(this.#chunks).toString('latin1')
  }

  get ended(): boolean {
    return this.#ended
  }

  [Symbol.dispose](): void {
    this.leave()
  }
}

/** A handler as every web-standard runtime takes it. */
function fetchHandler(content: Content, options: Options, ends: StreamEnd[]): (request: Request) => Response {
  return (request) => {
    const response = new web.EventSourceResponse(content, { ...options, request })
    void response.ended.then((end) => ends.push(end))
    return response
  }
}

function socketServer(listening: ListeningServer, ends: readonly StreamEnd[]): FaceServer {
  return new FaceServer(
    ends,
    (request) => SocketClient.ask(listening.port, request),
    () => listening[Symbol.asyncDispose](),
  )
}

export const nodeFace: Face = {
  name: 'the node face, over a socket',
  async serve(content, options) {
    const ends: StreamEnd[] = []
    const listening = await ListeningServer.start((request, response) => {
      void new EventSourceResponse(content, options).send(request, response).then((end) => ends.push(end))
    })
    return socketServer(listening, ends)
  },
}

export const webFace: Face = {
  name: 'the web face, its body read directly',
  async serve(content, options) {
    const ends: StreamEnd[] = []
    const handle = fetchHandler(content, options, ends)
    return new FaceServer(
      ends,
      async ({ path, ...init }) => new BodyClient(handle(new Request(`http://localhost${path}`, init))),
    )
  },
}

export const honoFace: Face = {
  name: 'the web face through Hono, over a socket',
  async serve(content, options) {
    const ends: StreamEnd[] = []
    const handle = fetchHandler(content, options, ends)
    const app = new Hono().all('*', (c) => handle(c.req.raw))
    // Whatever the tests of other faces make must stay the runtime's own.
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
    return socketServer(await ListeningServer.start((req, res) => void listener(req, res)), ends)
  },
}
