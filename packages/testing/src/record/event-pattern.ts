import type { EventName, EventOutput, EventSchemas, Gap } from '@sse/core'
import { type AsymmetricMatcher, deepMatch, isAsymmetricMatcher } from './deep-match.ts'
import { brief } from './describe-entries.ts'
import type { RecordedType } from './recorded-event.ts'

/**
 * What data is expected. A string is the text itself; a regular expression finds something in the text; a function judges the data;
 * `expect.objectContaining(…)` and its like match as they do. Anything else is compared deeply with the data, parsed as JSON.
 */
export type DataPattern<Data = AnyData> = Data | AsymmetricMatcher | RegExp | ((data: Data) => boolean)

/** What data can be, text or parsed. Not `unknown`, which would leave the parameter of a predicate without a type. */
export type AnyData = string | number | boolean | null | object

interface PatternOf<Type, Data> {
  readonly type?: Type | undefined
  readonly data?: DataPattern<Data> | undefined
  /** The event's own id; `undefined` is no expectation. */
  readonly id?: string | AsymmetricMatcher | undefined
  readonly lastEventId?: string | AsymmetricMatcher | undefined
}

/** What is expected of an event: only what is named is compared. */
export type EventPattern<Schemas extends EventSchemas = EventSchemas> = string extends keyof Schemas
  ? PatternOf<string | AsymmetricMatcher, AnyData>
  : {
      readonly [Type in RecordedType<Schemas>]: PatternOf<
        Type,
        Type extends EventName<Schemas> ? EventOutput<Schemas, Type> : Gap
      >
    }[RecordedType<Schemas>]

/** What can be compared with a pattern: a recorded event, or any that was dispatched. */
export interface ComparableEvent {
  readonly type: string
  readonly data: unknown
  readonly id?: string | undefined
  readonly lastEventId?: string | undefined
}

export type PatternField = 'type' | 'data' | 'id' | 'lastEventId'

const FIELDS: readonly PatternField[] = ['type', 'id', 'lastEventId', 'data']

/** The fields of a pattern that an event does not fit; none when it matches. */
export function mismatches(event: ComparableEvent, pattern: EventPattern): readonly PatternField[] {
  return expectedFields(pattern).filter((field) => !matchesField(event, pattern, field))
}

export function matchesPattern(event: ComparableEvent, pattern: EventPattern): boolean {
  return mismatches(event, pattern).length === 0
}

/** The fields that a pattern names. */
export function expectedFields(pattern: EventPattern): readonly PatternField[] {
  return FIELDS.filter((field) => pattern[field] !== undefined)
}

function matchesField(event: ComparableEvent, pattern: EventPattern, field: PatternField): boolean {
  if (field === 'data') return matchesData(event.data, pattern.data)
  return deepMatch(event[field], pattern[field])
}

function matchesData(data: unknown, expected: unknown): boolean {
  if (typeof expected === 'string') return data === expected
  if (expected instanceof RegExp)
    return new RegExp(expected.source, expected.flags.replace(/[gy]/g, '')).test(textOf(data))
  // A matcher of texts is given the text, one of objects what the text means.
  if (isAsymmetricMatcher(expected) && expected.asymmetricMatch(data)) return true
  const value = dataValue(data)
  if (typeof expected === 'function') return expected(value) === true
  return deepMatch(value, expected)
}

function textOf(data: unknown): string {
  return typeof data === 'string' ? data : JSON.stringify(data)
}

/** Data as a value: JSON if it is, or else the text. A recording with an event map has parsed it. */
export function dataValue(data: unknown): unknown {
  if (typeof data !== 'string') return data
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}

/** `type "price", id "7", data {"value":1}` */
export function describePattern(pattern: EventPattern): string {
  const parts = expectedFields(pattern).map((field) => `${field} ${describeExpected(pattern[field])}`)
  return parts.join(', ') || 'any'
}

export function describeExpected(value: unknown): string {
  // A function written into a pattern has the name of its property, which says nothing.
  if (typeof value === 'function') return `[${value.name.replace(/^data$/, '') || 'a predicate'}]`
  return brief(value)
}
