import type { StreamContentOrFactory } from '../stream/stream-context.ts'
import type { StreamEnd } from '../stream/stream-end.ts'
import { answer } from './answer.ts'
import type { EventSourceResponseOptions, WebRequest } from './response-options.ts'

/**
 * A `Response` whose body is an event stream: `return new EventSourceResponse(content, { request })`.
 *
 * `content` is an async or sync iterable, a `ReadableStream`, a memory receiver, a `Channel`, or a function that makes
 * one of them for this client. Items are strings (the data of an event), events, or encoded bytes.
 *
 * The stream begins when the body is first read, which runtimes do as soon as they have the response. `Request` is what
 * `ctx.request` is: that of `options.request`, `undefined` without one.
 *
 * A HEAD request gets the headers alone; a method or an `Accept` that rules a stream out gets 405 or 406. The content is
 * then closed without being asked for anything.
 */
export class EventSourceResponse<Request extends WebRequest | undefined = undefined> extends Response {
  /**
   * Settles when the stream has ended and `onClose` has run, with how it ended. Never rejects: what the source throws is in
   * `error` of the result, and goes to `onError`. It does not settle for a body that is neither read nor cancelled.
   */
  readonly ended: Promise<StreamEnd>

  /**
   * Throws at once, where the mistake is.
   *
   * @throws SseError `invalid-option` or `invalid-header`; the runtime's own error for a header that HTTP cannot carry.
   */
  constructor(
    content: StreamContentOrFactory<Request>,
    options: EventSourceResponseOptions<Request> & { readonly request: Request },
  )
  constructor(content: StreamContentOrFactory<undefined>, options?: EventSourceResponseOptions)
  constructor(content: StreamContentOrFactory<Request>, options: EventSourceResponseOptions<Request> = {}) {
    const { body, status, headers, begin } = answer(content, options)
    // Workers would compress once more what says that it is compressed; other runtimes do not know the word.
    const manual = headers.has('content-encoding') && { encodeBody: 'manual' }
    super(body, { status, headers, ...manual })
    this.ended = begin()
  }
}
