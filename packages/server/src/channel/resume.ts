import { formatEventId, parseEventId } from './event-id.ts'
import type { Log } from './log.ts'

/** Where a stream without a last event ID begins: with what comes from now on, or with the oldest event retained. */
export type StartPosition = 'live' | 'earliest'

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
  /** How many events it missed; `null` if that cannot be known. */
  readonly missed: number | null
}

/** Where a reader's cursor is put, and what it must be told first. */
export interface Resumption {
  readonly offset: number
  readonly gap?: Gap
}

/** An id longer than this was not made here, and is not sent back. */
const LONGEST_ID_REPEATED = 256

/** Puts a cursor behind the event that a reader names as its last. After a gap it goes on with the oldest event retained. */
export function resume(log: Log, epoch: string, lastEventId: string, start: StartPosition): Resumption {
  if (lastEventId === '') return { offset: start === 'live' ? log.end : log.start }

  const own = log.offsetOf(lastEventId)
  if (own !== undefined) return { offset: own + 1 }

  const gap = (reason: GapReason, missed: number | null): Resumption => ({
    offset: log.start,
    gap: {
      reason,
      requestedId: lastEventId.length <= LONGEST_ID_REPEATED ? lastEventId : null,
      resumedAtId: formatEventId(epoch, log.start - 1),
      missed,
    },
  })
  const id = parseEventId(lastEventId)
  if (id === undefined) return gap('unknown-id', null)
  if (id.epoch !== epoch) return gap('restarted', null)
  const offset = id.offset + 1
  // An id that this log has not reached yet was made up.
  if (offset > log.end) return gap('unknown-id', null)
  return offset < log.start ? gap('evicted', log.start - offset) : { offset }
}
