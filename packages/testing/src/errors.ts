import { SseError, type SseErrorDetails } from '@sse/core'

/** Every `code` that `@sse/testing` adds to those of `@sse/core`. */
export type TestingErrorCode =
  /** An option, a script or a fault plan that makes no sense. */
  | 'invalid-option'
  /** A request came after the last answer of a script. */
  | 'script-over'
  /** What was awaited did not come in time, or can come no more. */
  | 'not-in-time'
  /** A file that is no transcript. */
  | 'invalid-transcript'
  /** What was given is no stream, and nothing that one can be opened from. */
  | 'not-a-source'
  /** This runtime lacks what the call needs. */
  | 'unsupported-runtime'
  /** Nothing can listen there. */
  | 'port-unavailable'

export function testingError(
  code: TestingErrorCode,
  message: string,
  details?: SseErrorDetails,
): SseError<TestingErrorCode> {
  return new SseError(code, message, details)
}
