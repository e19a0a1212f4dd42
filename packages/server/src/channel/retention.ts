import { checkBound, checkDuration } from '../errors.ts'

/**
 * How much a channel keeps for those who come back. Whatever passes any of the bounds is dropped, the oldest first.
 * `Infinity` switches a bound off.
 */
export interface Retention {
  /** Default 10,000 events. */
  readonly events?: number | undefined
  /**
   * Of encoded events. Default 8 MiB. Compressed copies, for those who catch up, take up to a quarter more, and no more than 16 MiB: what
   * clients ask for must not decide how many events are kept, so they have a bound beside this one.
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
