import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '@sse/core'
import { testingError } from '../errors.ts'
import { checkAnswer, isBodiless } from './check-answer.ts'
import { type PlayEnd, playSteps, sleep } from './play-script.ts'
import type { SocketRequest } from './socket-request.ts'
import type { ScriptedHead, ScriptedResponse, Steps } from './step.ts'
import { type BodyObserver, headersOf } from './to-response.ts'

/**
 * How a body says where it ends. `'chunked'`: by itself, so that a reader can tell a cut from the end, and the connection serves the
 * next request. `'close'`: with the connection.
 */
export type Framing = 'chunked' | 'close'

/** The head of a response over a socket. */
export interface SocketHead extends ScriptedHead {
  /** Default: that of the server. Headers that say it themselves, `content-length` or `transfer-encoding`, leave the body as it is. */
  readonly framing?: Framing | undefined
  /**
   * Goes out in the place of the head, byte by byte, with its blank line or without: for heads that are malformed. The steps follow as
   * they are, and the connection is closed after them. Not together with `status`, `headers` and `framing`.
   */
  readonly rawHead?: string | Uint8Array | undefined
}

/** A response over a socket. */
export interface SocketResponse extends ScriptedResponse, SocketHead {}

const MORE_FIELDS: ReadonlySet<string> = new Set(['framing', 'rawHead'])

/** @throws SseError `invalid-option` */
export function checkSocketAnswer(answer: SocketResponse | Steps): SocketResponse {
  const response = checkAnswer(answer, MORE_FIELDS)
  const { status, headers, framing, rawHead } = response
  checkFraming(framing)
  if (rawHead !== undefined && (status ?? headers ?? framing) !== undefined) {
    const message = 'rawHead is the whole head: leave status, headers and framing out.'
    throw testingError('invalid-option', message, { field: 'rawHead' })
  }
  return response
}

/** @throws SseError `invalid-option` */
export function checkFraming(framing: Framing | undefined): void {
  if (framing === undefined || framing === 'chunked' || framing === 'close') return
  throw testingError('invalid-option', `framing is 'chunked' or 'close', not ${String(framing)}.`, {
    field: 'framing',
  })
}

export interface WriteOptions {
  readonly request: Pick<SocketRequest, 'method' | 'version' | 'headers'>
  readonly clock: Clock
  readonly framing: Framing
  /** Headers of lower-case names, unless the response names them itself. */
  readonly defaultHeaders: Readonly<Record<string, string>>
  /** Aborts when the connection is gone. */
  readonly signal: AbortSignal
  readonly observer: BodyObserver
}

/** Writes a response. Returns whether the connection can serve the next request; rejects with what the steps throw. */
export async function writeAnswer(
  socket: Socket,
  response: SocketResponse,
  options: WriteOptions,
): Promise<boolean> {
  const { clock, signal, observer } = options
  const { delayMs = 0, steps = [], networkError, lineEnding } = response
  if ((await sleep(delayMs, clock, signal)) === 'aborted') return end(socket, 'aborted', observer)
  if (networkError) return end(socket, 'reset', observer)
  const { head, hasBody, isChunked, isLast } = headOf(response, options)
  await write(socket, head)
  if (!hasBody) return end(socket, 'complete', observer, isLast)
  const body = playSteps(steps, { clock, lineEnding, signal })
  for (;;) {
    observer.isRead = true
    const { done, value } = await body.next()
    observer.isRead = false
    if (done) {
      if (isChunked && value === 'complete') await write(socket, '0\r\n\r\n')
      return end(socket, value, observer, isLast)
    }
    await turn()
    if (await write(socket, isChunked ? chunkOf(value) : value)) observer.sentBytes += value.length
  }
}

interface Head {
  readonly head: string | Uint8Array
  readonly hasBody: boolean
  readonly isChunked: boolean
  /** Whether the connection ends with this response. */
  readonly isLast: boolean
}

function headOf(response: SocketResponse, { request, framing, defaultHeaders }: WriteOptions): Head {
  const { status = 200, rawHead } = response
  if (rawHead !== undefined) return { head: rawHead, hasBody: true, isChunked: false, isLast: true }
  const headers = withDefaults(headersOf(response), response, defaultHeaders)
  const named = new Map(headers.map(([name, value]) => [name.toLowerCase(), value.toLowerCase()]))
  // A reader of HTTP/1.0 knows no chunks, and some want no other response on their connection.
  const wanted = request.version === '1.0' ? 'close' : (response.framing ?? framing)
  const isLast = [wanted, named.get('connection'), request.headers.get('connection')].includes('close')
  const isFramed = named.has('content-length') || named.has('transfer-encoding')
  const hasBody = !isBodiless(status) && request.method !== 'HEAD'
  const isChunked = hasBody && !isFramed && wanted === 'chunked'
  if (isChunked) headers.push(['transfer-encoding', 'chunked'])
  if (status === 205 && !isFramed) headers.push(['content-length', '0'])
  if (isLast && !named.has('connection')) headers.push(['connection', 'close'])
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Scripted'}`,
    ...headers.map((header) => header.join(': ')),
  ]
  return { head: `${lines.join('\r\n')}\r\n\r\n`, hasBody, isChunked, isLast }
}

function withDefaults(
  headers: readonly [name: string, value: string][],
  { headers: named = {} }: SocketResponse,
  defaults: Readonly<Record<string, string>>,
): [name: string, value: string][] {
  // Also those that the response leaves out.
  const names = new Set(Object.keys(named).map((name) => name.toLowerCase()))
  return [...headers, ...Object.entries(defaults).filter(([name]) => !names.has(name))]
}

function chunkOf(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

/** Waits until the bytes have left the process; `false` when they never will, because the connection is gone. */
function write(socket: Socket, bytes: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    socket.write(bytes, (error) => resolve(!error))
  })
}

function end(socket: Socket, how: PlayEnd, observer: BodyObserver, isLast = true): boolean {
  if (how === 'aborted' || socket.destroyed) observer.ended('released')
  else observer.ended(how === 'complete' ? how : 'cut')
  if (how === 'reset') socket.resetAndDestroy()
  else if (isLast || how === 'fin') socket.end()
  return how === 'complete' && !isLast
}

/** Kept from fake timers, which a test may put in its place: a socket works in real turns of the event loop. */
const endOfTurn = setImmediate

/** Each step comes in a packet of its own, as far as one can tell. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    endOfTurn(resolve)
  })
}
