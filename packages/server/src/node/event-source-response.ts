import { type IncomingMessage, type ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http'
import { warn } from '@sse/core'
import { serverError } from '../errors.ts'
import { readLastEventId } from '../http/last-event-id.ts'
import { runStream } from '../stream/run-stream.ts'
import type { StreamContentOrFactory } from '../stream/stream-context.ts'
import type { StreamEnd } from '../stream/stream-end.ts'
import {
  checkOptions,
  type EventSourceResponseOptions,
  type StreamSettings,
} from '../stream/stream-options.ts'
import { NodeSink } from './node-sink.ts'

/**
 * A response that is an event stream: `new EventSourceResponse(content, options).send(req, res)`.
 *
 * `content` is an async or sync iterable, a `ReadableStream`, a memory receiver, a `Channel`, or a function that makes
 * one of them for this client. Items are strings (the data of an event), events, or encoded bytes.
 */
export class EventSourceResponse {
  readonly #content: StreamContentOrFactory<IncomingMessage>
  readonly #settings: StreamSettings<IncomingMessage>

  /**
   * Throws at once, where the mistake is.
   *
   * @throws SseError `invalid-option` or `invalid-header`; node's own error for a header that HTTP cannot carry.
   */
  constructor(
    content: StreamContentOrFactory<IncomingMessage>,
    options: EventSourceResponseOptions<IncomingMessage> = {},
  ) {
    this.#content = content
    this.#settings = checkOptions(options)
    for (const [name, value] of Object.entries(this.#settings.headers)) {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    }
  }

  /**
   * Answers the request with the stream. Settles when the stream has ended and `onClose` has run, with how it ended.
   * Never rejects: what the source throws is in `error` of the result, and goes to `onError`.
   *
   * A HEAD request gets the headers, and the content is not asked for anything.
   */
  async send(request: IncomingMessage, response: ServerResponse): Promise<StreamEnd> {
    if (response.headersSent || response.writableEnded) {
      const error = serverError(
        'response-already-started',
        'The response has been started already, so it cannot become an event stream. Call send before anything writes to it, and only once.',
      )
      warn('An event stream could not be sent.', error)
      return { reason: 'error', error, events: 0, bytes: 0, durationMs: 0 }
    }
    const { status, headers } = this.#settings
    if (request.method === 'HEAD') {
      response.writeHead(status, headers).end()
      return { reason: 'complete', events: 0, bytes: 0, durationMs: 0 }
    }
    const sink = new NodeSink(request, response, status, headers)
    return runStream(this.#content, this.#settings, sink, request, readLastEventId(request))
  }
}
