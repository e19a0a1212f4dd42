import { checkBound, checkDuration } from '../errors.ts'

/**
 * How much a channel keeps for those who come back. Whatever passes any of the bounds is dropped, the oldest first.
 * `Infinity` switches a bound off.
 */
export interface Retention {
  /** Default 10,000 events. */
  readonly events?: number | undefined
  /**
   * Of encoded events, and of the compressed copies of them that those share who catch up. Default 8 MiB. A channel with
   * `compression: 'auto'` leaves copies a quarter of it, and no more than 16 MiB; where only responses ask for compression,
   * copies have the room that events leave.
   */
  readonly bytes?: number | undefined
  /** Looked at when something is published and when somebody subscribes. Default: no bound. */
  readonly ageMs?: number | undefined
  /** With `compactBy`: how many keys have their latest event kept, also past the other bounds. Default 10,000. */
  readonly keys?: number | undefined
}

/** @throws SseError `invalid-option` */
export function checkRetention(retention: Retention = {}): Required<{ [Key in keyof Retention]: number }> {
  const {
    events = 10_000,
    bytes = 8 * 1024 * 1024,
    ageMs = Number.POSITIVE_INFINITY,
    keys = 10_000,
  } = retention
  return {
    events: checkBound('retention.events', events),
    bytes: checkBound('retention.bytes', bytes),
    ageMs: ageMs === Number.POSITIVE_INFINITY ? ageMs : checkDuration('retention.ageMs', ageMs),
    keys: checkBound('retention.keys', keys),
  }
}
