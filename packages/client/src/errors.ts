import { SseError, type SseErrorDetails } from '@sse/core'

/** Every `code` that `@sse/client` adds to those of `@sse/core`. */
export type ClientErrorCode =
  | 'invalid-option'
  // Why an attempt ended
  | 'network-error'
  | 'stream-ended'
  | 'stalled'
  | 'connect-timeout'
  | 'refused'
  | 'no-content'
  | 'not-an-event-stream'
  | 'event-too-large'
  | 'request-failed'
  // Why there is no other
  | 'not-repeated'
  | 'too-many-attempts'
  | 'closed'

export function clientError(
  code: ClientErrorCode,
  message: string,
  details?: SseErrorDetails,
): SseError<ClientErrorCode> {
  return new SseError(code, message, details)
}

export interface ConnectionErrorDetails extends SseErrorDetails {
  readonly response?: ResponseHead | undefined
}

/** What of a response is known before its body. */
export interface ResponseHead {
  /** After redirects. */
  readonly url: string
  readonly status: number
  readonly headers: Headers
}

/** Why an attempt ended, or why there is no other. An `SseError`: ask `isSseError(error, 'refused')`. */
export class ConnectionError extends SseError<ClientErrorCode> {
  /** The response, where there was one: `error.response?.status`. */
  readonly response: ResponseHead | undefined

  constructor(code: ClientErrorCode, message: string, details: ConnectionErrorDetails = {}) {
    super(code, message, details)
    this.response = details.response
  }
}

/** A duration that an option gives: a finite number from 0 up. */
export function checkDuration(option: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && Number.isFinite(value)) return value
  throw invalidOption(option, 'a number of milliseconds from 0 up', value)
}

/** A bound on something that is counted, from 1 up; `Infinity` means that there is none. */
export function checkBound(option: string, value: unknown): number {
  if (value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) >= 1))
    return value as number
  throw invalidOption(option, 'a whole number from 1 up', value)
}

/** A policy that an option gives: told by the method that every one has. */
export function checkPolicy<Policy extends object>(
  option: string,
  value: Policy,
  method: keyof Policy,
  example: string,
): Policy {
  if (typeof value?.[method] === 'function') return value
  throw invalidOption(option, `a policy such as ${example}`, value)
}

export function invalidOption(option: string, expected: string, value: unknown): SseError<ClientErrorCode> {
  return clientError('invalid-option', `${option} must be ${expected}, but it is ${String(value)}.`, {
    field: option,
  })
}
