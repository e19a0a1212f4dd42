import { onAbort } from './abort.ts'
import { type ByteSource, type EventStreamBody, openByteSource } from './byte-source.ts'
import { createEventStreamParser, type EventStreamParserOptions } from './event-stream-parser.ts'
import type { EventStreamParser } from './field-parser.ts'
import type { DispatchedEvent } from './server-sent-event.ts'

export interface ParseEventStreamOptions extends Omit<EventStreamParserOptions, 'onEvent'> {
  /** Ends the iteration with the signal's reason and cancels the body. */
  readonly signal?: AbortSignal | undefined
}

type Result = IteratorResult<DispatchedEvent, undefined>

/** The events of one body. Leaving a `for await` cancels the body; so does `await using`. */
export interface EventStreamIterator
  extends AsyncIterableIterator<DispatchedEvent, undefined>,
    AsyncDisposable {
  return(): Promise<Result>
  /** The last event ID of the events that were handed out, as a reader sends it in `Last-Event-ID`. */
  readonly lastEventId: string
}

/**
 * The events of a response, of a byte stream or of any async iterable of chunks (a Node `Readable`, an `IncomingMessage`).
 *
 * The body is read only as fast as events are taken: what one chunk holds is parsed at once and handed out, then the
 * next chunk is asked for. An unfinished event at the end is discarded (WHATWG HTML §9.2.6).
 *
 * @throws SseError `not-an-event-stream` at once, for a `Response` with another status than 200, another media type
 *   than `text/event-stream`, or no body. Pass `response.body` to read it all the same.
 * @throws SseError `event-too-large` from the iteration, after the events before it.
 */
export function parseEventStream(
  body: EventStreamBody,
  options: ParseEventStreamOptions = {},
): EventStreamIterator {
  return new BodyEvents(body, options)
}

/** Someone who called `next()` when no event was there. */
interface Waiter {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

const END: Result = { done: true, value: undefined }

// Not an async generator: an event of a chunk that is already parsed costs one settled promise, not three.
class BodyEvents implements EventStreamIterator {
  readonly #source: ByteSource
  readonly #parser: EventStreamParser
  readonly #stopListening: () => void
  /** Events of the last chunk. Those before `#next` were handed out. */
  #events: DispatchedEvent[] = []
  #next = 0
  /** The last event ID before the last chunk. */
  #idBeforeChunk = ''
  /** The last event ID when `return()` was called: the events that it dropped do not count as read. */
  #idAtReturn: string | undefined
  /** Empty unless every event was handed out. */
  #waiters: Waiter[] = []
  #reading = false
  #ended = false
  /** Thrown once, after the events that came before it. Boxed, because anything may be thrown. */
  #failure: { readonly error: unknown } | undefined

  constructor(body: EventStreamBody, { signal, ...options }: ParseEventStreamOptions) {
    this.#parser = createEventStreamParser({ ...options, onEvent: (event) => this.#events.push(event) })
    // Last of what may throw: a body that was refused for its options stays unlocked.
    this.#source = openByteSource(body)
    if (signal?.aborted) this.#fail(signal.reason)
    this.#stopListening = onAbort(this.#ended ? undefined : signal, (reason) => this.#fail(reason))
  }

  get lastEventId(): string {
    if (this.#idAtReturn !== undefined) return this.#idAtReturn
    if (this.#next >= this.#events.length) return this.#parser.lastEventId
    return this.#events[this.#next - 1]?.lastEventId ?? this.#idBeforeChunk
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    if (this.#next < this.#events.length) {
      return Promise.resolve({ done: false, value: this.#events[this.#next++] as DispatchedEvent })
    }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject })
      if (this.#ended) this.#settleWaiters()
      else if (!this.#reading) void this.#read()
    })
  }

  async return(): Promise<Result> {
    this.#idAtReturn = this.lastEventId
    this.#events = []
    this.#failure = undefined
    if (!this.#ended) {
      this.#end()
      await this.#source.cancel()
    }
    return END
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** Reads chunks until nobody waits any more. Never rejects. */
  async #read(): Promise<void> {
    this.#reading = true
    while (this.#waiters.length > 0) {
      try {
        const chunk = await this.#source.read()
        // The iteration may have been left, or aborted, while the read was under way.
        if (this.#ended) break
        this.#events = []
        this.#next = 0
        this.#idBeforeChunk = this.#parser.lastEventId
        if (chunk.done) this.#end()
        else this.#parser.feed(chunk.value)
      } catch (error) {
        this.#fail(error)
      }
      this.#settleWaiters()
    }
    this.#reading = false
  }

  #fail(error: unknown): void {
    if (this.#ended) return
    this.#failure = { error }
    this.#end()
    // The caller is told of `error`. That a broken body cannot be cancelled either would only hide it.
    this.#source.cancel(error).catch(() => {})
  }

  #end(): void {
    this.#ended = true
    // Not set yet when the signal had aborted before the iteration began.
    this.#stopListening?.()
    this.#settleWaiters()
  }

  /** Gives the waiters, in the order in which they came, what there is: events, then the failure, then the end. */
  #settleWaiters(): void {
    while (this.#waiters.length > 0) {
      const event = this.#events[this.#next]
      if (event === undefined && !this.#ended) return
      const waiter = this.#waiters.shift() as Waiter
      if (event !== undefined) {
        this.#next++
        waiter.resolve({ done: false, value: event })
      } else if (this.#failure !== undefined) {
        waiter.reject(this.#failure.error)
        this.#failure = undefined
      } else {
        waiter.resolve(END)
      }
    }
  }
}
