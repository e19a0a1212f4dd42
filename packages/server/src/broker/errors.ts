import type { SseError } from '@sse/core'
import { type ServerErrorCode, serverError } from '../errors.ts'

/** Nothing was published. */
export function brokerUnavailable(timeoutMs: number, cause?: unknown): SseError<ServerErrorCode> {
  return serverError(
    'broker-unavailable',
    `The broker could not be reached within ${timeoutMs} ms, so the event was not published. Publish it again later, or raise publishTimeoutMs.`,
    { cause },
  )
}

/** Something may have been published. */
export function publishUnknown(timeoutMs: number, cause?: unknown): SseError<ServerErrorCode> {
  return serverError(
    'publish-unknown',
    `The broker did not answer within ${timeoutMs} ms, so nobody knows whether the event was published. Pass a dedupeKey to publish: then you can try again, and readers see the event once.`,
    { cause },
  )
}

export function brokerRefused(cause: unknown): SseError<ServerErrorCode> {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return serverError('broker-refused', `The broker refused the event, so it was not published: ${reason}`, {
    cause,
  })
}
