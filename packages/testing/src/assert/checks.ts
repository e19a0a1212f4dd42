import type { EventSchemas } from '@sse/core'
import type { EventPattern } from '../record/event-pattern.ts'
import type { RecordingEndReason } from '../record/recorded-event.ts'
import type { Recording } from '../record/recording.ts'
import { checkEmits, checkEmitsInOrder, type InOrderOptions } from './emits.ts'
import { checkEndsWith } from './ends-with.ts'
import { checkPingsEvery, type PingOptions } from './pings-every.ts'
import { checkResumesAfter } from './resumes-after.ts'
import { assertVerdict, type CheckOptions } from './verdict.ts'

/**
 * `expect(recording).toEmitEvent(pattern)` for any test runner: an event that matches is in the recording, or comes.
 *
 * @throws AssertionError
 */
export async function assertEmitsEvent<Schemas extends EventSchemas>(
  recording: Recording<Schemas>,
  pattern: EventPattern<Schemas>,
  options: CheckOptions = {},
): Promise<void> {
  assertVerdict(await checkEmits(recording as never, pattern as EventPattern, options, false))
}

/**
 * `expect(recording).toEmitEventsInOrder(patterns)`: events that match come in this order, others between them or not. With `strict`
 * the first events of the recording are these, one for one.
 *
 * @throws AssertionError
 */
export async function assertEmitsEventsInOrder<Schemas extends EventSchemas>(
  recording: Recording<Schemas>,
  patterns: readonly EventPattern<Schemas>[],
  options: InOrderOptions = {},
): Promise<void> {
  const verdict = await checkEmitsInOrder(
    recording as never,
    patterns as readonly EventPattern[],
    options,
    false,
  )
  assertVerdict(verdict)
}

/**
 * `expect(recording).toResumeAfter(id)`: connects anew with this `Last-Event-ID`, and what comes is what the recording had after it,
 * contiguous, in order, once; or a `gap` says that it cannot.
 *
 * @throws AssertionError; SseError `not-a-source` where there is nothing to connect to anew.
 */
export async function assertResumesAfter<Schemas extends EventSchemas>(
  recording: Recording<Schemas>,
  id: string,
  options: CheckOptions = {},
): Promise<void> {
  assertVerdict(await checkResumesAfter(recording as never, id, options, false))
}

/**
 * `expect(recording).toPingEvery(ms)`: comments come at this interval while the stream is idle. A `FakeClock` is moved for it.
 *
 * @throws AssertionError
 */
export async function assertPingsEvery<Schemas extends EventSchemas>(
  recording: Recording<Schemas>,
  intervalMs: number,
  options: PingOptions = {},
): Promise<void> {
  assertVerdict(await checkPingsEvery(recording as never, intervalMs, options))
}

/**
 * `expect(recording).toEndWith(reason)`: the stream ends, and so.
 *
 * @throws AssertionError
 */
export async function assertEndsWith<Schemas extends EventSchemas>(
  recording: Recording<Schemas>,
  reason: RecordingEndReason,
  options: CheckOptions = {},
): Promise<void> {
  assertVerdict(await checkEndsWith(recording as never, reason, options, false))
}
