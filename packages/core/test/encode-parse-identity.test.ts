import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type DispatchedEvent,
  encodeEvent,
  isSseError,
  type LineEnding,
  type ServerSentEvent,
} from '../src/index.ts'
import { cut, type Reading, readChunks } from './feeds.ts'
import { PROPERTY_RUNS } from './property-runs.ts'
import { cycle, randomSizes } from './random-streams.ts'

/** Any text, and often such as is hard to carry; now and then what must be refused. */
const text = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(' ', ':', 'data: x', 'id: 1', '\u2028', '\uFEFF', 'ï»¿', '😀', '0'),
      },
      { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\0', '\uD83D') },
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''))

const event: fc.Arbitrary<ServerSentEvent> = fc.record(
  {
    comment: text,
    id: text,
    event: text,
    data: fc.oneof(text, fc.jsonValue({ maxDepth: 2 })),
    retry: fc.oneof(fc.nat(), fc.constantFrom(0, 1, 2 ** 31 - 1, 2 ** 31, -1, 0.5)),
  },
  { requiredKeys: [] },
)

const lineEnding = fc.constantFrom<LineEnding>('\n', '\r\n', '\r')

/** Every line break as LF: what a stream cannot tell apart. */
const withLf = (value: string): string => value.replaceAll(/\r\n?/g, '\n')

/** What a reader must see, said without parsing anything. */
function readingOf(events: readonly ServerSentEvent[]): Reading {
  let lastEventId = ''
  const dispatched: DispatchedEvent[] = []
  for (const { id, event: type, data } of events) {
    lastEventId = id ?? lastEventId
    if (data === undefined) continue
    const wireData = typeof data === 'string' ? withLf(data) : JSON.stringify(data)
    dispatched.push({ type: type || 'message', data: wireData, lastEventId })
  }
  return {
    events: dispatched,
    retries: events.flatMap(({ retry }) => retry ?? []),
    comments: events.flatMap(({ comment }) => (comment === undefined ? [] : withLf(comment).split('\n'))),
    lastEventId,
  }
}

it('reads back every accepted event as it was written, its line breaks as LF, whatever the line ending and the cuts', () => {
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(
      fc.array(event, { minLength: 1, maxLength: 5 }),
      lineEnding,
      randomSizes,
      fc.boolean(),
      (events, eol, sizes, asBytes) => {
        const written: ServerSentEvent[] = []
        let wire = ''
        for (const candidate of events) {
          try {
            wire += encodeEvent(candidate, { lineEnding: eol })
            written.push(candidate)
            accepted++
          } catch (error) {
            if (!isSseError(error)) throw error
            refused++
          }
        }
        const chunks = asBytes ? cut(new TextEncoder().encode(wire), cycle(sizes)) : cut(wire, cycle(sizes))
        const reading = readChunks(chunks)
        const expected = readingOf(written)
        if (JSON.stringify(reading) !== JSON.stringify(expected)) expect(reading).toEqual(expected)
      },
    ),
    PROPERTY_RUNS,
  )
  // Both doors were used: a generator that makes nothing but refused events would prove nothing.
  expect(accepted).toBeGreaterThan(PROPERTY_RUNS.numRuns ?? 0)
  expect(refused).toBeGreaterThan((PROPERTY_RUNS.numRuns ?? 0) / 10)
})

it('gives JSON back as the value that it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false, stringUnit: 'binary' }), (value) => {
      fc.pre(typeof value !== 'string')
      const [dispatched] = readChunks([encodeEvent({ data: value })]).events
      expect(JSON.parse(dispatched?.data ?? '')).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { ...PROPERTY_RUNS, numRuns: 1_000 },
  )
})

it('writes a wire that is the same, event by event, in all three line endings', () => {
  fc.assert(
    fc.property(event, (candidate) => {
      const outcomes = (['\n', '\r\n', '\r'] as const).map((eol) => {
        try {
          return encodeEvent(candidate, { lineEnding: eol }).replaceAll(eol, '\n')
        } catch (error) {
          return (error as Error).message
        }
      })
      expect(new Set(outcomes).size).toBe(1)
    }),
    { ...PROPERTY_RUNS, numRuns: 1_000 },
  )
})
