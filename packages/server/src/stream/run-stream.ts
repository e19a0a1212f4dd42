import { encodeFrame, type ServerSentEvent, warn } from '@sse/core'
import type { GzipEncoder } from '../compression/gzip-encoder.ts'
import { diagnostic } from '../diagnostics.ts'
import { isAbortError } from '../errors.ts'
import type { Sink } from '../http/sink.ts'
import { iterate, StreamFeed } from './content.ts'
import { tellUncompressed } from './content-encoding.ts'
import { EventStream, type StreamOwner } from './event-stream.ts'
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
  /** Of a stream that is compressed. */
  readonly encoder?: GzipEncoder | undefined
  /** Gives back what the stream was let in by. Called when it has ended, before its hooks. */
  readonly release?: (() => void) | undefined
}

/** Runs one stream from its first byte to its `onClose`. Never rejects. */
export function runStream<Request>(
  content: StreamContentOrFactory<Request>,
  settings: StreamSettings<Request>,
  sink: Sink,
  call: StreamCall<Request>,
): Promise<StreamEnd> {
  const { promise, resolve } = Promise.withResolvers<StreamEnd>()
  new StreamRun(settings, sink, call, resolve).begin(content)
  return promise
}

/**
 * One stream, from its first byte to its `onClose`. A class instead of an async function with closures, because those weigh
 * more than all else that an idle stream is made of.
 */
class StreamRun<Request> implements StreamOwner, OpenStream {
  readonly #stream: EventStream
  readonly #settings: StreamSettings<Request>
  readonly #call: StreamCall<Request>
  readonly #settle: (end: StreamEnd) => void
  #context: Context<Request> | undefined
  #pump: Pump | undefined
  #cancelMaxDuration: (() => void) | undefined

  constructor(
    settings: StreamSettings<Request>,
    sink: Sink,
    call: StreamCall<Request>,
    settle: (end: StreamEnd) => void,
  ) {
    this.#settings = settings
    this.#call = call
    this.#settle = settle
    this.#stream = new EventStream(sink, settings, this, call.encoder)
  }

  begin(content: StreamContentOrFactory<Request>): void {
    const { clock, dataSender, maxDurationMs, random } = this.#settings
    const { request, lastEventId, openStreams } = this.#call
    // At once, before the source has anything: proxies and browsers wait for the first bytes.
    this.#stream.write(openingBlock(this.#settings), 0)
    if (onOpen.hasSubscribers) onOpen.publish({ request, lastEventId, stream: this.#stream })
    // Not awaited: a source may be in the middle of something long after its stream has ended.
    this.#feed(content).catch((error: unknown) => this.#failed(error))
    if (dataSender !== undefined)
      runBeside(dataSender, this.#contextOf()).catch((error: unknown) => this.#failed(error))
    if (!this.#stream.open) return
    if (maxDurationMs > 0) {
      const delayMs = maxDurationMs * (1 - random() / 5)
      this.#cancelMaxDuration = clock.schedule(() => this.#stream.end('max-duration'), delayMs)
    }
    openStreams?.add(this)
  }

  async #feed(content: StreamContentOrFactory<Request>): Promise<void> {
    const made = typeof content === 'function' ? await content(this.#contextOf()) : content
    if (made instanceof StreamFeed) {
      if (this.#stream.open) made.feed(this.#stream, this.#call.lastEventId)
      return
    }
    const { encoder, request } = this.#call
    this.#pump = new Pump(this.#stream, iterate(made))
    // The client may have left while the content was being made. Then it is closed without being asked for anything.
    if (!this.#stream.open) return this.#pump.close(this.#settings.clock)
    if (encoder !== undefined && !encoder.compressAlone()) tellUncompressed(request)
    await this.#pump.run()
    this.#stream.end('complete')
  }

  #failed(error: unknown): void {
    // What waits by `ctx.shutdown` throws when that aborts: the source has stopped, as it was told to.
    if (this.#stream.shutdownAnnounced && isAbortError(error)) this.#stream.end('shutdown')
    else this.#stream.fail(error)
  }

  /** Made when somebody first asks for it: a channel never does. */
  #contextOf(): Context<Request> {
    const { request, lastEventId } = this.#call
    this.#context ??= new Context(request, lastEventId, this.#stream)
    return this.#context
  }

  streamFails(error: unknown): void {
    tellOfFailure(this.#stream, error, this.#settings, this.#contextOf())
  }

  streamEnded(end: StreamEnd): void {
    // Whoever ended it is in the middle of something.
    queueMicrotask(() => void this.#close(end))
  }

  async #close(end: StreamEnd): Promise<void> {
    const { request, openStreams, release } = this.#call
    if (onClose.hasSubscribers) onClose.publish({ request, stream: this.#stream, end })
    release?.()
    this.#cancelMaxDuration?.()
    openStreams?.delete(this)
    const context = this.#contextOf()
    context.abortSignal()
    await this.#pump?.close(this.#settings.clock)
    await afterEnd(end, this.#settings, context)
    this.#settle(end)
  }

  get shutdownGraceMs(): number {
    return this.#settings.shutdownGraceMs
  }

  get retryMs(): number | undefined {
    return this.#settings.retryMs
  }

  announceShutdown(): void {
    this.#stream.shutdownAnnounced = true
    this.#contextOf().abortShutdown()
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

/** The last opening block: streams that open one after the other mostly have the same. */
let lastOpening: { readonly key: string; readonly bytes: Uint8Array } | undefined

/** What every stream begins with: the interval of its pings, for clients that watch over it, and the reconnection time. */
function openingBlock<Request>({ pingIntervalMs, retryMs, lineEnding }: StreamSettings<Request>): Uint8Array {
  const key = `${pingIntervalMs} ${retryMs} ${lineEnding}`
  if (lastOpening?.key !== key) {
    const comment = pingIntervalMs > 0 ? `open ping-interval-ms=${pingIntervalMs}` : 'open'
    lastOpening = { key, bytes: encodeFrame({ comment, retry: retryMs }, { lineEnding }) }
  }
  return lastOpening.bytes
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

/** What is called after the end of a stream, in this order. */
const HOOKS = ['onClose', 'background'] as const

async function afterEnd<Request>(
  end: StreamEnd,
  settings: StreamSettings<Request>,
  context: StreamContext<Request>,
): Promise<void> {
  for (const name of HOOKS) {
    const hook = settings[name]
    if (hook === undefined) continue
    try {
      await hook(end, context)
    } catch (failure) {
      warn(`The ${name} of an event stream threw.`, failure)
    }
  }
}
