import type { DispatchedEvent, EventName, EventOutput, EventSchemas, Gap } from '@sse/core'

/** An event as it came, and when. */
export interface RecordedEvent extends DispatchedEvent {
  readonly kind: 'event'
  /** The event's own id; `undefined` if it has none, `lastEventId` is then that of an earlier one. */
  readonly id: string | undefined
  /** Milliseconds since the recording began, by its clock. */
  readonly atMs: number
  /**
   * What stood on the wire, the blank line included; `undefined` where the source shows no bytes, as an `EventSource`. Without the
   * LF of a CRLF that the network cut in two behind the blank line: the event was complete before it.
   */
  readonly bytes: Uint8Array | undefined
}

/** The types that a recording with this event map can have: those of the map, and `gap`, by which servers tell that events were missed. */
export type RecordedType<Schemas extends EventSchemas> = string extends keyof Schemas
  ? string
  : EventName<Schemas> | 'gap'

/** An event of a recording with an event map: its data is parsed, validated and typed. Without a map it is text. */
export type RecordedEventOf<
  Schemas extends EventSchemas,
  Type extends string = RecordedType<Schemas>,
> = string extends keyof Schemas
  ? RecordedEvent
  : {
      readonly [Each in Type]: Omit<RecordedEvent, 'type' | 'data'> & {
        readonly type: Each
        readonly data: Each extends EventName<Schemas> ? EventOutput<Schemas, Each> : Gap
      }
    }[Type]

/** What every recorded event has, whatever its map says of its data. */
export type AnyRecordedEvent = Omit<RecordedEvent, 'data'> & { readonly data: unknown }

/** A comment line: a ping, most often. */
export interface RecordedComment {
  readonly kind: 'comment'
  /** Without the colon and one space after it. */
  readonly text: string
  readonly atMs: number
}

/** A `retry` field. */
export interface RecordedRetry {
  readonly kind: 'retry'
  readonly retryMs: number
  readonly atMs: number
}

/** The stream began: the response's head came, or the `EventSource` told that it is open. Each reconnection adds one. */
export interface RecordedOpening {
  readonly kind: 'open'
  readonly status: number | undefined
  readonly headers: Headers | undefined
  readonly atMs: number
}

/**
 * Why a recording ended. `complete`: the body came to its end. `cut`: the connection broke before. `refused`: the answer was no
 * event stream. `closed`: the test, or its `EventSource`, closed it. `failed`: something came that the event map or a limit of the
 * recording refuses, so that nothing behind it was read.
 */
export type RecordingEndReason = 'complete' | 'cut' | 'refused' | 'closed' | 'failed'

export interface RecordedEnd {
  readonly kind: 'end'
  readonly reason: RecordingEndReason
  /** What broke it, where something did. */
  readonly error: unknown
  readonly atMs: number
}

/** One thing that a recording saw. */
export type RecordedEntry<Schemas extends EventSchemas = EventSchemas> =
  | RecordedEventOf<Schemas>
  | RecordedComment
  | RecordedRetry
  | RecordedOpening
  | RecordedEnd
