import { encodeFrame, type ServerSentEvent, warn } from '@sse/core'
import { isAbortError, serverError } from '../errors.ts'
import type { Sink } from '../http/sink.ts'
import { iterate, StreamFeed } from './content.ts'
import { EventStream } from './event-stream.ts'
import { Pump } from './pump.ts'
import type { StreamContentOrFactory, StreamContext } from './stream-context.ts'
import type { StreamEnd } from './stream-end.ts'
import type { StreamSettings } from './stream-options.ts'

/** Runs one stream from its first byte to its `onClose`. Never rejects. */
export async function runStream<Request>(
  content: StreamContentOrFactory<Request>,
  settings: StreamSettings<Request>,
  sink: Sink,
  request: Request,
  lastEventId: string,
): Promise<StreamEnd> {
  const stream = new EventStream(sink, settings)
  const aborter = new AbortController()
  const context: StreamContext<Request> = {
    request,
    lastEventId,
    signal: aborter.signal,
    send: (event) => sendBeside(stream, event),
  }
  // At once, before the source has anything: proxies and browsers wait for the first bytes.
  stream.write(openingBlock(settings), 0)

  let pump: Pump | undefined
  const feedStream = async (): Promise<void> => {
    const made = typeof content === 'function' ? await content(context) : content
    if (made instanceof StreamFeed) {
      if (stream.open) made.feed(stream, lastEventId)
      return
    }
    pump = new Pump(stream, iterate(made))
    // The client may have left while the content was being made. Then it is closed without being asked for anything.
    if (!stream.open) return pump.close(settings.clock)
    await pump.run()
    stream.end('complete')
  }
  // Not awaited: a source may be in the middle of something long after its stream has ended.
  feedStream().catch((error: unknown) => fail(stream, error, settings, context))

  const end = await stream.ended
  aborter.abort(new DOMException('The event stream has ended.', 'AbortError'))
  await pump?.close(settings.clock)
  await callOnClose(end, settings, context)
  return end
}

/** What every stream begins with: the interval of its pings, for clients that watch over it, and the reconnection time. */
function openingBlock<Request>({ pingIntervalMs, retryMs, lineEnding }: StreamSettings<Request>): Uint8Array {
  const comment = pingIntervalMs > 0 ? `open ping-interval-ms=${pingIntervalMs}` : 'open'
  return encodeFrame({ comment, retry: retryMs }, { lineEnding })
}

async function sendBeside(stream: EventStream, event: ServerSentEvent): Promise<void> {
  if (!stream.open) {
    throw serverError(
      'stream-ended',
      'The stream has ended, so nothing can be sent on it any more. Stop when ctx.signal aborts.',
    )
  }
  if (!stream.writeEvent(event)) await new Promise<void>((resolve) => stream.whenWritable(resolve))
}

/** Ends a stream whose source threw. The client is told what `onError` says, and nothing otherwise. */
function fail<Request>(
  stream: EventStream,
  error: unknown,
  { onError }: StreamSettings<Request>,
  context: StreamContext<Request>,
): void {
  if (!stream.open) {
    // A source that is told to stop by `ctx.signal` usually throws an AbortError. Anything else is news.
    if (!isAbortError(error)) warn('The source of an event stream threw after the stream had ended.', error)
    return
  }
  if (onError === undefined) {
    warn('An event stream ended because its source threw. Pass onError to handle it.', error)
  } else {
    try {
      const farewell = onError(error, context)
      if (farewell !== undefined && stream.open) stream.writeEvent(farewell)
    } catch (failure) {
      warn('The onError of an event stream threw.', failure)
    }
  }
  stream.end('error', error)
}

async function callOnClose<Request>(
  end: StreamEnd,
  { onClose }: StreamSettings<Request>,
  context: StreamContext<Request>,
): Promise<void> {
  try {
    await onClose?.(end, context)
  } catch (failure) {
    warn('The onClose of an event stream threw.', failure)
  }
}
