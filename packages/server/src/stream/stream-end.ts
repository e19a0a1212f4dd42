/** Why a stream ended. Each stream ends once, with one reason. */
export type EndReason =
  /** The source had nothing more to say. */
  | 'complete'
  /** The client closed the connection, or it broke. */
  | 'client-disconnect'
  /** The client did not take what was written within `sendTimeoutMs`. */
  | 'send-timeout'
  /** The server was shutting down: the source said goodbye and returned, or was ended, or the client was cut off. */
  | 'shutdown'
  /** It was open for `maxDurationMs`. */
  | 'max-duration'
  /** The client was slower than the channel's retention, and its `lagPolicy` is `'disconnect'`. */
  | 'lagged'
  /** The source threw, or gave something that is no event: see `error`. */
  | 'error'
  /** It never began: the request was answered with an error status. See `status`. */
  | 'refused'

/** How a stream ended, and what it carried. */
export interface StreamEnd {
  readonly reason: EndReason
  /** What the source threw, as itself. Only with the reason `error`. */
  readonly error?: unknown
  /** What the client was answered with instead. Only with the reason `refused`. */
  readonly status?: number
  /** Events written to the sink, pings and the opening block not counted. */
  readonly events: number
  /** Bytes of the event stream, before compression. */
  readonly bytes: number
  /** Bytes written to the sink, after compression and before any framing by HTTP. Without compression, as many as `bytes`. */
  readonly wireBytes: number
  readonly durationMs: number
}

/** The end of a response that carried no stream. */
export function endWithoutStream(end: Pick<StreamEnd, 'reason' | 'error' | 'status'>): StreamEnd {
  return { ...end, events: 0, bytes: 0, wireBytes: 0, durationMs: 0 }
}
