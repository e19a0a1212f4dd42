import type { DispatchedEvent } from '@sse/core'

/** An event as it came, and when. */
export interface RecordedEvent extends DispatchedEvent {
  readonly kind: 'event'
  /** The event's own id; `undefined` if it has none, `lastEventId` is then that of an earlier one. */
  readonly id: string | undefined
  /** Milliseconds since the recording began, by its clock. */
  readonly atMs: number
  /** What stood on the wire, the blank line included; `undefined` where the source shows no bytes, as an `EventSource`. */
  readonly bytes: Uint8Array | undefined
}

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
 * event stream. `closed`: the test, or its `EventSource`, closed it.
 */
export type RecordingEndReason = 'complete' | 'cut' | 'refused' | 'closed'

export interface RecordedEnd {
  readonly kind: 'end'
  readonly reason: RecordingEndReason
  /** What broke it, where something did. */
  readonly error: unknown
  readonly atMs: number
}

/** One thing that a recording saw. */
export type RecordedEntry = RecordedEvent | RecordedComment | RecordedRetry | RecordedOpening | RecordedEnd
