import { withoutOwnFrames } from '../own-frames.ts'

/** What a check found. `message` is for the case that somebody wanted the contrary. */
export interface Verdict {
  readonly pass: boolean
  readonly message: string
  readonly actual?: unknown
  readonly expected?: unknown
}

/** How a check is asked: `negated` when it is meant to fail, so that it does not wait for that for ever. */
export interface CheckOptions {
  /**
   * How long to wait, in real time. Default that of the recording; for a check that is negated 100, because what does not come can
   * only be waited for.
   */
  readonly timeoutMs?: number | undefined
}

export const NEGATED_TIMEOUT_MS = 100

/** In the shape of Node's `AssertionError`, by which `node:test`, vitest and Jest know that there is a difference to show. */
export class EventAssertionError extends Error {
  override readonly name: string = 'AssertionError'
  readonly code: string = 'ERR_ASSERTION'
  readonly generatedMessage: boolean = false
  /** Jest has words for Node's own operators only. */
  readonly operator: string = 'deepEqual'
  readonly actual: unknown
  readonly expected: unknown

  constructor({ message, actual, expected }: Verdict) {
    super(message)
    this.actual = actual
    this.expected = expected
  }
}

/** @throws EventAssertionError if the check has not passed. */
export function assertVerdict(verdict: Verdict): void {
  if (!verdict.pass) throw withoutOwnFrames(new EventAssertionError(verdict))
}
