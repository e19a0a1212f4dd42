import { isEventStreamMediaType } from '@sse/core'
import { testingError } from '../errors.ts'
import { BytePump, type ByteReader, byteReaderOf } from './byte-pump.ts'
import { isNodeReadable, tapNodeReadable } from './flowing-tap.ts'
import { Deadline } from './real-time.ts'
import type { RequestOptions } from './record-options.ts'
import { streamRequest, streamRequestFrom } from './stream-request.ts'
import type { StreamCall, StreamSource, StreamTap } from './stream-source.ts'

/** The base of the paths that handlers are asked for. */
export const HANDLER_BASE = 'http://localhost'

type FetchLike = (request: Request) => Response | Promise<Response>

/** A URL, or a `Request` that is sent again for each opening. */
export function urlSource(target: string | URL | Request): StreamSource {
  const isRequest = typeof target === 'object' && 'headers' in target
  return {
    describe: (request) =>
      isRequest
        ? `${target.method} ${target.url}`
        : `${methodOf(request)} ${new URL(request.path ?? '', target)}`,
    onlyOnce: undefined,
    open: async (call) => {
      const request = isRequest
        ? streamRequestFrom(target, call.request, call.signal)
        : streamRequest(target, call.request, call.signal)
      return tapResponse(await fetch(request), call)
    },
  }
}

/** A function that answers a `Request`. When the recording is closed it sees what a server shows it: the request aborts, its body is cancelled. */
export function fetchHandlerSource(handler: FetchLike): StreamSource {
  return {
    describe: (request) => `${methodOf(request)} ${new URL(request.path ?? '/', HANDLER_BASE)}`,
    onlyOnce: undefined,
    open: async (call) =>
      tapResponse(answerOf(await handler(streamRequest(HANDLER_BASE, call.request, call.signal))), call),
  }
}

/** Frameworks hand on what a handler returns, whatever it is. */
function answerOf(returned: unknown): ResponseParts {
  if (typeof returned === 'object' && returned !== null && 'status' in returned && 'headers' in returned)
    return returned as ResponseParts
  const what = typeof returned === 'object' && returned !== null ? returned.constructor?.name : returned
  throw testingError('not-a-source', `The handler must return a Response, but it returned ${String(what)}.`)
}

export function responseSource(response: Response | PromiseLike<Response>): StreamSource {
  return {
    describe: () => 'the response',
    onlyOnce: 'A Response can be read once. Record the URL, the Request or the handler instead.',
    open: async (call) => tapResponse(await response, call),
  }
}

export function chunkSource(body: unknown): StreamSource {
  return {
    describe: () => 'the chunks',
    onlyOnce:
      'An iterable of chunks, or a ReadableStream, is read once. Record a handler that makes a new one instead.',
    open: async (call) => tapBody(body, call),
  }
}

interface ResponseParts {
  readonly status: number
  readonly headers: Headers
  /** A `ReadableStream`, or a stream of Node. */
  readonly body: unknown
}

/** Reads a response's body if it is that of an event stream, and else what it says instead. */
export async function tapResponse(
  { status, headers, body }: ResponseParts,
  call: StreamCall,
): Promise<StreamTap> {
  call.sink.opened({ status, headers })
  if (status === 200 && isEventStreamMediaType(headers.get('content-type')) && body !== null)
    return tapBody(body, call)
  call.sink.refused(await refusalText(byteReaderOf(body), status, call.timeoutMs))
  return { close: async () => {} }
}

function tapBody(body: unknown, { sink }: Pick<StreamCall, 'sink'>): StreamTap {
  if (isNodeReadable(body)) return tapNodeReadable(body, sink)
  const pump = new BytePump(byteReaderOf(body) as ByteReader, sink)
  void pump.run()
  return { pause: () => pump.pause(), resume: () => pump.resume(), close: () => pump.close() }
}

const MAX_REFUSAL_LENGTH = 4_096

/**
 * What a body says that is no event stream: its reason, as a rule. Of a stream that only lacks its media type it is the first chunk,
 * because it may have no end.
 */
async function refusalText(
  reader: ByteReader | undefined,
  status: number,
  timeoutMs: number,
): Promise<string> {
  if (reader === undefined) return ''
  using deadline = new Deadline(timeoutMs)
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length < MAX_REFUSAL_LENGTH) {
      const chunk = await deadline.race(reader.read())
      if (chunk === 'passed' || chunk.done) break
      text +=
        typeof chunk.value === 'string'
          ? chunk.value
          : decoder.decode(chunk.value as Uint8Array, { stream: true })
      if (status === 200) break
    }
  } catch {
    // The head says enough.
  }
  await reader.cancel().catch(() => {})
  return text.slice(0, MAX_REFUSAL_LENGTH)
}

function methodOf({ method, body }: RequestOptions): string {
  return method ?? (body === undefined ? 'GET' : 'POST')
}
