import type { EventSchemas } from '@sse/core'
import { testingError } from '../errors.ts'
import type { EventPattern } from '../record/event-pattern.ts'
import type { RecordingEndReason } from '../record/recorded-event.ts'
import type { Recording } from '../record/recording.ts'
import { checkEmits, checkEmitsInOrder, type InOrderOptions } from './emits.ts'
import { checkEndsWith } from './ends-with.ts'
import { checkPingsEvery, type PingOptions } from './pings-every.ts'
import { checkResumesAfter } from './resumes-after.ts'
import type { CheckOptions, Verdict } from './verdict.ts'

/** What of a matcher's `this` is used: vitest and Jest have it alike. */
export interface MatcherThis {
  readonly isNot?: boolean | undefined
}

/** What a matcher answers to vitest and Jest. */
export interface MatcherResult {
  readonly pass: boolean
  readonly message: () => string
  readonly actual?: unknown
  readonly expected?: unknown
}

/** The event map of a recording; of anything else none. */
type SchemasOf<Received> = Received extends Recording<infer Schemas> ? Schemas : EventSchemas

/**
 * The matchers for recordings. All are asynchronous, so await them. They look at the whole recording, from its first event, wait for
 * what has not come yet, and move no cursor; with `.not` they wait for 100 ms, unless `timeoutMs` says otherwise.
 */
export interface EventStreamMatchers<Received = unknown> {
  /** An event that matches is in the recording, or comes: `toEmitEvent({ type: 'price', data: { value: 1 } })`. */
  toEmitEvent(pattern: EventPattern<SchemasOf<Received>>, options?: CheckOptions): Promise<void>
  /**
   * Events that match come in this order, others between them or not. With `strict` the first events of the recording are these, one
   * for one.
   */
  toEmitEventsInOrder(
    patterns: readonly EventPattern<SchemasOf<Received>>[],
    options?: InOrderOptions,
  ): Promise<void>
  /**
   * Connects to the source anew with this `Last-Event-ID`: what comes is what the recording had after it, contiguous, in order, once;
   * or a `gap` says that it cannot be.
   */
  toResumeAfter(id: string, options?: CheckOptions): Promise<void>
  /** Comments come at this interval while the stream is idle. A `FakeClock` is moved for it, and the interval must be exact. */
  toPingEvery(intervalMs: number, options?: PingOptions): Promise<void>
  /** The stream ends, and so: `complete`, `cut`, `refused`, `closed` or `failed`. */
  toEndWith(reason: RecordingEndReason, options?: CheckOptions): Promise<void>
}

/** A matcher as `expect.extend` of vitest and Jest takes it. */
export type Matcher = (
  this: MatcherThis,
  received: unknown,
  expected?: unknown,
  options?: unknown,
) => Promise<MatcherResult>

/** For `expect.extend(matchers)`, where the import of `./vitest` or `./jest` should not do that. */
export const matchers: { readonly [Name in keyof EventStreamMatchers]: Matcher } = {
  async toEmitEvent(received, pattern, options = {}) {
    const recording = recordingOf(received)
    return result(await checkEmits(recording, pattern as EventPattern, options as CheckOptions, isNot(this)))
  },
  async toEmitEventsInOrder(received, patterns, options = {}) {
    const recording = recordingOf(received)
    const expected = patterns as readonly EventPattern[]
    return result(await checkEmitsInOrder(recording, expected, options as InOrderOptions, isNot(this)))
  },
  async toResumeAfter(received, id, options = {}) {
    const recording = recordingOf(received)
    return result(await checkResumesAfter(recording, id as string, options as CheckOptions, isNot(this)))
  },
  async toPingEvery(received, intervalMs, options = {}) {
    const recording = recordingOf(received)
    return result(await checkPingsEvery(recording, intervalMs as number, options as PingOptions))
  },
  async toEndWith(received, reason, options = {}) {
    const recording = recordingOf(received)
    const expected = reason as RecordingEndReason
    return result(await checkEndsWith(recording, expected, options as CheckOptions, isNot(this)))
  },
}

function isNot(context: MatcherThis): boolean {
  return context.isNot === true
}

function result({ message, ...verdict }: Verdict): MatcherResult {
  return { ...verdict, message: () => message }
}

/** By its shape: a test may have two copies of this module, one under `./vitest`. */
function recordingOf(received: unknown): Recording {
  if (typeof (received as Partial<Recording> | null | undefined)?.waitFor === 'function')
    return received as Recording
  const awaited = typeof (received as PromiseLike<unknown> | null | undefined)?.then === 'function'
  throw testingError(
    'not-a-source',
    awaited
      ? 'This matcher is for a recording, and this is a promise of one: await record(…) first.'
      : 'This matcher is for a recording, as `await record(…)` gives it.',
  )
}
