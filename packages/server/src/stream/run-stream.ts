import { encodeFrame, type ServerSentEvent, warn } from '@sse/core'
import { diagnostic } from '../diagnostics.ts'
import { isAbortError } from '../errors.ts'
import type { Sink } from '../http/sink.ts'
import { iterate, StreamFeed } from './content.ts'
import { EventStream } from './event-stream.ts'
import type { OpenStream, OpenStreams } from './open-streams.ts'
import { Pump } from './pump.ts'
import { Context, type StreamContentOrFactory, type StreamContext } from './stream-context.ts'
import type { StreamEnd } from './stream-end.ts'
import type { StreamSettings } from './stream-options.ts'

const onOpen = diagnostic('sse:stream:open')
const onClose = diagnostic('sse:stream:close')
const onRefuse = diagnostic('sse:stream:refuse')

/** A request that is answered with a stream. */
export interface StreamCall<Request> {
  readonly request: Request
  readonly lastEventId: string
  /** The streams that the same server has open, where there is one that can be shut down. */
  readonly openStreams?: OpenStreams | undefined
  /** Gives back what the stream was let in by. Called when it has ended, before its hooks. */
  readonly release?: (() => void) | undefined
}

/** Runs one stream from its first byte to its `onClose`. Never rejects. */
export async function runStream<Request>(
  content: StreamContentOrFactory<Request>,
  settings: StreamSettings<Request>,
  sink: Sink,
  { request, lastEventId, openStreams, release }: StreamCall<Request>,
): Promise<StreamEnd> {
  const stream = new EventStream(sink, settings)
  const context = new Context(request, lastEventId, stream)
  // At once, before the source has anything: proxies and browsers wait for the first bytes.
  stream.write(openingBlock(settings), 0)
  if (onOpen.hasSubscribers) onOpen.publish({ request, lastEventId, stream })

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
  stream.onFail = (error) => tellOfFailure(stream, error, settings, context)
  const failed = (error: unknown): void => {
    // What waits by `ctx.shutdown` throws when that aborts: the source has stopped, as it was told to.
    if (stream.shutdownAnnounced && isAbortError(error)) stream.end('shutdown')
    else stream.fail(error)
  }
  feedStream().catch(failed)
  if (settings.dataSender !== undefined) runBeside(settings.dataSender, context).catch(failed)
  const cancelMaxDuration =
    settings.maxDurationMs > 0 && stream.open
      ? settings.clock.schedule(
          () => stream.end('max-duration'),
          settings.maxDurationMs * (1 - settings.random() / 5),
        )
      : undefined
  const entry = openStreams && new ShutdownEntry(stream, context, settings)
  if (entry !== undefined) openStreams?.add(entry)

  const end = await stream.ended
  if (onClose.hasSubscribers) onClose.publish({ request, stream, end })
  release?.()
  cancelMaxDuration?.()
  if (entry !== undefined) openStreams?.delete(entry)
  context.abortSignal()
  await pump?.close(settings.clock)
  await afterEnd(end, settings, context)
  return end
}

/**
 * Does for a request that was answered without a stream what the end of a stream does: closes the content, which is not
 * asked for anything, and calls the hooks, which may have something to release. Never rejects.
 */
export async function answerWithoutStream<Request>(
  content: StreamContentOrFactory<Request>,
  settings: StreamSettings<Request>,
  { request, lastEventId }: StreamCall<Request>,
  end: StreamEnd,
): Promise<StreamEnd> {
  const context = new Context(request, lastEventId, undefined)
  context.abortSignal()
  if (end.status !== undefined && onRefuse.hasSubscribers) onRefuse.publish({ request, status: end.status })
  if (typeof content === 'object' && !(content instanceof StreamFeed)) await closeUnused(content)
  await afterEnd(end, settings, context)
  return end
}

async function closeUnused(content: unknown): Promise<void> {
  try {
    await iterate(content).return?.()
  } catch (error) {
    warn('The source of an event stream could not be closed.', error)
  }
}

/** Also a producer that throws before it has made a promise rejects here, and nowhere else. */
async function runBeside<Request>(
  dataSender: (context: StreamContext<Request>) => Promise<void>,
  context: StreamContext<Request>,
): Promise<void> {
  await dataSender(context)
}

/** A stream where a shutdown finds it. A class, because an object with its own functions would weigh more than the stream. */
class ShutdownEntry<Request> implements OpenStream {
  readonly #stream: EventStream
  readonly #context: Context<Request>
  readonly #settings: StreamSettings<Request>

  constructor(stream: EventStream, context: Context<Request>, settings: StreamSettings<Request>) {
    this.#stream = stream
    this.#context = context
    this.#settings = settings
  }

  get shutdownGraceMs(): number {
    return this.#settings.shutdownGraceMs
  }

  get retryMs(): number | undefined {
    return this.#settings.retryMs
  }

  get open(): boolean {
    return this.#stream.open
  }

  announceShutdown(): void {
    this.#stream.shutdownAnnounced = true
    this.#context.abortShutdown()
  }

  writeEvent(event: ServerSentEvent): boolean {
    return this.#stream.writable && this.#stream.writeEvent(event)
  }

  endForShutdown(): void {
    const { positioned: feed } = this.#stream
    feed?.advance()
    // It is full, and behind. While its client reads on, it catches up before this is called again.
    const behind = feed !== undefined && feed.lag > 0 && this.#stream.open && !this.#stream.writable
    if (behind) this.#stream.whenWritable(() => this.endForShutdown())
    else this.#stream.end('shutdown')
  }

  cutForShutdown(): void {
    this.#stream.end('shutdown', undefined, 'at once')
  }
}

/** What every stream begins with: the interval of its pings, for clients that watch over it, and the reconnection time. */
function openingBlock<Request>({ pingIntervalMs, retryMs, lineEnding }: StreamSettings<Request>): Uint8Array {
  const comment = pingIntervalMs > 0 ? `open ping-interval-ms=${pingIntervalMs}` : 'open'
  return encodeFrame({ comment, retry: retryMs }, { lineEnding })
}

/** Before a stream ends because its source threw: the client is told what `onError` says, and nothing otherwise. */
function tellOfFailure<Request>(
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
      const farewell: ServerSentEvent | undefined = onError(error, context) ?? undefined
      if (farewell !== undefined && stream.open) stream.writeEvent(farewell)
    } catch (failure) {
      warn('The onError of an event stream threw.', failure)
    }
  }
}

async function afterEnd<Request>(
  end: StreamEnd,
  { onClose, background }: StreamSettings<Request>,
  context: StreamContext<Request>,
): Promise<void> {
  for (const [name, hook] of Object.entries({ onClose, background })) {
    try {
      await hook?.(end, context)
    } catch (failure) {
      warn(`The ${name} of an event stream threw.`, failure)
    }
  }
}
