import type { EventSchemas } from '@sse/core'
import type { ComparableEvent, EventPattern } from '../record/event-pattern.ts'
import type { Recording } from '../record/recording.ts'
import { type AlignedRow, alignEvents } from './align-events.ts'
import { comparablePart, describeRows, summarize } from './event-diff.ts'
import { assertVerdict, type Verdict } from './verdict.ts'

export interface AssertEventsOptions {
  /** What more came than expected behind the last expected event is left aside. Default false. */
  readonly andMore?: boolean | undefined
}

/**
 * Asserts that the events so far are the expected ones, one for one and in order. It does not wait: await first what makes the
 * sequence whole, as with `stream.ended()` or `stream.until(…)`.
 *
 * @throws AssertionError with what is missing, extra and different, and where.
 */
export function assertEvents<Schemas extends EventSchemas>(
  recording: Recording<Schemas>,
  expected: readonly EventPattern<Schemas>[],
  options?: AssertEventsOptions,
): void
/** The same for any events: those of `parseEventStream`, `MessageEvent`s that a listener gathered. */
export function assertEvents(
  events: readonly ComparableEvent[],
  expected: readonly EventPattern[],
  options?: AssertEventsOptions,
): void
export function assertEvents(
  actual: Recording | readonly ComparableEvent[],
  expected: readonly EventPattern[],
  options: AssertEventsOptions = {},
): void {
  const events = 'events' in actual ? actual.events : actual
  assertVerdict(checkEvents(events, expected, options))
}

export function checkEvents(
  all: readonly ComparableEvent[],
  expected: readonly EventPattern[],
  { andMore = false }: AssertEventsOptions = {},
): Verdict {
  const rows = alignEvents(all, expected)
  const counted = andMore ? withoutMore(rows) : rows
  const summary = summarize(counted)
  return {
    pass: summary === undefined,
    message:
      summary === undefined
        ? `Expected other events than these ${expected.length}, but they came:\n\n${describeRows(rows)}`
        : `The events are not the expected ones: ${summary} (${expected.length} expected, ${all.length} came).\n\n${describeRows(counted)}\n\n- missing  + extra  ~ different`,
    actual: counted.flatMap((row) =>
      row.kind === 'missing'
        ? []
        : [comparablePart(row.event, row.kind === 'extra' ? undefined : row.pattern)],
    ),
    expected,
  }
}

/** Without the events behind the last that was expected. */
function withoutMore(rows: readonly AlignedRow[]): readonly AlignedRow[] {
  const last = rows.findLastIndex(({ kind }) => kind !== 'extra')
  return rows.slice(0, last + 1)
}
