import { SseError, type SseErrorDetails } from '@sse/core'

/** Every `code` that `@sse/server` adds to those of `@sse/core`. */
export type ServerErrorCode =
  | 'invalid-option'
  | 'invalid-header'
  | 'invalid-content'
  | 'invalid-item'
  | 'response-already-started'
  | 'stream-ended'
  | 'channel-closed'
  | 'reserved-event'
  | 'reserved-id'
  | 'duplicate-id'
  | 'too-many-channels'
  // Channels with a broker
  | 'broker-unavailable'
  | 'broker-refused'
  | 'publish-unknown'
  | 'invalid-payload'

export function serverError(
  code: ServerErrorCode,
  message: string,
  details?: SseErrorDetails,
): SseError<ServerErrorCode> {
  return new SseError(code, message, details)
}

/** A duration that an option gives: a finite number from 0 up. */
export function checkDuration(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value
  throw invalidOption(option, 'a number from 0 up', value)
}

/** A count that an option gives: a whole number from 0 to `most`. */
export function checkCount(option: string, value: unknown, most: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most) return value
  throw invalidOption(option, `a whole number from 0 to ${most}`, value)
}

/** A bound on something that is counted, where `Infinity` means that there is none. */
export function checkBound(option: string, value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : checkCount(option, value)
}

function invalidOption(option: string, expected: string, value: unknown): SseError<ServerErrorCode> {
  return serverError('invalid-option', `${option} must be ${expected}, but it is ${String(value)}.`, {
    field: option,
  })
}

/** How a Node stream says that it was destroyed, and a memory channel that nobody receives any more. */
const CODES_OF_STOPPING: readonly unknown[] = ['ERR_STREAM_PREMATURE_CLOSE', 'broken-resource']

/** Whether a source or its producer threw because it was told to stop: by `ctx.signal`, or by what it reads or writes. */
export function isAbortError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'AbortError' || ('code' in error && CODES_OF_STOPPING.includes(error.code))
}
