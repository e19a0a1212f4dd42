import { createParser, type EventSourceMessage, type EventSourceParser } from 'eventsource-parser'
import { SseError } from './errors.ts'
import { describe } from './field-values.ts'
import { checkMaxEventLength, type ParserLimits } from './limits.ts'
import { type DispatchedEvent, MAX_RETRY_MS } from './server-sent-event.ts'

export interface EventStreamParserOptions {
  /**
   * Called for each event, in order, while `feed` runs. `id` is the event's own, `undefined` if it has none: its
   * `lastEventId` is then that of an earlier one.
   */
  readonly onEvent: (event: DispatchedEvent, id: string | undefined) => void
  /** Called at once for each valid `retry` field, with milliseconds, at most 2³¹−1. */
  readonly onRetry?: ((retryMs: number) => void) | undefined
  /** Called for each comment line, without its colon and one space after it. */
  readonly onComment?: ((comment: string) => void) | undefined
  /** The last event ID that the stream starts with, when it goes on from an earlier connection. Default `''`. */
  readonly lastEventId?: string | undefined
  readonly limits?: ParserLimits | undefined
}

/** Turns the bytes of an event stream into events. Made by {@link createEventStreamParser}. */
export interface EventStreamParser {
  /**
   * Takes the next bytes, cut anywhere, and dispatches the events that they complete. A parser is fed either bytes or
   * strings, not both.
   *
   * A handler that throws does not cost the other events of the chunk: they are dispatched, then `feed` throws the
   * first such error.
   *
   * @throws SseError `event-too-large` when an event passes the limit, and again on every call until `reset()`.
   * @throws SseError `invalid-chunk` for anything but bytes or a string.
   */
  feed(chunk: Uint8Array | string): void
  /** The stream has ended: an unfinished event is discarded, as the specification demands (§9.2.6). */
  end(): void
  /** Starts over for a new connection of the same source. The last event ID stays. */
  reset(): void
  /** The last event ID string of the stream, as a reader sends it in `Last-Event-ID`. */
  readonly lastEventId: string
}

/**
 * A push parser for event streams (WHATWG HTML §9.2.5 and §9.2.6): `eventsource-parser`, with what it leaves to its
 * caller. One streaming UTF-8 decoder; the last event ID kept over events and data-less blocks; the default type;
 * `retry` clamped; a limit that also holds for an event which arrives in one piece.
 */
export function createEventStreamParser(options: EventStreamParserOptions): EventStreamParser {
  return new BoundedParser(options)
}

const STREAMING = { stream: true } as const

/**
 * What the parser may hold beyond the limit, because it counts an unfinished line with its field name: without it,
 * whether an event of just the limit is accepted would depend on how the network cut it. A `retry` line fits in, too.
 */
const FIELD_NAME_ALLOWANCE = 32

class BoundedParser implements EventStreamParser {
  readonly #parser: EventSourceParser
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  readonly #onEvent: EventStreamParserOptions['onEvent']
  readonly #maxEventLength: number
  #lastEventId: string
  /** The last event ID before the block that set it last: an event that is refused must not count as read. */
  #idBefore = ''
  /** What this stream is fed; `undefined` until its first chunk that is not empty. */
  #kind: 'bytes' | 'string' | undefined
  /** Whether no character has come yet: only the first may be a BOM. */
  #atStart = true
  #tooLarge: SseError | undefined
  /** At least as many characters as the parser can be holding for the event that is not finished yet. */
  #unfinished = 0
  #chunkLength = 0
  /** The first error that a handler threw during this `feed`. Boxed, because a handler may throw `undefined`. */
  #thrown: { readonly error: unknown } | undefined

  constructor(options: EventStreamParserOptions) {
    const { onEvent, onRetry, onComment, lastEventId = '', limits } = options
    this.#onEvent = onEvent
    this.#lastEventId = lastEventId
    this.#maxEventLength = checkMaxEventLength(limits)
    this.#parser = createParser({
      ...(Number.isFinite(this.#maxEventLength) && {
        maxBufferSize: this.#maxEventLength + FIELD_NAME_ALLOWANCE,
      }),
      onId: (id) => {
        if (!this.#accepts(id.length)) return
        this.#idBefore = this.#lastEventId
        this.#lastEventId = id
      },
      onEvent: (message) => this.#dispatch(message),
      ...(onRetry && {
        onRetry: (ms: number) => this.#accepts(0) && this.#call(onRetry, Math.min(ms, MAX_RETRY_MS)),
      }),
      ...(onComment && {
        onComment: (comment: string) => this.#accepts(comment.length) && this.#call(onComment, comment),
      }),
    })
    this.#endFirstChunkState()
  }

  get lastEventId(): string {
    return this.#lastEventId
  }

  feed(chunk: Uint8Array | string): void {
    if (this.#tooLarge !== undefined) throw this.#tooLarge
    const text = this.#withoutBom(this.#decode(chunk))
    if (text === '') return
    this.#chunkLength = text.length
    this.#unfinished += text.length
    this.#parser.feed(text)
    if (this.#unfinished > this.#maxEventLength) this.#checkUnfinished()
    this.#rethrow()
  }

  end(): void {
    this.reset()
  }

  reset(): void {
    // Without `stream`, the decoder drops a character that was cut and starts a new stream.
    this.#decoder.decode()
    this.#parser.reset()
    this.#endFirstChunkState()
    this.#kind = undefined
    this.#atStart = true
    this.#unfinished = 0
    this.#tooLarge = undefined
  }

  /**
   * Left in its first-chunk state, the parser would strip a second BOM, and the letters `ï»¿` that a misread BOM
   * shows as. The one BOM that the specification allows is stripped before, so this blank line, which dispatches
   * nothing, ends that state.
   */
  #endFirstChunkState(): void {
    this.#parser.feed('\n')
  }

  /**
   * Asks the parser whether it has given up: past its limit it drops what it holds and throws at the next call. Its
   * `onError` would say so at once, but it also makes an error object, with a stack trace, for every unknown field,
   * which slowed a stream of those down a hundred times.
   */
  #checkUnfinished(): void {
    try {
      this.#parser.feed('')
    } catch {
      this.#tooLarge ??= tooLarge(this.#maxEventLength)
    }
  }

  #decode(chunk: Uint8Array | string): string {
    if (typeof chunk === 'string') {
      if (chunk === '') return chunk
      if (this.#kind === 'bytes') throw mixedChunks()
      this.#kind = 'string'
      return chunk
    }
    if (!ArrayBuffer.isView(chunk)) throw notAChunk(chunk)
    if (chunk.byteLength === 0) return ''
    if (this.#kind === 'string') throw mixedChunks()
    this.#kind = 'bytes'
    return this.#decoder.decode(chunk, STREAMING)
  }

  /** The decoder is not left to do it: that of Node 24 strips two BOMs when the first is cut and the second is not. */
  #withoutBom(text: string): string {
    if (!this.#atStart || text === '') return text
    this.#atStart = false
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  #dispatch({ event, data, id }: EventSourceMessage): void {
    if (this.#tooLarge !== undefined) return
    this.#unfinished = this.#chunkLength
    if (this.#accepts(data.length + (event?.length ?? 0) + (id?.length ?? 0))) {
      try {
        this.#onEvent({ type: event ?? 'message', data, lastEventId: this.#lastEventId }, id)
      } catch (error) {
        this.#thrown ??= { error }
      }
    } else if (id !== undefined) {
      this.#lastEventId = this.#idBefore
    }
  }

  /**
   * Whether something of this length may pass. After the first that may not, nothing behind it in the same chunk
   * does: it would look as if nothing were missing.
   */
  #accepts(length: number): boolean {
    if (length > this.#maxEventLength) this.#tooLarge ??= tooLarge(this.#maxEventLength)
    return this.#tooLarge === undefined
  }

  #call<T>(handler: (value: T) => void, value: T): void {
    try {
      handler(value)
    } catch (error) {
      this.#thrown ??= { error }
    }
  }

  #rethrow(): void {
    const thrown = this.#thrown
    if (thrown !== undefined) {
      this.#thrown = undefined
      throw thrown.error
    }
    if (this.#tooLarge !== undefined) throw this.#tooLarge
  }
}

function tooLarge(limit: number): SseError {
  return new SseError(
    'event-too-large',
    `An event of the stream is longer than the limit of ${limit} characters. Raise limits.maxEventLength if the source is trusted, or send large content by reference.`,
    { field: 'limits.maxEventLength' },
  )
}

function mixedChunks(): SseError {
  return new SseError(
    'invalid-chunk',
    'A parser is fed either bytes or strings, but this stream got both: a character that is cut between them could not be put together. Feed the bytes as they come.',
  )
}

function notAChunk(chunk: unknown): SseError {
  return new SseError(
    'invalid-chunk',
    `A chunk of an event stream must be a Uint8Array or a string, but it is ${describe(chunk)}.`,
  )
}
