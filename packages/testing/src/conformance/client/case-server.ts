import type { AddressInfo, Server, Socket } from 'node:net'
import { systemClock } from '@sse/core'
import { nodeModule } from '../node-module.ts'
import type { Places, SeenRequest, ServerAnswer, ServerAnswers, ServerScript } from './client-case.ts'

/** An empty page of the server's origin. */
export const PAGE_PATH = '/page'

const LOOK_EVERY_MS = 5

/**
 * Speaks HTTP/1.1 letter by letter, so that a case can say what goes over the wire and when it breaks. One connection for each
 * request. It listens twice, which makes two origins.
 */
export class CaseServer implements AsyncDisposable {
  readonly #servers: readonly Server[]
  readonly #routes: Readonly<Record<string, ServerAnswers>>
  readonly #answered = new Map<string, number>()
  /** Also those without a request, which browsers open for later. */
  readonly #sockets = new Set<Socket>()
  readonly #answering = new Set<Socket>()
  readonly #pausing: (() => void)[] = []
  /** Releases that came before the pause that they end. */
  #released = 0
  readonly requests: SeenRequest[] = []
  #answeredAt: number | undefined

  private constructor(script: ServerScript) {
    this.#routes = isRoutes(script) ? script : { '/': script }
    const { createServer } = nodeModule('node:net')
    this.#servers = [
      createServer((socket) => this.#serve(socket)),
      createServer((socket) => this.#serve(socket)),
    ]
  }

  static async start(script: ServerScript = []): Promise<CaseServer> {
    const server = new CaseServer(script)
    await Promise.all(
      server.#servers.map((each) => new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve))),
    )
    return server
  }

  get places(): Places {
    const [origin, elsewhere] = this.#servers.map(
      (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    )
    return { origin: origin as string, elsewhere: elsewhere as string }
  }

  /** How many connections have a request that is not answered to the end: once they are no more than `most`, or the time is over. */
  async connections(most: number, timeoutMs: number): Promise<number> {
    const end = systemClock.now() + timeoutMs
    while (this.#answering.size > most && systemClock.now() < end)
      await new Promise<void>((resolve) => void systemClock.schedule(resolve, LOOK_EVERY_MS, true))
    return this.#answering.size
  }

  release(): void {
    const goOn = this.#pausing.shift()
    if (goOn === undefined) this.#released++
    else goOn()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }

  #serve(socket: Socket): void {
    let head = ''
    socket.setNoDelay()
    socket.on('error', () => {})
    this.#sockets.add(socket)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#answering.delete(socket)
    })
    socket.on('data', (bytes) => {
      head += bytes.toString('latin1')
      if (!head.endsWith('\r\n\r\n')) return
      const sinceAnswerMs = this.#answeredAt === undefined ? undefined : systemClock.now() - this.#answeredAt
      const request = { ...parse(head), sinceAnswerMs }
      head = ''
      void this.#answer(request, socket)
    })
  }

  async #answer(request: SeenRequest, socket: Socket): Promise<void> {
    const path = request.path.replace(/\?.*/, '')
    if (path === PAGE_PATH) return reply(socket, 200, { 'content-type': 'text/html' }, '<!doctype html>')
    if (path === '/favicon.ico') return reply(socket, 404, {}, '')
    this.requests.push(request)
    if (request.method === 'OPTIONS') return reply(socket, 204, cors(request, 'last-event-id'), '')
    this.#answering.add(socket)
    await this.#play(this.#next(path), request, socket)
  }

  async #pause(): Promise<void> {
    if (this.#released > 0) this.#released--
    else await new Promise<void>((resolve) => this.#pausing.push(resolve))
  }

  #next(path: string): ServerAnswer {
    const answers = this.#routes[path] ?? []
    const one = typeof answers === 'function' ? answers(this.places) : answers
    if ('length' in one === false) return one as ServerAnswer
    const count = this.#answered.get(path) ?? 0
    this.#answered.set(path, count + 1)
    return (one as readonly ServerAnswer[])[count] ?? { status: 204, after: 'end' }
  }

  async #play(
    { instead, late, status = 200, headers, body = [], after }: ServerAnswer,
    request: SeenRequest,
    socket: Socket,
  ) {
    if (late) await this.#pause()
    if (instead === 'reset') {
      this.#answeredAt = systemClock.now()
      return void socket.resetAndDestroy()
    }
    socket.write(
      headOf(status, {
        'content-type': 'text/event-stream',
        ...cors(request),
        ...headers,
        connection: 'close',
      }),
    )
    for (const part of typeof body === 'string' ? [body] : body) {
      // A packet of its own, as far as one can tell.
      await new Promise<void>((resolve) => systemClock.nextTurn(resolve))
      if (typeof part === 'string' || part instanceof Uint8Array) socket.write(part)
      else await this.#pause()
    }
    if (after === 'end') socket.end()
    if (after === 'reset') socket.resetAndDestroy()
    if (after !== undefined) this.#answeredAt = systemClock.now()
  }
}

function isRoutes(script: ServerScript): script is Readonly<Record<`/${string}`, ServerAnswers>> {
  return typeof script === 'object' && Object.keys(script).some((key) => key.startsWith('/'))
}

function parse(head: string): Omit<SeenRequest, 'sinceAnswerMs'> {
  const [line = '', ...fields] = head.trimEnd().split('\r\n')
  const [method = '', path = ''] = line.split(' ')
  const headers: Record<string, string> = {}
  for (const field of fields) {
    const [, name = '', value = ''] = /^([^:]*):[ \t]*(.*)$/s.exec(field) ?? []
    headers[name.toLowerCase()] = value
  }
  return { method, path, headers }
}

function cors({ headers: { origin } }: SeenRequest, allowedHeaders?: string): Record<string, string> {
  if (origin === undefined) return {}
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    ...(allowedHeaders && { 'access-control-allow-headers': allowedHeaders }),
  }
}

function headOf(status: number, headers: Readonly<Record<string, string | null>>): string {
  const fields = Object.entries(headers).filter(([, value]) => value !== null)
  return [`HTTP/1.1 ${status} X`, ...fields.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
}

function reply(socket: Socket, status: number, headers: Record<string, string>, body: string): void {
  socket.end(headOf(status, { ...headers, 'content-length': `${body.length}`, connection: 'close' }) + body)
}
