import type { GapReason } from '@sse/core'
import { parseEventId } from './event-id.ts'
import type { Log } from './log.ts'

/**
 * Where a stream without a last event ID begins: with what comes from now on; with the oldest event retained; or, with
 * `compactBy`, with the latest event of each key, and then what comes.
 */
export type StartPosition = 'live' | 'earliest' | 'snapshot'

/** Where a reader's cursor is put, or why it cannot be put where the reader asked. */
export type Resumption =
  | { readonly offset: number }
  | { readonly lost: GapReason; readonly requestedId: string; readonly missed: number | null }
  /** The log does not know it; a broker may. */
  | 'elsewhere'

/** Finds the place behind the event that a reader names as its last; `oldest` is the first offset that can still be read. */
export function resume(log: Log, epoch: string, lastEventId: string, oldest: number): Resumption {
  const own = log.offsetOf(lastEventId)
  if (own !== undefined) return { offset: own + 1 }
  // It was dropped, but nothing behind it.
  if (lastEventId === log.idBefore(log.start)) return { offset: log.start }

  const lost = (reason: GapReason, missed: number | null): Resumption => ({
    lost: reason,
    requestedId: lastEventId,
    missed,
  })
  const id = parseEventId(lastEventId)
  if (id === undefined) return lost('unknown-id', null)
  if (id.epoch !== epoch) return lost('restarted', null)
  const offset = id.offset + 1
  // An id that this log has not reached yet was made up.
  if (offset > log.end) return lost('unknown-id', null)
  return offset < oldest ? lost('evicted', oldest - offset) : { offset }
}
