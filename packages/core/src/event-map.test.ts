import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { readChunks } from '../test/feeds.ts'
import { encodeEvent } from './encode.ts'
import { defineEvents, type EventSchemas, text, type } from './event-map.ts'
import type { DispatchedEvent } from './server-sent-event.ts'

const dispatched = (type: string, data: string): DispatchedEvent => ({ type, data, lastEventId: '7' })
const sseError = (expected: object) => expect.objectContaining(expected)

/** The same contract, in two libraries: nothing here knows which it is. */
const LIBRARIES = {
  zod: defineEvents({
    price: z.object({ symbol: z.string(), bids: z.array(z.object({ 'the price': z.number().positive() })) }),
    at: z.string().transform((value) => new Date(value)),
  }),
  valibot: defineEvents({
    price: v.object({
      symbol: v.string(),
      bids: v.array(v.object({ 'the price': v.pipe(v.number(), v.minValue(0.01)) })),
    }),
    at: v.pipe(
      v.string(),
      v.transform((value) => new Date(value)),
    ),
  }),
}

describe.each(Object.entries(LIBRARIES))('an event map of %s schemas', (_, events) => {
  const price = { symbol: 'A', bids: [{ 'the price': 1.5 }] }

  it('creates an event of JSON, with its type and fields', () => {
    expect(events.create('price', price, { id: '7', retry: 1, comment: 'c' })).toEqual({
      event: 'price',
      data: '{"symbol":"A","bids":[{"the price":1.5}]}',
      id: '7',
      retry: 1,
      comment: 'c',
    })
  })

  it('parses what it created, over the wire', () => {
    const [event] = readChunks([encodeEvent(events.create('price', price, { id: '7' }))]).events
    expect(events.parse(event as DispatchedEvent)).toEqual({ type: 'price', data: price, lastEventId: '7' })
  })

  it('refuses data that does not fit, with every issue and the path of the first', () => {
    const wrong = { symbol: 1, bids: [{ 'the price': 1 }, { 'the price': -1 }] } as unknown as typeof price
    const expected = sseError({
      code: 'invalid-data',
      field: 'data',
      path: 'data.symbol',
      message: expect.stringMatching(
        /^The data of "price" does not fit its schema: data\.symbol: .*; data\.bids\[1\]/,
      ),
      issues: [
        { path: 'data.symbol', message: expect.any(String) },
        { path: 'data.bids[1]["the price"]', message: expect.any(String) },
      ],
    })
    expect(() => events.create('price', wrong)).toThrow(expected)
    expect(() => events.parse(dispatched('price', JSON.stringify(wrong)))).toThrow(expected)
  })

  it('transforms once, at the reader', () => {
    const created = events.create('at', '2026-01-01T00:00:00.000Z')
    expect(created).toEqual({ event: 'at', data: '"2026-01-01T00:00:00.000Z"' })
    expect(events.parse(dispatched('at', created.data as string)).data).toEqual(
      new Date('2026-01-01T00:00:00.000Z'),
    )
  })

  it('refuses a name that it does not have, inherited ones too', () => {
    for (const name of ['volume', '', 'message', 'constructor', '__proto__', 'toString']) {
      const expected = sseError({
        code: 'unknown-event',
        field: 'event',
        message: `There is no event ${JSON.stringify(name)} in this map. It has price, at.`,
      })
      expect(() => events.parse(dispatched(name, '{}'))).toThrow(expected)
      expect(() => events.create(name as 'at', 'x')).toThrow(expected)
    }
  })

  it('refuses data that is not JSON', () => {
    expect(() => events.parse(dispatched('at', '{'))).toThrow(
      sseError({
        code: 'invalid-data',
        path: 'data',
        cause: expect.any(SyntaxError),
        message: expect.stringContaining('Declare the event with text()'),
      }),
    )
  })
})

describe('an event map', () => {
  it('coerces at the reader, and writes a Date as its JSON', () => {
    const events = defineEvents({ at: z.coerce.date<Date>() })
    const created = events.create('at', new Date(0))
    expect(created.data).toBe('"1970-01-01T00:00:00.000Z"')
    expect(events.parse(dispatched('at', created.data as string)).data).toEqual(new Date(0))
  })

  it('gives message no event field, the default type needs none', () => {
    const events = defineEvents({ message: type<number>() })
    expect(events.create('message', 1)).toEqual({ data: '1' })
    expect(events.parse(dispatched('message', '1'))).toEqual({ type: 'message', data: 1, lastEventId: '7' })
  })

  it('sends strings as JSON, quotes and line breaks included', () => {
    const events = defineEvents({ token: type<string>() })
    expect(events.create('token', 'a\r\n')).toEqual({ event: 'token', data: '"a\\r\\n"' })
  })

  it('sends text() as it is', () => {
    const events = defineEvents({ token: text() })
    expect(events.create('token', '[DONE]')).toEqual({ event: 'token', data: '[DONE]' })
    expect(events.parse(dispatched('token', '[DONE]')).data).toBe('[DONE]')
    expect(() => events.create('token', 1 as unknown as string)).toThrow(
      sseError({ code: 'invalid-data', issues: [{ path: 'data', message: 'Expected a string' }] }),
    )
  })

  it('checks nothing of a bare type but that JSON can carry it', () => {
    const events = defineEvents({ tick: type<{ at: number }>() })
    expect(events.parse(dispatched('tick', '"anything"')).data).toBe('anything')
    expect(() => events.create('tick', { at: Number.NaN })).toThrow(
      sseError({ code: 'not-json', path: 'data.at' }),
    )
  })

  it('refuses what passes the schema and not JSON', () => {
    const events = defineEvents({ at: z.date() })
    expect(() => events.create('at', Object.assign(new Date(0), { toJSON: () => undefined }))).toThrow(
      sseError({ code: 'not-json' }),
    )
  })

  it('keeps its schemas', () => {
    const schemas = { tick: type<number>() }
    expect(defineEvents(schemas).schemas).toBe(schemas)
  })

  it('may have names that objects inherit', () => {
    const events = defineEvents({ constructor: type<number>(), ['__proto__']: type<number>() })
    expect(events.parse(dispatched('__proto__', '1')).data).toBe(1)
    expect(events.parse(dispatched('constructor', '2')).data).toBe(2)
  })

  it('names paths whose keys are objects, numbers or symbols', () => {
    const path = [{ key: 'a b' }, { key: 0 }, 1, Symbol('s')]
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: () => ({ issues: [{ message: 'no', path }] }),
      },
    }
    const expected = sseError({ path: 'data["a b"][0][1]["Symbol(s)"]' })
    expect(() => defineEvents({ x: schema }).parse(dispatched('x', '1'))).toThrow(expected)
  })
})

describe('a schema that validates asynchronously', () => {
  it.each([
    ['zod', z.string().refine(async () => true)],
    [
      'valibot',
      v.pipeAsync(
        v.string(),
        v.checkAsync(async () => true),
      ),
    ],
  ] as const)('is refused: %s', (_, schema) => {
    const events = defineEvents({ slow: schema })
    const expected = sseError({
      code: 'async-schema',
      field: 'slow',
      message: expect.stringContaining('overtake'),
    })
    expect(() => events.create('slow', 'x')).toThrow(expected)
    expect(() => events.parse(dispatched('slow', '"x"'))).toThrow(expected)
  })

  it('leaves no unhandled rejection when it fails', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const validate = () => Promise.reject(new Error('database'))
      const events = defineEvents({ slow: { '~standard': { version: 1, vendor: 'test', validate } } })
      expect(() => events.create('slow', 1)).toThrow(sseError({ code: 'async-schema' }))
      await new Promise((resolve) => setImmediate(resolve))
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })
})

describe('a map that is refused', () => {
  it.each<[what: string, schemas: object, field: string, says: string]>([
    ['an empty name', { '': text() }, '', 'use that'],
    ['a name of two lines', { 'a\nb': text() }, 'a\nb', 'must be one line'],
    ['a name with NUL', { 'a\0': text() }, 'a\0', 'must not contain U+0000'],
    ['a name with a lone surrogate', { '\uD800': text() }, '\uD800', '.toWellFormed()'],
    ['no schema', { price: undefined }, 'price', 'needs a Standard Schema'],
    ['null', { price: null }, 'price', 'needs a Standard Schema'],
    ['a plain object', { price: { type: 'number' } }, 'price', 'type<T>()'],
    ['type itself, which was not called', { price: type }, 'price', 'or text()'],
    [
      'a schema without a validator',
      { price: { '~standard': { version: 1 } } },
      'price',
      'needs a Standard Schema',
    ],
  ])('for %s', (_, schemas, field, says) => {
    expect(() => defineEvents(schemas as EventSchemas)).toThrow(
      sseError({ code: 'invalid-event-map', field, message: expect.stringContaining(says) }),
    )
  })
})
