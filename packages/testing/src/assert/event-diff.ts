import { brief, describeContent } from '../record/describe-entries.ts'
import {
  type ComparableEvent,
  dataValue,
  describeExpected,
  describePattern,
  type EventPattern,
  expectedFields,
  type PatternField,
} from '../record/event-pattern.ts'
import type { AlignedRow } from './align-events.ts'

/** How many rows that are the same stay on either side of one that is not. */
const CONTEXT = 3

/** `1 missing, 2 different`; `undefined` when all is as expected. */
export function summarize(rows: readonly AlignedRow[]): string | undefined {
  const parts = (['missing', 'extra', 'different'] as const).flatMap((kind) => {
    const count = rows.filter((row) => row.kind === kind).length
    return count === 0 ? [] : [`${count} ${kind}`]
  })
  return parts.join(', ') || undefined
}

/**
 * The comparison, a line for each event: `-` was expected and is missing, `+` came and was not expected, `~` came otherwise than
 * expected, with what differs below it. The number is the place in its own sequence.
 */
export function describeRows(rows: readonly AlignedRow[]): string {
  const width = String(rows.length).length
  const shown = rows.map((_, at) =>
    rows.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== 'same'),
  )
  const lines: string[] = []
  rows.forEach((row, at) => {
    if (shown[at]) lines.push(...describeRow(row, width))
    else if (shown[at - 1] !== false) lines.push(`  ${'…'.padStart(width + 2)}`)
  })
  return lines.join('\n')
}

function describeRow(row: AlignedRow, width: number): readonly string[] {
  const place = `[${row.at}]`.padStart(width + 2)
  switch (row.kind) {
    case 'same':
      return [`  ${place} ${describeEvent(row.event)}`]
    case 'extra':
      return [`+ ${place} ${describeEvent(row.event)}`]
    case 'missing':
      return [`- ${place} ${describePattern(row.pattern)}`]
    case 'different':
      return [
        `~ ${place} ${describeEvent(row.event)}`,
        ...describeFields(row.event, row.pattern, row.fields, ' '.repeat(width + 5)),
      ]
  }
}

/** What of an event is otherwise than expected, two lines for each field. */
export function describeFields(
  event: ComparableEvent,
  pattern: EventPattern,
  fields: readonly PatternField[],
  indent: string,
): readonly string[] {
  return fields.flatMap((field) => {
    // Data that was expected as a value is shown as one: the text may only be spelt otherwise.
    const asText = field !== 'data' || typeof pattern.data === 'string' || pattern.data instanceof RegExp
    const actual = asText ? event[field] : dataValue(event[field])
    return [
      `${indent}${field} expected ${describeExpected(pattern[field])}`,
      `${indent}${' '.repeat(field.length)} received ${brief(actual)}`,
    ]
  })
}

export function describeEvent(event: ComparableEvent): string {
  return `${event.type}  ${describeContent(event)}`
}

/** An event, reduced to what a pattern names: what test runners compare with it once more. */
export function comparablePart(event: ComparableEvent, pattern: EventPattern | undefined): object {
  const fields: readonly PatternField[] =
    pattern === undefined ? ['type', 'id', 'data'] : expectedFields(pattern)
  return Object.fromEntries(
    fields.map((field) => [
      field,
      field === 'data' && typeof pattern?.data !== 'string' && !(pattern?.data instanceof RegExp)
        ? dataValue(event.data)
        : event[field],
    ]),
  )
}
