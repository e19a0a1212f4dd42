import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type CoreErrorCode,
  createEventStreamParser,
  encodeEvent,
  isSseError,
  parseEventStream,
  type ServerSentEvent,
  type SseError,
} from '../src/index.ts'
import { cut, recorder, streamOf } from './feeds.ts'
import { PROPERTY_RUNS } from './property-runs.ts'
import { cycle, randomSizes, randomStream } from './random-streams.ts'
import { referenceParse } from './reference-parser.ts'

const anything = fc.anything({
  maxDepth: 2,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: false,
})

/** Runs `action` and lets nothing pass but an `SseError` of these codes. */
function allowOnly(codes: readonly CoreErrorCode[], action: () => void): SseError | undefined {
  try {
    action()
  } catch (error) {
    if (isSseError(error) && codes.includes(error.code)) return error
    throw error
  }
  return undefined
}

it('gives, with a limit, the events of the reference up to the first that is too long, cut anywhere', () => {
  let refusals = 0
  fc.assert(
    fc.property(
      randomStream,
      randomSizes,
      fc.integer({ min: 1, max: 8 }),
      (stream, sizes, maxEventLength) => {
        const { events, ...handlers } = recorder()
        const parser = createEventStreamParser({ onEvent: handlers.onEvent, limits: { maxEventLength } })
        const error = allowOnly(['event-too-large'], () => {
          for (const chunk of cut(stream, cycle(sizes))) parser.feed(chunk)
        })
        const expected = referenceParse(stream).events
        const firstTooLong = expected.findIndex(({ data }) => data.length > maxEventLength)
        expect(JSON.stringify(events)).toBe(JSON.stringify(expected.slice(0, events.length)))
        if (error === undefined) expect(events).toHaveLength(expected.length)
        if (firstTooLong !== -1) {
          expect(error).toBeDefined()
          expect(events.length).toBeLessThanOrEqual(firstTooLong)
        }
        if (error !== undefined) refusals++
      },
    ),
    PROPERTY_RUNS,
  )
  expect(refusals).toBeGreaterThan((PROPERTY_RUNS.numRuns ?? 0) / 20)
})

it('throws nothing but its documented errors, whatever a parser is fed, and in whatever order it is called', () => {
  const call = fc.oneof(
    { weight: 4, arbitrary: randomStream },
    { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 1, arbitrary: fc.constantFrom('end' as const, 'reset' as const).map((name) => ({ name })) },
    { weight: 1, arbitrary: anything },
  )
  fc.assert(
    fc.property(fc.array(call, { maxLength: 8 }), (calls) => {
      const parser = createEventStreamParser({ ...recorder(), limits: { maxEventLength: 20 } })
      for (const argument of calls) {
        allowOnly(['event-too-large', 'invalid-chunk'], () => {
          if (isCall(argument)) parser[argument.name]()
          else parser.feed(argument as string)
        })
      }
    }),
    PROPERTY_RUNS,
  )
})

it('throws nothing but its documented errors, whatever is encoded', () => {
  const fields = fc.record(
    { comment: anything, id: anything, event: anything, data: anything, retry: anything },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof({ weight: 4, arbitrary: fields }, { weight: 1, arbitrary: anything }), (event) => {
      try {
        expect(encodeEvent(event as ServerSentEvent)).toMatch(/\n\n$/)
      } catch (error) {
        if (!isSseError(error)) throw error
      }
    }),
    PROPERTY_RUNS,
  )
})

it('ends an iteration over random bytes with its documented errors only, and never hangs', async () => {
  await fc.assert(
    fc.asyncProperty(randomStream, randomSizes, async (bytes, sizes) => {
      const iterator = parseEventStream(streamOf(cut(bytes, cycle(sizes))), { limits: { maxEventLength: 8 } })
      try {
        for (let next = await iterator.next(); !next.done; next = await iterator.next());
      } catch (error) {
        if (!isSseError(error, 'event-too-large')) throw error
      }
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
    }),
    { ...PROPERTY_RUNS, numRuns: 1_000 },
  )
})

function isCall(argument: unknown): argument is { readonly name: 'end' | 'reset' } {
  const name = (argument as { name?: unknown } | null | undefined)?.name
  return name === 'end' || name === 'reset'
}
