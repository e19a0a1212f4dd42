import { isSseError } from '@sse/core'
import {
  type ComparableEvent,
  describePattern,
  type EventPattern,
  expectedFields,
  matchesPattern,
  mismatches,
} from '../record/event-pattern.ts'
import type { Recording } from '../record/recording.ts'
import { checkEvents } from './assert-events.ts'
import { comparablePart, describeEvent, describeFields } from './event-diff.ts'
import { type CheckOptions, NEGATED_TIMEOUT_MS, type Verdict } from './verdict.ts'

export interface InOrderOptions extends CheckOptions {
  /** No other event may come before or between: the first events of the recording are these. Default false. */
  readonly strict?: boolean | undefined
}

/** Whether an event that matches is in the recording, or comes. */
export async function checkEmits(
  recording: Recording,
  pattern: EventPattern,
  { timeoutMs }: CheckOptions,
  negated: boolean,
): Promise<Verdict> {
  const find = (): ComparableEvent | undefined =>
    recording.events.find((event) => matchesPattern(event, pattern))
  const found = await settled(recording, find, timeoutMs, negated)
  const wanted = describePattern(pattern)
  if (found !== undefined) {
    return { pass: true, message: `Expected no event with ${wanted}, but there is one.\n\n${recording}` }
  }
  const nearest = nearestEvent(recording.events, pattern)
  return {
    pass: false,
    message: [`Expected an event with ${wanted}, but none came.`, ...nearest.lines, String(recording)].join(
      '\n\n',
    ),
    actual: nearest.event === undefined ? undefined : comparablePart(nearest.event, pattern),
    expected: pattern,
  }
}

/** Whether events that match come in this order. */
export async function checkEmitsInOrder(
  recording: Recording,
  patterns: readonly EventPattern[],
  { timeoutMs, strict = false }: InOrderOptions,
  negated: boolean,
): Promise<Verdict> {
  return strict
    ? checkFirstEvents(recording, patterns, timeoutMs, negated)
    : checkSubsequence(recording, patterns, timeoutMs, negated)
}

async function checkFirstEvents(
  recording: Recording,
  patterns: readonly EventPattern[],
  timeoutMs: number | undefined,
  negated: boolean,
): Promise<Verdict> {
  const isWrong = (event: ComparableEvent, at: number): boolean => {
    const pattern = patterns[at]
    return pattern !== undefined && !matchesPattern(event, pattern)
  }
  // One that is wrong cannot be made good by later ones.
  const decided = (): true | undefined =>
    recording.events.length >= patterns.length || recording.events.some(isWrong) || undefined
  await settled(recording, decided, timeoutMs, negated)
  const verdict = checkEvents(recording.events, patterns, { andMore: true })
  return {
    ...verdict,
    pass: verdict.pass && !recording.events.some(isWrong),
    message: `${verdict.message}\n\n${recording}`,
  }
}

async function checkSubsequence(
  recording: Recording,
  patterns: readonly EventPattern[],
  timeoutMs: number | undefined,
  negated: boolean,
): Promise<Verdict> {
  const found = (): number => {
    let next = 0
    for (const event of recording.events) {
      const pattern = patterns[next]
      if (pattern !== undefined && matchesPattern(event, pattern)) next++
    }
    return next
  }
  await settled(recording, () => found() === patterns.length || undefined, timeoutMs, negated)
  const count = found()
  const wanted = patterns
    .map((pattern, at) => `  ${at < count ? '✓' : '✗'} ${describePattern(pattern)}`)
    .join('\n')
  if (count === patterns.length) {
    return {
      pass: true,
      message: `Expected these events not to come in this order, but they did:\n\n${wanted}\n\n${recording}`,
    }
  }
  return {
    pass: false,
    message: `Expected these events in this order, others between them or not, but only the first ${count} came so:\n\n${wanted}\n\n${recording}`,
    actual: recording.events.map((event) => comparablePart(event, undefined)),
    expected: patterns,
  }
}

/** Waits for what `look` finds; `undefined` when it does not come. */
export async function settled<T>(
  recording: Recording,
  look: () => T | undefined,
  timeoutMs: number | undefined,
  negated: boolean,
): Promise<T | undefined> {
  try {
    return await recording.waitFor(look, {
      timeoutMs: timeoutMs ?? (negated ? NEGATED_TIMEOUT_MS : undefined),
    })
  } catch (error) {
    if (isSseError<string>(error, 'not-in-time')) return undefined
    throw error
  }
}

/** The event that differs in the fewest of several fields: a near miss, most often a typing error. */
function nearestEvent(
  events: readonly ComparableEvent[],
  pattern: EventPattern,
): { readonly event?: ComparableEvent; readonly lines: readonly string[] } {
  let fewest = expectedFields(pattern).length
  let nearest: ComparableEvent | undefined
  for (const event of events) {
    const { length } = mismatches(event, pattern)
    if (length >= fewest) continue
    fewest = length
    nearest = event
  }
  if (nearest === undefined) return { lines: [] }
  const lines = describeFields(nearest, pattern, mismatches(nearest, pattern), '  ')
  return { event: nearest, lines: [`The nearest was: ${describeEvent(nearest)}\n${lines.join('\n')}`] }
}
