import type { ServerSentEvent } from '@sse/core'

/** Why a reader cannot get what it asked for. */
export type GapReason =
  /** The events after its id are no longer retained. */
  | 'evicted'
  /** Its id is from an earlier life of the channel: the server was restarted. */
  | 'restarted'
  /** Its id is none that this channel knows. */
  | 'unknown-id'
  /** It reads more slowly than events are dropped. */
  | 'lagged'

/** The data of a `gap` event: what a reader asked for and can no longer get. */
export interface Gap {
  readonly reason: GapReason
  /** The id that the reader sent; `null` if it sent none, or one too long to repeat. */
  readonly requestedId: string | null
  /** The position from which it goes on. The `gap` event has this id too, so that a reader resumes from there. */
  readonly resumedAtId: string
  /** How many events it missed; `null` if that cannot be known, as for a reader who wants only some of them. */
  readonly missed: number | null
}

/**
 * What happens to a reader that cannot have what it asked for.
 *
 * - `'gap'`: it is told by an event `gap`, and goes on with the oldest event retained.
 * - `'disconnect'`: if it lags, its stream ends with the reason `lagged`; it comes back with its last id, and is told then.
 * - a function: supplies the events that bring the reader up to date, such as a snapshot from a database. They are written
 *   instead of the `gap`, without ids; then the reader goes on with what was published since the function was called. If it throws, the
 *   stream ends with that error.
 */
export type LagPolicy =
  | 'gap'
  | 'disconnect'
  | ((gap: Gap) => Iterable<ServerSentEvent> | Promise<Iterable<ServerSentEvent>>)
