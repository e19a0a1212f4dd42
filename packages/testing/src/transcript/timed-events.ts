import { createEventStreamParser, type DispatchedEvent } from '@sse/core'
import type { Transcript } from './transcript.ts'

/** An event of a transcript. */
export interface TimedEvent extends DispatchedEvent {
  /** The event's own id; `undefined` if it has none, `lastEventId` is then that of an earlier one. */
  readonly id: string | undefined
  /** When the bytes came that completed it: milliseconds since the head. */
  readonly atMs: number
}

/** What a reader gets from the bytes of a transcript: for a look at it, and for assertions. */
export function transcriptEvents({ chunks }: Transcript): readonly TimedEvent[] {
  const events: TimedEvent[] = []
  let now = 0
  const parser = createEventStreamParser({
    onEvent: (event, id) => events.push({ ...event, id, atMs: now }),
    limits: { maxEventLength: Number.POSITIVE_INFINITY },
  })
  for (const { atMs, bytes } of chunks) {
    now = atMs
    parser.feed(bytes)
  }
  return events
}
