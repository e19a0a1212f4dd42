import type { Clock, EventSchemas } from '@sse/core'
import type { EventPattern } from './event-pattern.ts'
import type { RequestOptions } from './record-options.ts'
import type {
  RecordedComment,
  RecordedEnd,
  RecordedEntry,
  RecordedEventOf,
  RecordedType,
} from './recorded-event.ts'

export interface WaitOptions {
  /** How long, in real time. Default that of the recording. */
  readonly timeoutMs?: number | undefined
}

export interface WaitForOptions extends WaitOptions {
  /** What is waited for, as it completes "Waited 2000 ms for …". */
  readonly awaited?: string | (() => string) | undefined
}

/** How the stream was answered. */
export interface RecordedResponse {
  readonly status: number
  readonly headers: Headers
  /** Of an answer that was refused: what its body said, its first 4,096 characters; `''` for an event stream. */
  readonly text: string
}

/**
 * A stream, as it comes. Made by {@link record}.
 *
 * It has one cursor. `next`, `take`, `until` and iterating wait for events behind the last one that was awaited, and move the cursor
 * behind what they give; `quiet` asks that nothing be left there. `events` and `entries` have everything, and move nothing.
 *
 * What waits gives up after `timeoutMs` of real time, and at once when the stream has ended, with an `SseError` `not-in-time` that
 * tells what came.
 */
export interface Recording<Schemas extends EventSchemas = EventSchemas>
  extends AsyncIterable<RecordedEventOf<Schemas>>,
    AsyncDisposable {
  /** All events so far. */
  readonly events: readonly RecordedEventOf<Schemas>[]
  /** All comments so far: pings, as a rule. */
  readonly comments: readonly RecordedComment[]
  /** Everything so far, in the order in which it came. */
  readonly entries: readonly RecordedEntry<Schemas>[]
  /** `undefined` for sources without one: an `EventSource`, an iterable of chunks. */
  readonly response: RecordedResponse | undefined
  /** How it ended; `undefined` while it is open. */
  readonly end: RecordedEnd | undefined
  /** What a client would send as `Last-Event-ID` now. */
  readonly lastEventId: string
  /** What its times go by. */
  readonly clock: Clock
  /** How long it waits, unless it is told for how long. */
  readonly timeoutMs: number

  /** The next event. */
  next(options?: WaitOptions): Promise<RecordedEventOf<Schemas>>
  /** The next `count` events. */
  next(count: number, options?: WaitOptions): Promise<RecordedEventOf<Schemas>[]>
  /** The next event of this type. Others before it are passed over. */
  take<Type extends RecordedType<Schemas>>(
    type: Type,
    options?: WaitOptions,
  ): Promise<RecordedEventOf<Schemas, Type>>
  /** The next `count` events of this type. */
  take<Type extends RecordedType<Schemas>>(
    type: Type,
    count: number,
    options?: WaitOptions,
  ): Promise<RecordedEventOf<Schemas, Type>[]>
  /** The next events, up to and with the first that matches: `until({ data: '[DONE]' })`. */
  until(
    last: EventPattern<Schemas> | ((event: RecordedEventOf<Schemas>) => boolean),
    options?: WaitOptions,
  ): Promise<RecordedEventOf<Schemas>[]>
  /**
   * Settles when no event has come for `ms`, by the recording's clock, and none was there that nobody awaited; comments are quiet.
   * Of a stream that has ended no more can come.
   *
   * @throws SseError `not-in-time` with the event that came.
   */
  quiet(ms: number, options?: WaitOptions): Promise<void>
  /**
   * Looks, and again whenever something has come, until what it sees is not `undefined`: `waitFor(() => stream.comments[0])`. Moves
   * no cursor.
   */
  waitFor<T>(look: () => T | undefined, options?: WaitForOptions): Promise<T>
  /** Settles when the stream has ended, whatever ended it. */
  ended(options?: WaitOptions): Promise<RecordedEnd>

  /**
   * A slow reader: takes no more from the connection, so that what feeds it meets backpressure, as soon as the buffers between are full.
   *
   * @throws SseError `not-a-source` for an `EventSource`, which reads as it likes.
   */
  pauseReading(): void
  resumeReading(): void

  /**
   * Another recording of the same source, which asks for what comes after `lastEventId`: by default the last one that came. What else
   * was asked with the first recording is asked again.
   *
   * @throws SseError `not-a-source` where a source can be read once only.
   */
  reconnect(request?: RequestOptions & WaitOptions): Promise<Recording<Schemas>>

  /** Closes the connection and releases the source, an `EventSource` too. Never rejects; what came stays. */
  close(): Promise<void>
  /** All that came, a line for each entry, the last ones of many. */
  toString(): string
}
