import { type Clock, type EventMap, type EventSchemas, type ParserLimits, systemClock } from '@sse/core'
import { testingError } from '../errors.ts'

/** How a stream is asked for, where the source is a URL or a handler. */
export interface RequestOptions {
  /** The path, and query, that is asked for. Default `/`; for a URL, resolved against it. */
  readonly path?: string | undefined
  /** Default `GET`, or `POST` with a body. */
  readonly method?: string | undefined
  /** Beside `accept: text/event-stream`. */
  readonly headers?: RequestInit['headers']
  readonly body?: RequestInit['body'] | undefined
  /** Goes on after this event: sent as `Last-Event-ID`, in UTF-8. */
  readonly lastEventId?: string | undefined
}

export interface RecordOptions<Schemas extends EventSchemas = EventSchemas> extends RequestOptions {
  /** Types and validates the data of events. An event that does not fit ends the recording, and fails what waits for it. */
  readonly events?: EventMap<Schemas> | undefined
  /** Of an `EventSource`: the types to listen for beside `message`. Default the names of `events`. */
  readonly types?: readonly string[] | undefined
  /** What the times of entries and `quiet` go by. Default the real one. */
  readonly clock?: Clock | undefined
  /** How long the response's head, and everything that is awaited, may take in real time. Default 2,000. */
  readonly timeoutMs?: number | undefined
  /** Closes the recording. */
  readonly signal?: AbortSignal | undefined
  /** How many entries are kept: one more ends the recording. Default 10,000. */
  readonly maxEntries?: number | undefined
  /** How long an event may be. Default 1,048,576 characters. */
  readonly limits?: ParserLimits | undefined
}

export interface RecordSettings<Schemas extends EventSchemas> extends RecordOptions<Schemas> {
  readonly clock: Clock
  readonly timeoutMs: number
  readonly maxEntries: number
}

/** @throws SseError `invalid-option` */
export function checkRecordOptions<Schemas extends EventSchemas>(
  options: RecordOptions<Schemas>,
): RecordSettings<Schemas> {
  const { clock = systemClock, timeoutMs = 2_000, maxEntries = 10_000 } = options
  checkTimeout(timeoutMs)
  if (!(Number.isInteger(maxEntries) && maxEntries >= 1) && maxEntries !== Number.POSITIVE_INFINITY)
    throw invalidOption('maxEntries', 'a whole number from 1 up', maxEntries)
  return { ...options, clock, timeoutMs, maxEntries }
}

/** @throws SseError `invalid-option` */
export function checkTimeout(timeoutMs: unknown): void {
  checkDuration('timeoutMs', timeoutMs)
}

/** @throws SseError `invalid-option` */
export function checkDuration(field: string, ms: unknown): void {
  if (!(typeof ms === 'number' && ms >= 0))
    throw invalidOption(field, 'a number of milliseconds from 0 up', ms)
}

/** @throws SseError `invalid-option` */
export function checkCount(count: unknown): void {
  if (!(Number.isInteger(count) && (count as number) >= 1))
    throw invalidOption('count', 'a whole number from 1 up', count)
}

function invalidOption(field: string, expected: string, value: unknown): Error {
  return testingError('invalid-option', `${field} must be ${expected}, but it is ${String(value)}.`, {
    field,
  })
}
