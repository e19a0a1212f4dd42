import type { OutgoingEvent } from './encoders/encoder.ts'

/** Events of one shape. They differ, so that no engine can keep the answer of the last one. */
export interface EventShape {
  readonly name: string
  event(n: number): OutgoingEvent
}

export const hundredBytes: EventShape = {
  name: '100 bytes, id and event',
  event: (n) => ({
    id: `1767225600000-${String(n).padStart(7, '0')}`,
    event: 'price',
    data: `{"symbol":"ABC","price":${100 + (n % 900)}.25,"at":1767225600000}`.padEnd(53),
  }),
}

export const oneKibibyte: EventShape = {
  name: '1 KiB of JSON',
  event(n) {
    const rows = Array.from({ length: 20 }, (_, row) => ({
      id: n * 20 + row,
      name: `row ${row}`,
      even: row % 2 === 0,
    }))
    return { data: JSON.stringify({ rows }).padEnd(1024) }
  },
}

export const fiveLines: EventShape = {
  name: '5 lines, indented, with an arrow',
  event: (n) => ({
    event: 'diff',
    data: `export function next(state) {\n  const { at } = state\n\n  return at + ${n} // at → next\n}`,
  }),
}

export const SHAPES: readonly EventShape[] = [hundredBytes, oneKibibyte, fiveLines]

export function eventsOfShape({ event }: EventShape, count: number): readonly OutgoingEvent[] {
  return Array.from({ length: count }, (_, n) => event(n))
}
