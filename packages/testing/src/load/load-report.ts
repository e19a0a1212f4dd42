import type { DeliveryReport } from './delivery-check.ts'
import type { Percentiles } from './durations.ts'

/** How many connections did what. */
export interface ConnectionCounts {
  /** Streams that are open now. */
  readonly open: number
  /** Streams that were opened, the reconnections included. */
  readonly opened: number
  /** Attempts that gave no stream: nobody answered, or not with 200 and an event stream. */
  readonly failed: number
  /** Streams that ended before the load was over. */
  readonly closed: number
}

/** How it goes, about once a second. */
export interface LoadProgress {
  readonly elapsedMs: number
  /** Clients that have been started so far. */
  readonly started: number
  readonly clients: number
  readonly connections: ConnectionCounts
  readonly events: number
  /** Since the last progress. */
  readonly eventsPerSecond: number
  readonly bytesPerSecond: number
}

/** What a load found out. */
export interface LoadReport {
  readonly url: string
  readonly clients: number
  /** How long it took, from the first connection on. */
  readonly elapsedMs: number
  readonly connections: ConnectionCounts
  /** Why attempts failed and streams ended, and how often, as `{ 'status 503': 12 }`. */
  readonly reasons: Readonly<Record<string, number>>
  readonly events: number
  /** As they came from the network, heads and chunk sizes included, TLS not. */
  readonly bytes: number
  /** After the ramp; over all of the time when it ended before. */
  readonly eventsPerSecond: number
  readonly bytesPerSecond: number
  /** From the attempt to the head of the response. `undefined`: there was none. */
  readonly connectMs: Percentiles | undefined
  /** From the time an event says that it was sent to its arrival. `undefined`: no event says it. */
  readonly latencyMs: Percentiles | undefined
  /** Events that came before they were sent, so that the two clocks are not the same. They are not in `latencyMs`. */
  readonly latencyBelowZero: number
  /** From the first client that got an event to the last one, of those that were connected. `undefined`: no id came to two. */
  readonly spreadMs: Percentiles | undefined
  readonly delivery: DeliveryReport & {
    /** Events without an id, of which nobody can tell whether one is missing. */
    readonly withoutId: number
  }
  /** How much of the time the tool itself was busy, from 0 to 1. Near 1 it measures itself: use fewer clients, or several machines. */
  readonly busy: number
  /** There was a stream, no attempt failed, and no event was missing or doubled. */
  readonly ok: boolean
}
