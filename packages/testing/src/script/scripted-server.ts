import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type Clock, isSseError, systemClock } from '@sse/core'
import { testingError } from '../errors.ts'
import { ExchangeLog, type NextOptions } from './exchange-log.ts'
import { untilAborted } from './play-script.ts'
import { type ExchangeScript, ScriptedAnswers, type WhenOver } from './scripted-answers.ts'
import { Exchange, type ScriptedExchange } from './scripted-exchange.ts'
import { toScriptedRequest } from './scripted-request.ts'
import {
  checkFraming,
  checkSocketAnswer,
  type Framing,
  type SocketHead,
  type SocketResponse,
  writeAnswer,
} from './socket-answer.ts'
import { SocketReader } from './socket-reader.ts'
import { RequestCutShort, readRequest, type SocketRequest } from './socket-request.ts'
import type { ScriptedRequest, Steps } from './step.ts'

/** An exchange over a socket. */
export type SocketExchange = ScriptedExchange<SocketHead, SocketResponse>

/** A script of a server: as for `scriptedFetch`, and responses may say how they are framed. */
export type SocketScript = ExchangeScript<SocketExchange, SocketResponse | Steps>

/** A script for each path, its query apart. `() => undefined` leaves the path to the test. Other paths get status 404. */
export type Routes = Readonly<Record<`/${string}`, SocketScript>>

export interface ScriptedServerOptions {
  /** By whose time pauses and slow heads pass. Default: the real clock. */
  readonly clock?: Clock | undefined
  /** What requests get after the last answer of a list. Default `'fail'`: status 500 with a text that says so. */
  readonly whenOver?: WhenOver | undefined
  /** How bodies say where they end, unless the response says so. Default `'chunked'`. */
  readonly framing?: Framing | undefined
  /**
   * Whether pages of all origins may read the answers, with credentials. Preflights are then answered, and kept in `preflights`; a
   * response takes the headers away with `'access-control-allow-origin': null`. Default `false`.
   */
  readonly cors?: boolean | undefined
  /** How many ports it listens at, each an origin of its own. Default 1. */
  readonly origins?: number | undefined
  /** The port of the first origin, to come back where another server was. Default 0: any that is free. */
  readonly port?: number | undefined
}

/** A server of HTTP/1.1 on 127.0.0.1 that answers from a script, or as the test says, byte by byte. */
export interface ScriptedServer extends AsyncDisposable {
  /** `http://127.0.0.1:` and its port, without a slash at the end. */
  readonly url: string
  /** The URLs of all its origins, `url` first. */
  readonly origins: readonly string[]
  /** All requests but preflights, in the order in which they came. */
  readonly requests: readonly ScriptedRequest[]
  readonly preflights: readonly ScriptedRequest[]
  /** All exchanges, in the order of their requests. */
  readonly exchanges: readonly SocketExchange[]
  /** How many connections are open, also idle ones. */
  readonly connections: number
  /** The next exchange that this has not returned yet; waits for one. @throws SseError `not-in-time` */
  next(options?: NextOptions): Promise<SocketExchange>
  /** Keeps the exchanges that are over no more, nor their requests: for tests of memory. */
  forget(): void
  /** Breaks all connections, and listens no more. Rejects with what a script threw, if one did. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * A real server of scripted event streams: `await using server = await scriptedServer([[{ data: 1 }, cut()], [{ data: 2 }]])`, and the
 * client under test connects to `server.url`. Without a script, each request waits until the test answers it:
 * `(await server.next()).respond().send({ data: 1 }).end()`.
 *
 * @throws SseError `invalid-option`
 */
export async function scriptedServer(
  script?: SocketScript | Routes,
  options: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const server = new SocketServer(script, options)
  await server.listen()
  return server
}

class SocketServer implements ScriptedServer {
  readonly #log = new ExchangeLog<SocketExchange>()
  readonly #answersTo: (
    path: string,
  ) => ScriptedAnswers<SocketExchange, SocketResponse | Steps> | 404 | 'by-hand'
  readonly #options: ScriptedServerOptions
  readonly #servers: readonly Server[]
  readonly #ports: number[] = []
  readonly #sockets = new Set<Socket>()
  readonly #mistakes: unknown[] = []
  readonly preflights: ScriptedRequest[] = []

  constructor(script: SocketScript | Routes | undefined, options: ScriptedServerOptions) {
    const { origins = 1, framing, whenOver } = options
    checkFraming(framing)
    if (!(Number.isInteger(origins) && origins > 0)) {
      throw testingError('invalid-option', `origins is a whole number above 0, not ${origins}.`, {
        field: 'origins',
      })
    }
    this.#options = options
    this.#answersTo = route(script, whenOver)
    this.#servers = Array.from({ length: origins }, (_, index) =>
      createServer({ noDelay: true }, (socket) => void this.#serve(socket, index)),
    )
  }

  async listen(): Promise<void> {
    // The first alone can fail, for its port: there is nothing to be closed then.
    for (const [index, server] of this.#servers.entries()) {
      server.listen(index === 0 ? this.#options.port : 0, '127.0.0.1')
      await once(server, 'listening')
      this.#ports.push((server.address() as AddressInfo).port)
    }
  }

  get url(): string {
    return this.#origin(0)
  }

  get origins(): readonly string[] {
    return this.#servers.map((_, index) => this.#origin(index))
  }

  get requests(): readonly ScriptedRequest[] {
    return this.#log.all.map(({ request }) => request)
  }

  get exchanges(): readonly SocketExchange[] {
    return this.#log.all
  }

  get connections(): number {
    return this.#sockets.size
  }

  next(options?: NextOptions): Promise<SocketExchange> {
    return this.#log.next(options)
  }

  forget(): void {
    this.#log.forget()
    this.preflights.length = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [...this.#sockets, ...this.#servers.filter(({ listening }) => listening)].map(
      (each) => new Promise<void>((resolve) => each.once('close', () => resolve())),
    )
    for (const socket of this.#sockets) socket.destroy()
    for (const server of this.#servers) server.close()
    await Promise.all(closed)
    if (this.#mistakes.length > 0) throw this.#mistakes[0]
  }

  #origin(index: number): string {
    return `http://127.0.0.1:${this.#ports[index]}`
  }

  /** One request after the other, as long as the connection lasts. */
  async #serve(socket: Socket, origin: number): Promise<void> {
    const gone = new AbortController()
    this.#sockets.add(socket)
    // The connection's end is what counts, and is told by its close.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#sockets.delete(socket)
      gone.abort()
    })
    const reader = new SocketReader(socket)
    for (;;) {
      const request = await readRequest(reader)
      if (request === undefined) return
      const url = request === 'malformed' ? undefined : urlOf(request.target, this.#origin(origin))
      if (request === 'malformed' || url === undefined) {
        socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
        return
      }
      if (!(await this.#answer(request, url, socket, gone.signal))) return
      await request.body.catch(() => {})
    }
  }

  async #answer(request: SocketRequest, url: string, socket: Socket, signal: AbortSignal): Promise<boolean> {
    const { method, headers } = request
    const isPreflight = this.#options.cors === true && isPreflightRequest(request)
    const index = isPreflight ? this.preflights.length : this.#log.count
    const scripted = toScriptedRequest({ method, url, headers }, index, () => request.body)
    const exchange = new Exchange<SocketHead, SocketResponse>(scripted, checkSocketAnswer)
    if (isPreflight) {
      this.preflights.push(scripted)
      exchange.answer({ status: 204, headers: preflightHeaders(headers) })
    } else {
      this.#log.add(exchange)
      this.#ask(exchange)
    }
    return this.#write(socket, request, exchange, signal)
  }

  #ask(exchange: Exchange<SocketHead, SocketResponse>): void {
    const answers = this.#answersTo(exchange.request.path.replace(/\?.*/s, ''))
    if (answers === 'by-hand') return
    if (answers === 404) return void exchange.answer({ status: 404 })
    answers
      .next(exchange.request, exchange)
      .then((answer) => answer === undefined || exchange.answer(answer))
      .catch((error: unknown) => exchange.fail(error))
  }

  async #write(
    socket: Socket,
    request: SocketRequest,
    exchange: Exchange<SocketHead, SocketResponse>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock = systemClock, framing = 'chunked', cors } = this.#options
    const options = {
      request,
      clock,
      framing,
      defaultHeaders: cors ? corsHeaders(request.headers) : {},
      signal,
      observer: exchange,
    }
    const answer = exchange.response.catch((error: unknown) => {
      exchange.ended('failed')
      return this.#apology(error)
    })
    const response = await untilAborted(answer, signal)
    if (response === 'aborted') {
      exchange.ended('released')
      return false
    }
    try {
      return await writeAnswer(socket, response, options)
    } catch (error) {
      this.#mistakes.push(error)
      exchange.ended('failed')
      socket.resetAndDestroy()
      return false
    }
  }

  /** What a client gets in the place of an answer that the script does not have. */
  #apology(error: unknown): SocketResponse {
    const isExpected = isSseError<string>(error, 'script-over') || error instanceof RequestCutShort
    if (!isExpected) this.#mistakes.push(error)
    return { status: 500, headers: { 'content-type': 'text/plain' }, steps: [String(error)] }
  }
}

function route(
  script: SocketScript | Routes | undefined,
  whenOver: WhenOver | undefined,
): (path: string) => ScriptedAnswers<SocketExchange, SocketResponse | Steps> | 404 | 'by-hand' {
  if (script === undefined) return () => 'by-hand'
  if (typeof script === 'function' || Array.isArray(script)) {
    const answers = new ScriptedAnswers<SocketExchange, SocketResponse | Steps>(
      script as SocketScript,
      whenOver,
    )
    return () => answers
  }
  const routes = new Map(
    Object.entries(script as Routes).map(([path, answers]) => [
      checkPath(path),
      new ScriptedAnswers(answers, whenOver),
    ]),
  )
  return (path) => routes.get(path) ?? 404
}

function checkPath(path: string): string {
  if (path.startsWith('/')) return path
  throw testingError(
    'invalid-option',
    `Routes are paths, which begin with a slash, but there is ${JSON.stringify(path)}. A script for all paths is a list: an answer for each request.`,
    { field: path },
  )
}

/** Most requests name a path; proxies are sent whole URLs. */
function urlOf(target: string, origin: string): string | undefined {
  const url = /^https?:/.test(target) ? target : origin + (target.startsWith('/') ? '' : '/') + target
  return URL.canParse(url) ? url : undefined
}

function isPreflightRequest({ method, headers }: SocketRequest): boolean {
  return method === 'OPTIONS' && headers.has('access-control-request-method')
}

function corsHeaders(request: Headers): Record<string, string> {
  const origin = request.get('origin')
  return origin === null
    ? {}
    : { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' }
}

function preflightHeaders(request: Headers): Record<string, string> {
  return {
    'access-control-allow-methods': request.get('access-control-request-method') ?? 'GET',
    'access-control-allow-headers': request.get('access-control-request-headers') ?? '',
  }
}
