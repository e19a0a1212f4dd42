/** Why a stream ended. Each stream ends once, with one reason. */
export type EndReason =
  /** The source had nothing more to say. */
  | 'complete'
  /** The client closed the connection, or it broke. */
  | 'client-disconnect'
  /** The client did not take a write within `sendTimeoutMs`. */
  | 'send-timeout'
  /** The source threw, or gave something that is no event: see `error`. */
  | 'error'

/** How a stream ended, and what it carried. */
export interface StreamEnd {
  readonly reason: EndReason
  /** What the source threw, as itself. Only with the reason `error`. */
  readonly error?: unknown
  /** Events written to the sink, pings and the opening block not counted. */
  readonly events: number
  /** Bytes written to the sink, before any framing by HTTP. */
  readonly bytes: number
  readonly durationMs: number
}
