import { type IncomingMessage, validateHeaderName, validateHeaderValue } from 'node:http'
import { warn } from '@sse/core'
import type { GzipEncoder } from '../compression/gzip-encoder.ts'
import { serverError } from '../errors.ts'
import { readLastEventId } from '../http/last-event-id.ts'
import { type Refusal, refuseRequest } from '../http/refusal.ts'
import { negotiateEncoding } from '../stream/content-encoding.ts'
import type { OpenStreams } from '../stream/open-streams.ts'
import { answerWithoutStream, runStream, type StreamCall } from '../stream/run-stream.ts'
import type { StreamContentOrFactory } from '../stream/stream-context.ts'
import { endWithoutStream, type StreamEnd } from '../stream/stream-end.ts'
import {
  type AnswerSettings,
  type CheckedOptions,
  checkOptions,
  type EventSourceResponseOptions,
} from '../stream/stream-options.ts'
import { type NodeRequest, type NodeResponse, NodeSink, writeHead } from './node-sink.ts'
import { openStreamsOf } from './server-streams.ts'

/**
 * A response that is an event stream: `new EventSourceResponse(content, options).send(req, res)`.
 *
 * `content` is an async or sync iterable, a `ReadableStream`, a memory receiver, a `Channel`, or a function that makes
 * one of them for this client. Items are strings (the data of an event), events, or encoded bytes.
 *
 * `Request` is what `ctx.request` is: `new EventSourceResponse<express.Request>(…)`, or `Http2ServerRequest`.
 */
export class EventSourceResponse<Request extends NodeRequest = IncomingMessage> {
  readonly #content: StreamContentOrFactory<Request>
  readonly #options: CheckedOptions<Request>

  /**
   * Throws at once, where the mistake is.
   *
   * @throws SseError `invalid-option` or `invalid-header`; node's own error for a header that HTTP cannot carry.
   */
  constructor(content: StreamContentOrFactory<Request>, options: EventSourceResponseOptions<Request> = {}) {
    this.#content = content
    this.#options = checkOptions(options)
    for (const [name, value] of Object.entries(this.#options.answer.headers)) {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    }
  }

  /**
   * Answers the request with the stream. Settles when the stream has ended and `onClose` has run, with how it ended.
   * Never rejects: what the source throws is in `error` of the result, and goes to `onError`.
   *
   * A HEAD request gets the headers alone; a method or an `Accept` that rules a stream out gets 405 or 406, and a server
   * that shuts down answers 503. The content is then closed without being asked for anything.
   */
  send(request: Request, response: NodeResponse): Promise<StreamEnd> {
    const openStreams = openStreamsOf(request)
    const call = { request, lastEventId: readLastEventId(request), openStreams }
    if (response.headersSent || response.writableEnded) return this.#failed(call, alreadyStarted())
    try {
      const begun = begin(this.#content, request, response, this.#options.answer, openStreams)
      if (!('sink' in begun)) return this.#withoutStream(call, begun)
      const { sink, release, encoder } = begun
      return runStream(this.#content, this.#options.stream, sink, { ...call, release, encoder })
    } catch (error) {
      // From middleware that hooks into the head. The client must not wait for ever.
      response.destroy()
      return this.#failed(call, error)
    }
  }

  #failed(call: StreamCall<Request>, error: unknown): Promise<StreamEnd> {
    warn('An event stream could not be sent.', error)
    return this.#withoutStream(call, { reason: 'error', error })
  }

  #withoutStream(call: StreamCall<Request>, end: Answered): Promise<StreamEnd> {
    return answerWithoutStream(this.#content, this.#options.stream, call, endWithoutStream(end))
  }
}

/** How a request was answered that got no stream. */
type Answered = Pick<StreamEnd, 'reason' | 'error' | 'status'>

interface Begun {
  readonly sink: NodeSink
  readonly release: (() => void) | undefined
  readonly encoder: GzipEncoder | undefined
}

function begin<Request extends NodeRequest>(
  content: StreamContentOrFactory<Request>,
  request: Request,
  response: NodeResponse,
  settings: AnswerSettings<Request>,
  openStreams: OpenStreams | undefined,
): Begun | Answered {
  const { status, methods, limiter } = settings
  const refusal = openStreams?.refuse() ?? refuseRequest(request, methods)
  if (refusal !== undefined) return refuse(response, refusal)
  const { headers, encoder } = negotiateEncoding(content, {
    compression: settings.compression,
    request,
    headers: settings.headers,
    headerSet: (name) => response.getHeader(name)?.toString(),
  })
  if (request.method === 'HEAD') {
    writeHead(response, status, headers)
    response.end()
    return { reason: 'complete' }
  }
  const admission = limiter?.admit(request)
  if (admission !== undefined && 'refusal' in admission) return refuse(response, admission.refusal)
  try {
    return {
      sink: new NodeSink(request, response, status, headers),
      release: admission?.release,
      encoder,
    }
  } catch (error) {
    admission?.release()
    throw error
  }
}

function alreadyStarted(): Error {
  return serverError(
    'response-already-started',
    'The response has been started already, so it cannot become an event stream. Call send before anything writes to it, and only once.',
  )
}

function refuse(response: NodeResponse, { status, headers, message }: Refusal): Answered {
  writeHead(response, status, { ...headers, 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${message}\n`)
  return { reason: 'refused', status }
}
