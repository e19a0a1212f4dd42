/** Every `code` that `@sse/core` puts on an {@link SseError}. */
export type CoreErrorCode =
  // What a writer may not put into an event
  | 'empty-event'
  | 'unknown-field'
  | 'not-a-string'
  | 'line-break-in-field'
  | 'null-in-field'
  | 'ill-formed-text'
  | 'event-without-data'
  | 'invalid-retry'
  | 'not-json'
  | 'invalid-line-ending'
  // What a reader may meet
  | 'event-too-large'
  | 'not-an-event-stream'
  | 'invalid-chunk'
  | 'invalid-limit'
  // Typed events
  | 'unknown-event'
  | 'invalid-data'
  | 'async-schema'
  | 'invalid-event-map'
  // Memory channels
  | 'invalid-capacity'
  | 'would-block'
  | 'end-of-stream'
  | 'broken-resource'
  | 'closed-resource'

/** What an {@link SseError} may carry beside its code and message. */
export interface SseErrorDetails {
  /** The field of the event, or the option, that was refused. */
  readonly field?: string | undefined
  /** What was wrong inside a value, as `data.items[3].price`. */
  readonly path?: string | undefined
  /** The validator's findings, when a schema refused the value. */
  readonly issues?:
    | ReadonlyArray<{ readonly message: string; readonly path?: string | undefined }>
    | undefined
  readonly cause?: unknown
}

/**
 * The one error class of the toolkit: `code` is for programs, `message` says to a person what happened and what to do.
 *
 * Compare `code`, or use {@link isSseError}, rather than `instanceof`: both hold when two copies of the package
 * or two realms meet in one program.
 */
export class SseError<Code extends string = CoreErrorCode> extends Error {
  override readonly name: string = 'SseError'
  readonly code: Code
  readonly field?: string | undefined
  readonly path?: string | undefined
  readonly issues?: SseErrorDetails['issues']

  constructor(code: Code, message: string, details: SseErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    if (details.field !== undefined) this.field = details.field
    if (details.path !== undefined) this.path = details.path
    if (details.issues !== undefined) this.issues = details.issues
  }
}

/** Whether `error` is an {@link SseError}, of this `code` if one is given, whichever copy of the package made it. */
export function isSseError<Code extends string = CoreErrorCode>(
  error: unknown,
  code?: Code,
): error is SseError<Code> {
  if (!(error instanceof Error) && Object.prototype.toString.call(error) !== '[object Error]') return false
  const { code: found, name } = error as SseError
  return typeof found === 'string' && SSE_ERROR_NAMES.has(name) && (code === undefined || found === code)
}

/** The names under which an {@link SseError} or a subclass of it appears. */
const SSE_ERROR_NAMES: ReadonlySet<string> = new Set([
  'SseError',
  'WouldBlock',
  'EndOfStream',
  'BrokenResource',
  'ClosedResource',
])
