import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EVENT_STREAM_CASES } from './event-stream-cases.ts'
import { cut, readChunks } from './feeds.ts'
import { PROPERTY_RUNS } from './property-runs.ts'
import { cycle, randomSizes, randomStream } from './random-streams.ts'
import { referenceParse } from './reference-parser.ts'

const lastEventIds = fc.constantFrom('', '', 'before')

it.each(EVENT_STREAM_CASES)('has a reference that agrees on $section: $name', (streamCase) => {
  const { events, retries = [], lastEventId } = streamCase
  const reference = referenceParse(new TextEncoder().encode(streamCase.wire))
  expect(reference).toEqual({ events, retries, lastEventId })
})

it('equals the reference over random bytes, cut anywhere (§9.2.6)', () => {
  fc.assert(
    fc.property(randomStream, randomSizes, lastEventIds, (stream, sizes, lastEventId) => {
      const { comments: _, ...reading } = readChunks(cut(stream, cycle(sizes)), { lastEventId })
      expectSame(reading, referenceParse(stream, lastEventId))
    }),
    PROPERTY_RUNS,
  )
})

it('equals the reference over the same text as strings, cut anywhere (§9.2.6)', () => {
  // The BOM stays: it is the parser that must strip the first.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  fc.assert(
    fc.property(randomStream, randomSizes, lastEventIds, (stream, sizes, lastEventId) => {
      const { comments: _, ...reading } = readChunks(cut(decoder.decode(stream), cycle(sizes)), {
        lastEventId,
      })
      expectSame(reading, referenceParse(stream, lastEventId))
    }),
    PROPERTY_RUNS,
  )
})

/** As text first: it is many times faster than a deep comparison, which is left to tell the difference. */
function expectSame(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected)
}
