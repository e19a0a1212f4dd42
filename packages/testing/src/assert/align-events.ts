import {
  type ComparableEvent,
  type EventPattern,
  expectedFields,
  mismatches,
  type PatternField,
} from '../record/event-pattern.ts'

/** One row of the comparison: an event, what was expected in its place, or both. */
export type AlignedRow =
  | { readonly kind: 'extra'; readonly event: ComparableEvent; readonly at: number }
  | {
      readonly kind: 'same'
      readonly event: ComparableEvent
      readonly pattern: EventPattern
      readonly at: number
    }
  | { readonly kind: 'missing'; readonly pattern: EventPattern; readonly at: number }
  | {
      readonly kind: 'different'
      readonly event: ComparableEvent
      readonly pattern: EventPattern
      readonly fields: readonly PatternField[]
      readonly at: number
    }

/** Above this many comparisons events are compared place by place: a diff that takes minutes helps nobody. */
const MAX_CELLS = 1_000_000

/**
 * Lays the events beside what was expected, with the fewest changes: one that was left out makes one row `missing`, and not all behind
 * it different.
 */
export function alignEvents(
  events: readonly ComparableEvent[],
  patterns: readonly EventPattern[],
): readonly AlignedRow[] {
  if (events.length * patterns.length > MAX_CELLS) return placeByPlace(events, patterns)
  const width = patterns.length + 1
  // How many changes it takes from here to the end.
  const costs = new Uint32Array((events.length + 1) * width)
  const costOf = (e: number, p: number): number => costs[e * width + p] ?? 0
  for (let e = events.length; e >= 0; e--) {
    for (let p = patterns.length; p >= 0; p--) {
      const rest = [
        e < events.length ? 2 + costOf(e + 1, p) : Number.POSITIVE_INFINITY,
        p < patterns.length ? 2 + costOf(e, p + 1) : Number.POSITIVE_INFINITY,
        e < events.length && p < patterns.length
          ? changeCost(events[e] as ComparableEvent, patterns[p] as EventPattern) + costOf(e + 1, p + 1)
          : Number.POSITIVE_INFINITY,
      ]
      const least = Math.min(...rest)
      costs[e * width + p] = Number.isFinite(least) ? least : 0
    }
  }
  return walk(events, patterns, costOf)
}

/** Two that have nothing in common are one that is missing and one that is extra, unless there is only one thing to compare. */
function changeCost(event: ComparableEvent, pattern: EventPattern): number {
  const wrong = mismatches(event, pattern).length
  if (wrong === 0) return 0
  const expected = expectedFields(pattern).length
  return wrong < expected || expected === 1 ? 3 : 5
}

function walk(
  events: readonly ComparableEvent[],
  patterns: readonly EventPattern[],
  costOf: (e: number, p: number) => number,
): readonly AlignedRow[] {
  const rows: AlignedRow[] = []
  let e = 0
  let p = 0
  while (e < events.length || p < patterns.length) {
    const event = events[e]
    const pattern = patterns[p]
    const cost = costOf(e, p)
    if (
      event !== undefined &&
      pattern !== undefined &&
      cost === changeCost(event, pattern) + costOf(e + 1, p + 1)
    ) {
      rows.push(compared(event, pattern, e))
      e++
      p++
    } else if (pattern !== undefined && cost === 2 + costOf(e, p + 1)) {
      rows.push({ kind: 'missing', pattern, at: p++ })
    } else {
      rows.push({ kind: 'extra', event: event as ComparableEvent, at: e++ })
    }
  }
  return rows
}

function placeByPlace(
  events: readonly ComparableEvent[],
  patterns: readonly EventPattern[],
): readonly AlignedRow[] {
  return Array.from({ length: Math.max(events.length, patterns.length) }, (_, at): AlignedRow => {
    const event = events[at]
    const pattern = patterns[at]
    if (event === undefined) return { kind: 'missing', pattern: pattern as EventPattern, at }
    if (pattern === undefined) return { kind: 'extra', event, at }
    return compared(event, pattern, at)
  })
}

function compared(event: ComparableEvent, pattern: EventPattern, at: number): AlignedRow {
  const fields = mismatches(event, pattern)
  return fields.length === 0
    ? { kind: 'same', event, pattern, at }
    : { kind: 'different', event, pattern, fields, at }
}
