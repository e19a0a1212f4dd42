import { describe, expect, it } from 'vitest'
import { assertEvents, type EventPattern } from '../index.ts'
import { alignEvents } from './align-events.ts'

const event = (data: unknown, type = 'price') => ({
  type,
  data: typeof data === 'string' ? data : JSON.stringify(data),
  lastEventId: '',
})
const events = (...values: unknown[]) => values.map((value) => event(value))
const patterns = (...values: EventPattern['data'][]): EventPattern[] => values.map((data) => ({ data }))

function failureOf(
  ...args: Parameters<typeof assertEvents>
): Error & { actual?: unknown; expected?: unknown } {
  try {
    assertEvents(...args)
  } catch (error) {
    return error as Error
  }
  throw new Error('It should have failed.')
}

describe('assertEvents', () => {
  it.each([
    ['text', 'a', 'a', true],
    ['text that is JSON', '{"a":1}', '{"a":1}', true],
    ['text that is JSON, otherwise spelt', '{"a":1}', '{ "a": 1 }', false],
    ['a number', 1, 1, true],
    ['the text of a number', '1', '1', true],
    ['null', null, null, true],
    ['false for null', null, false, false],
    ['an object in another order', { a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 }, true],
    ['a part of an object', { a: 1, b: 2 }, { a: 1 }, false],
    ['more than an object has', { a: 1 }, { a: 1, b: 2 }, false],
    ['an undefined property', { a: 1 }, { a: 1, b: undefined }, true],
    ['a longer array', [1], [1, 2], false],
    ['an array for an object', { 0: 1 }, [1], false],
    ['an object for text', 'plain', { a: 1 }, false],
    ['a matcher', { a: 1 }, expect.objectContaining({ a: 1 }), true],
    ['a matcher inside', { a: [1, 'x'] }, { a: [expect.any(Number), expect.stringMatching('x')] }, true],
    ['a matcher of text', '{"a":1}', expect.stringContaining('a'), true],
    ['a matcher that does not match', { a: 1 }, expect.objectContaining({ a: 2 }), false],
    ['a predicate of the value', { a: 1 }, (data: { a: number }) => data.a === 1, true],
    ['a predicate that says no', 1, () => false, false],
    ['a predicate that says something else', 1, () => 'yes' as never, false],
    ['a regular expression', 'abc', /b/g, true],
    ['a regular expression that finds nothing', 'abc', /d/, false],
  ])('compares data: %s', (_, data, pattern, passes) => {
    const check = () => assertEvents(events(data), patterns(pattern as EventPattern['data']))
    if (passes) check()
    else expect(check).toThrow('1 ')
  })

  it('compares only what is named', () => {
    const one = { type: 'price', data: 'x', id: '7', lastEventId: '7' }
    assertEvents([one], [{}])
    assertEvents([one], [{ type: 'price', id: '7', lastEventId: '7' }])
    assertEvents([one], [{ id: expect.any(String), type: undefined }])
    for (const wrong of [{ type: 'prize' }, { id: '8' }, { lastEventId: '' }, { data: 'y' }]) {
      expect(failureOf([one], [wrong]).message).toMatch('1 ')
    }
  })

  it('wants all events and no other, unless more are welcome', () => {
    assertEvents([], [])
    expect(failureOf(events(1, 2), patterns(1)).message).toMatch('1 extra (1 expected, 2 came)')
    expect(failureOf(events(1), patterns(1, 2)).message).toMatch('1 missing (2 expected, 1 came)')
    assertEvents(events(1, 2), patterns(1), { andMore: true })
    failureOf(events(0, 1), patterns(1), { andMore: true })
    failureOf(events(1), patterns(1, 2), { andMore: true })
  })

  it('shows what is missing, extra and different, and where', () => {
    const actual = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((value) => ({
      ...event({ value }),
      id: String(value),
    }))
    const expected = actual.map(({ type, id, data }) => ({ type, id, data: JSON.parse(data) }))
    const failure = failureOf(
      [...actual.slice(0, 2), { ...event('?', 'other'), id: 'x' }, ...actual.slice(2, 8), ...actual.slice(9)],
      expected.with(11, { type: 'price', id: '12', data: { value: expect.any(String) } }),
    )
    expect(failure.message).toMatchInlineSnapshot(`
      "The events are not the expected ones: 1 missing, 1 extra, 1 different (12 expected, 12 came).

         [0] price  id "1"  {"value":1}
         [1] price  id "2"  {"value":2}
      +  [2] other  id "x"  ?
         [3] price  id "3"  {"value":3}
         [4] price  id "4"  {"value":4}
         [5] price  id "5"  {"value":5}
         [6] price  id "6"  {"value":6}
         [7] price  id "7"  {"value":7}
         [8] price  id "8"  {"value":8}
      -  [8] type "price", id "9", data {"value":9}
         [9] price  id "10"  {"value":10}
        [10] price  id "11"  {"value":11}
      ~ [11] price  id "12"  {"value":12}
             data expected {"value":Any<String>}
                  received {"value":12}

      - missing  + extra  ~ different"
    `)
    expect(failure).toMatchObject({ name: 'AssertionError', code: 'ERR_ASSERTION' })
    expect(failure.actual).toHaveLength(12)
    expect(failure.expected).toHaveLength(12)
  })

  it('says which fields differ', () => {
    const actual = { type: 'price', data: '{"value":1}', id: '1', lastEventId: '1' }
    expect(
      failureOf([actual], [{ type: 'price', id: '2', data: ({ value }: { value: number }) => value > 1 }])
        .message,
    ).toMatchInlineSnapshot(`
      "The events are not the expected ones: 1 different (1 expected, 1 came).

      ~ [0] price  id "1"  {"value":1}
            id expected "2"
               received "1"
            data expected [a predicate]
                 received {"value":1}

      - missing  + extra  ~ different"
    `)
    expect(failureOf([actual], [{ type: 'price', data: '{ "value": 1 }' }]).message).toMatch(
      'data expected "{ \\"value\\": 1 }"\n           received "{\\"value\\":1}"',
    )
  })
})

describe('the alignment', () => {
  const kinds = (actual: unknown[], expected: EventPattern['data'][]) =>
    alignEvents(events(...actual), patterns(...expected)).map(({ kind, at }) => `${kind} ${at}`)

  it('has the fewest changes', () => {
    expect(kinds([1, 2, 3], [2, 3])).toEqual(['extra 0', 'same 1', 'same 2'])
    expect(kinds([2, 3], [1, 2, 3])).toEqual(['missing 0', 'same 0', 'same 1'])
    expect(kinds([1, 3], [1, 2, 3])).toEqual(['same 0', 'missing 1', 'same 1'])
    expect(kinds([1, 2, 2, 3], [1, 2, 3])).toHaveLength(4)
  })

  it('calls different what has something in common, or one thing to compare', () => {
    expect(kinds([1, 9, 3], [1, 2, 3])).toEqual(['same 0', 'different 1', 'same 2'])
    const of = (pattern: EventPattern) => alignEvents([event(1)], [pattern]).map(({ kind }) => kind)
    expect(of({ type: 'price', data: 2 })).toEqual(['different'])
    expect(of({ type: 'prize', data: 2 })).toEqual(['missing', 'extra'])
  })

  it('goes place by place where there are very many', () => {
    const many = Array.from({ length: 1_001 }, (_, at) => at)
    const rows = kinds([...many.slice(1), -1, -2], many)
    expect(rows).toHaveLength(1_002)
    expect(rows.slice(-2)).toEqual(['different 1000', 'extra 1001'])
  })
})
