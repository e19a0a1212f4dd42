import type { EventLimit } from './event-limit.ts'
import { type DispatchedEvent, MAX_RETRY_MS } from './server-sent-event.ts'

export interface UnboundedParserOptions {
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
 * The parser without limits, and without a check of what it is fed: for chunks that come from the runtime, on streams whose events
 * may be as long as their server makes them. What it keeps of an event that does not end is bounded by nothing.
 */
export function createUnboundedParser(options: UnboundedParserOptions): EventStreamParser {
  return new FieldParser(options, undefined)
}

const STREAMING = { stream: true } as const

const LINE_FEED = 0x0a
const SPACE = 0x20
const COLON = 0x3a
const A = 0x61
const D = 0x64
const E = 0x65
const I = 0x69
const N = 0x6e
const T = 0x74
const V = 0x76
const BYTE_ORDER_MARK = 0xfeff

/**
 * Reads the fields of an event stream, line by line, and dispatches its events. `eventsource-parser` showed how this is fast: by
 * character codes, and with a short cut for the event of one line.
 */
export class FieldParser implements EventStreamParser {
  readonly #options: UnboundedParserOptions
  readonly #limit: EventLimit | undefined
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #lastEventId: string
  /** Whether no character has come yet: only the first may be a BOM. */
  #atStart = true
  /** Whether the last character was a CR, and ended its line: an LF that follows ends none. */
  #afterReturn = false
  /** The line that is not finished. It is searched only when it is, so that one that drips in costs no more than its length. */
  #line = ''
  // The fields of the event that is not finished.
  #data: string | undefined
  #type = ''
  #id: string | undefined
  /** The first error that a handler threw during this `feed`. Boxed, because it may throw `undefined`. */
  #thrown: { readonly error: unknown } | undefined
  /** Why nothing more is read. */
  #refusal: { readonly error: unknown } | undefined

  constructor(options: UnboundedParserOptions, limit: EventLimit | undefined) {
    this.#options = options
    this.#limit = limit
    this.#lastEventId = options.lastEventId ?? ''
  }

  get lastEventId(): string {
    return this.#lastEventId
  }

  feed(chunk: Uint8Array | string): void {
    if (this.#refusal !== undefined) throw this.#refusal.error
    const text = this.#withoutMark(typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, STREAMING))
    try {
      if (text !== '') this.#read(text)
    } catch (error) {
      this.#refuse(error)
    }
    const thrown = this.#thrown ?? this.#refusal
    if (thrown === undefined) return
    this.#thrown = undefined
    throw thrown.error
  }

  end(): void {
    this.reset()
  }

  reset(): void {
    // Without `stream`, the decoder drops a character that was cut and starts a new stream.
    this.#decoder.decode()
    this.#atStart = true
    this.#afterReturn = false
    this.#line = ''
    this.#forget()
    this.#refusal = undefined
  }

  /** The decoder is not left to do it: that of Node 24 strips two BOMs when the first is cut and the second is not. */
  #withoutMark(text: string): string {
    if (!this.#atStart || text === '') return text
    this.#atStart = false
    return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text
  }

  /** Reads the lines that are complete, and keeps what begins another. */
  #read(chunk: string): void {
    const kept = this.#line.length
    let start = this.#afterReturn && chunk.charCodeAt(0) === LINE_FEED ? 1 : 0
    this.#afterReturn = false
    // In the chunk, not in the text: a line that drips in is not searched again and again.
    let lineFeed = chunk.indexOf('\n', start)
    let carriageReturn = chunk.indexOf('\r')
    if (lineFeed === -1 && carriageReturn === -1) return this.#keep(this.#line + chunk.slice(start))
    if (lineFeed !== -1) lineFeed += kept
    if (carriageReturn !== -1) carriageReturn += kept
    // Joined, not added: a string that was added stays in two pieces, and to read a small event from it costs a quarter more.
    const text = kept === 0 ? chunk : [this.#line, chunk].join('')
    for (;;) {
      const isReturn = carriageReturn !== -1 && (lineFeed === -1 || carriageReturn < lineFeed)
      let end = isReturn ? carriageReturn : lineFeed
      if (end === -1) return this.#keep(text.slice(start))
      // Those that streams are made of are read where they are; others are cut out.
      if (start === end) this.#dispatch(this.#data)
      else if (isData(text, start)) {
        const value = valueAt(text, start + 5, end)
        if (this.#data === undefined && !isReturn && text.charCodeAt(end + 1) === LINE_FEED) {
          // Most events end here: without this short cut, an event of one line takes a third longer.
          this.#dispatch(value)
          end++
        } else this.#addData(value)
      } else if (isEvent(text, start)) this.#type = valueAt(text, start + 6, end)
      else if (isId(text, start)) this.#setId(valueAt(text, start + 3, end))
      else this.#readField(text.slice(start, end))
      start = end + 1
      if (isReturn) {
        this.#afterReturn = start === text.length
        if (lineFeed === start) start++
        carriageReturn = text.indexOf('\r', start)
      }
      if (lineFeed !== -1 && lineFeed < start) lineFeed = text.indexOf('\n', start)
    }
  }

  /** Keeps the beginning of a line, as much of it as is needed. */
  #keep(line: string): void {
    const length = lengthOf(this.#data, this.#type, this.#id)
    this.#line = this.#limit?.keep(line, length, this.#options.onComment === undefined) ?? line
  }

  #readField(line: string): void {
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : valueAt(line, colon + 1, line.length)
    if (name === 'data') this.#addData(value)
    else if (name === 'event') this.#type = value
    else if (name === 'id') this.#setId(value)
    else if (name === 'retry' && /^\d+$/.test(value))
      this.#call(this.#options.onRetry, Math.min(Number(value), MAX_RETRY_MS))
    else if (name === '' && this.#options.onComment !== undefined) {
      this.#limit?.check(value.length)
      this.#call(this.#options.onComment, value)
    }
  }

  #call<T>(handler: ((value: T) => void) | undefined, value: T): void {
    try {
      handler?.(value)
    } catch (error) {
      this.#thrown ??= { error }
    }
  }

  #addData(value: string): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`
  }

  /** An id that contains NUL is ignored, as the specification demands. */
  #setId(value: string): void {
    if (!value.includes('\0')) this.#id = value
  }

  #dispatch(data: string | undefined): void {
    const type = this.#type
    const id = this.#id
    this.#forget()
    this.#limit?.check(lengthOf(data, type, id))
    if (id !== undefined) this.#lastEventId = id
    if (data === undefined) return
    try {
      this.#options.onEvent({ type: type || 'message', data, lastEventId: this.#lastEventId }, id)
    } catch (error) {
      this.#thrown ??= { error }
    }
  }

  #forget(): void {
    this.#data = undefined
    this.#type = ''
    this.#id = undefined
  }

  /** Nothing behind it is read: it would look as if nothing were missing. */
  #refuse(error: unknown): void {
    this.#refusal = { error }
    this.#line = ''
    this.#forget()
  }
}

function lengthOf(data: string | undefined, type: string, id: string | undefined): number {
  return (data?.length ?? 0) + type.length + (id?.length ?? 0)
}

// Compared by hand: with `startsWith`, parsing a small event takes a third longer.

function isData(text: string, at: number): boolean {
  return (
    text.charCodeAt(at) === D &&
    text.charCodeAt(at + 1) === A &&
    text.charCodeAt(at + 2) === T &&
    text.charCodeAt(at + 3) === A &&
    text.charCodeAt(at + 4) === COLON
  )
}

function isEvent(text: string, at: number): boolean {
  return (
    text.charCodeAt(at) === E &&
    text.charCodeAt(at + 1) === V &&
    text.charCodeAt(at + 2) === E &&
    text.charCodeAt(at + 3) === N &&
    text.charCodeAt(at + 4) === T &&
    text.charCodeAt(at + 5) === COLON
  )
}

function isId(text: string, at: number): boolean {
  return text.charCodeAt(at) === I && text.charCodeAt(at + 1) === D && text.charCodeAt(at + 2) === COLON
}

/** What stands behind the colon, and behind one space after it. */
function valueAt(text: string, at: number, end: number): string {
  return text.slice(text.charCodeAt(at) === SPACE ? at + 1 : at, end)
}
