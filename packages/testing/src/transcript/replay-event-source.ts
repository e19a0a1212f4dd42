import { systemClock } from '@sse/core'
import { FetchedEventSource } from './fetched-event-source.ts'
import { replayFetch } from './replay-fetch.ts'
import type { Transcript } from './transcript.ts'
import type { ReplayOptions } from './transcript-script.ts'

/** As the standard has it. */
export interface ReplayEventSourceInit {
  readonly withCredentials?: boolean | undefined
}

/** What code under test may use in the place of the global `EventSource`. */
export interface ReplayEventSourceClass {
  new (url: string | URL, init?: ReplayEventSourceInit): FetchedEventSource
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSED: 2
}

/** What browsers wait until the stream says something else. */
const RETRY_MS = 3_000

/**
 * An `EventSource` class whose streams are the transcript, whatever their URL: put it where the code under test looks for the real one.
 *
 * ```ts
 * vi.stubGlobal('EventSource', replayEventSource(transcript, { speed: 10 }))
 * ```
 *
 * It is the standard's: `readyState`, `on…` handlers, listeners, `MessageEvent`s, and reconnection with the last event ID, after
 * the stream's `retry` or 3 seconds, divided by `speed`. Once it has all of the transcript it is closed, with an `error` event.
 *
 * @throws SseError `invalid-option`
 */
export function replayEventSource(
  transcript: Transcript,
  options: ReplayOptions = {},
): ReplayEventSourceClass {
  const { clock = systemClock, speed = 1 } = options
  const source = { fetch: replayFetch(transcript, options), clock, retryMs: RETRY_MS, retryFactor: 1 / speed }
  return class EventSource extends FetchedEventSource {
    constructor(url: string | URL, init?: ReplayEventSourceInit) {
      super(url, source, init?.withCredentials ?? false)
    }
  }
}
