import { readLastEventId } from '../http/last-event-id.ts'
import { type Refusal, refuseRequest } from '../http/refusal.ts'
import { negotiateEncoding } from '../stream/content-encoding.ts'
import { answerWithoutStream, runStream, type StreamCall } from '../stream/run-stream.ts'
import type { StreamContentOrFactory } from '../stream/stream-context.ts'
import { endWithoutStream, type StreamEnd } from '../stream/stream-end.ts'
import { checkOptions, type StreamSettings } from '../stream/stream-options.ts'
import type { EventSourceResponseOptions, WebRequest } from './response-options.ts'
import { WebSink } from './web-sink.ts'

/** A response in parts. All that can be wrong with it has been checked, and nothing of it has begun. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: ReadableStream<Uint8Array> | string | null
  /** Settles when all is over. Never rejects. */
  begin(): Promise<StreamEnd>
}

/** @throws SseError `invalid-option` or `invalid-header`; the runtime's `TypeError` for a header that HTTP cannot carry. */
export function answer<Request extends WebRequest | undefined>(
  content: StreamContentOrFactory<Request>,
  options: EventSourceResponseOptions<Request>,
): Answer {
  const { answer: given, stream: settings } = checkOptions(options)
  const { status, methods, limiter } = given
  const request = options.request as Request
  const call = { request, lastEventId: request === undefined ? '' : readLastEventId(request) }
  const withoutStream = (end: Pick<StreamEnd, 'reason' | 'status'>): Promise<StreamEnd> =>
    answerWithoutStream(content, settings, call, endWithoutStream(end))
  const refused = (refusal: Refusal): Answer => ({
    status: refusal.status,
    headers: new Headers({ ...refusal.headers, 'content-type': 'text/plain; charset=utf-8' }),
    body: `${refusal.message}\n`,
    begin: () => withoutStream({ reason: 'refused', status: refusal.status }),
  })

  const refusal = request && refuseRequest(request, methods)
  if (refusal !== undefined) return refused(refusal)
  const { headers: fields, encoder } = negotiateEncoding(content, { ...given, request })
  const headers = new Headers(fields)
  if (request?.method === 'HEAD') {
    return { status, headers, body: null, begin: () => withoutStream({ reason: 'complete' }) }
  }
  const admission = limiter?.admit(request)
  if (admission !== undefined && 'refusal' in admission) return refused(admission.refusal)
  const sink = new WebSink()
  const begin = () =>
    beginWhenRead(content, settings, sink, { ...call, release: admission?.release, encoder })
  return { status, headers, body: sink.body, begin }
}

/**
 * Runs the stream from the first read of its body on. A response that nobody reads, because middleware dropped it or it answers
 * a HEAD request, asks its source for nothing, holds no timer and no place in a channel, and is garbage like any other.
 */
function beginWhenRead<Request extends WebRequest | undefined>(
  content: StreamContentOrFactory<Request>,
  settings: StreamSettings<Request>,
  sink: WebSink,
  call: StreamCall<Request>,
): Promise<StreamEnd> {
  const { promise, resolve } = Promise.withResolvers<StreamEnd>()
  // The stream, once it runs, owns it.
  sink.owner = {
    sinkDrained: () => resolve(runStream(content, settings, sink, call)),
    sinkClosed: () => {
      call.release?.()
      resolve(answerWithoutStream(content, settings, call, endWithoutStream({ reason: 'client-disconnect' })))
    },
  }
  const signal = call.request?.signal
  if (signal?.aborted) sink.clientLeft()
  else if (signal) {
    const left = (): void => sink.clientLeft()
    signal.addEventListener('abort', left)
    void promise.then(() => signal.removeEventListener('abort', left))
  }
  return promise
}
