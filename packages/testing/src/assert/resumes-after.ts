import { type Gap, parseGap } from '@sse/core'
import type { AnyData } from '../record/event-pattern.ts'
import type { AnyRecordedEvent } from '../record/recorded-event.ts'
import type { Recording } from '../record/recording.ts'
import { checkEvents } from './assert-events.ts'
import { settled } from './emits.ts'
import { type CheckOptions, NEGATED_TIMEOUT_MS, type Verdict } from './verdict.ts'

/**
 * Whether the source resumes: asked anew with this `Last-Event-ID`, it gives the events that the recording had after it, contiguous,
 * in order, each once, and nothing before them; new ones may follow. If it cannot, it must say so before anything else, by an event of
 * type `gap` (see `parseGap` of `@sse/core`), and go on behind the gap just so. Only events with an id of their own are compared:
 * nobody can ask for others.
 */
export async function checkResumesAfter(
  recording: Recording,
  id: string,
  { timeoutMs }: CheckOptions,
  negated: boolean,
): Promise<Verdict> {
  const last = await settled(
    recording,
    () => recording.events.findIndex((event) => event.id === id) + 1 || undefined,
    timeoutMs,
    false,
  )
  if (last === undefined) return unknownId(recording, id)
  const known = recording.events.filter(hasId)
  const rest = known.slice(known.findIndex((event) => event.id === id) + 1)

  await using resumed = await recording.reconnect({ lastEventId: id, timeoutMs })
  const came = (): readonly AnyRecordedEvent[] => resumed.events.filter(hasId)
  // Where nothing has to come, it can only be waited for that nothing does.
  const beginsWithinMs = rest.length === 0 ? NEGATED_TIMEOUT_MS : timeoutMs
  const first = await settled(resumed, () => came()[0], beginsWithinMs, negated)
  const gap = first && gapOf(first)
  const expected = gap === undefined ? rest : behind(gap, id, rest)
  const skipped = gap === undefined ? 0 : 1
  await settled(resumed, () => came().length >= skipped + expected.length || undefined, timeoutMs, negated)

  const patterns = expected.map((event) => ({ type: event.type, id: event.id, data: event.data as AnyData }))
  const events = came().slice(skipped)
  const comparison = checkEvents(events.slice(0, patterns.length), patterns)
  const again = repeated(events.slice(patterns.length), gap === undefined ? known : [])
  const problem =
    problemOf(resumed, gap, id, rest) ?? (comparison.pass ? again : 'what came is not the rest of the events')
  const details = comparison.pass ? '' : `${comparison.message}\n\n`
  return {
    pass: problem === undefined,
    message: `Expected the stream ${problem === undefined ? 'not ' : ''}to resume after ${JSON.stringify(id)}, but ${problem ?? 'it did'}.\n\n${details}${resumed}`,
    actual: comparison.actual,
    expected: patterns,
  }
}

function unknownId(recording: Recording, id: string): Verdict {
  return {
    pass: false,
    message: `Expected the stream to resume after ${JSON.stringify(id)}, but no event of the recording has this id.\n\n${recording}`,
  }
}

/** The part of the events that is behind a gap. All may be, where its position is none of theirs: after a restart, say. */
function behind(
  { resumedAtId }: Gap,
  id: string,
  rest: readonly AnyRecordedEvent[],
): readonly AnyRecordedEvent[] {
  if (resumedAtId === id) return rest
  const at = rest.findIndex((event) => event.id === resumedAtId)
  return at === -1 ? [] : rest.slice(at + 1)
}

function problemOf(
  resumed: Recording,
  gap: Gap | undefined,
  id: string,
  rest: readonly AnyRecordedEvent[],
): string | undefined {
  if (resumed.end?.reason === 'refused') return 'it was refused'
  if (gap === undefined) return undefined
  if (gap.requestedId !== null && gap.requestedId !== id)
    return `the gap is one after ${JSON.stringify(gap.requestedId)}`
  const missed = rest.findIndex((event) => event.id === gap.resumedAtId) + 1
  if (missed === 0 || gap.missed === null || gap.missed === missed) return undefined
  return `the gap tells of ${gap.missed} missed events, and there are ${missed} up to ${JSON.stringify(gap.resumedAtId)}`
}

function repeated(
  events: readonly AnyRecordedEvent[],
  known: readonly AnyRecordedEvent[],
): string | undefined {
  const ids = new Set(known.map((event) => event.id))
  const again = events.find((event) => ids.has(event.id))
  return again && `the event with id ${JSON.stringify(again.id)} came again`
}

function hasId(event: AnyRecordedEvent): boolean {
  return event.id !== undefined || gapOf(event) !== undefined
}

/** A recording with an event map has parsed it. */
function gapOf({ type, data, lastEventId }: AnyRecordedEvent): Gap | undefined {
  return parseGap({ type, data: typeof data === 'string' ? data : JSON.stringify(data), lastEventId })
}
