import { describe, expect, it } from 'vitest'
import { CHUNKINGS, cut, recorder } from '../test/feeds.ts'
import { SseError } from './errors.ts'
import { DEFAULT_MAX_EVENT_LENGTH } from './event-limit.ts'
import { createEventStreamParser } from './event-stream-parser.ts'
import type { EventStreamParser } from './field-parser.ts'

const tooLarge = expect.objectContaining({ code: 'event-too-large', field: 'limits.maxEventLength' })

function limited(maxEventLength?: number) {
  const { events, comments, retries, ...handlers } = recorder()
  const limits = maxEventLength === undefined ? undefined : { maxEventLength }
  return { parser: createEventStreamParser({ ...handlers, limits }), events, comments, retries }
}

function feedAll(parser: EventStreamParser, chunks: Iterable<string>): unknown {
  try {
    for (const chunk of chunks) parser.feed(chunk)
  } catch (error) {
    return error
  }
  return undefined
}

describe.each(Object.entries(CHUNKINGS))('the limit of an event, cut %s,', (_, sizes) => {
  it.each([
    ['data', 'data: 0123456789\n\n'],
    ['data without a space', 'data:0123456789\n\n'],
    ['data of many lines', `${'data: 1\n'.repeat(5)}data\n\n`],
    ['data, type and id together', 'id: 12\nevent: 345\ndata: 67890\n\n'],
    ['data with a retry behind it', 'data: 0123456789\nretry: 2147483647\n\n'],
    ['data with unknown fields', `data: 0123456789\n${'x'.repeat(100)}\n\n`],
    ['an emoji, which counts two', 'data: 01234567😀\n\n'],
  ])('accepts %s of just the limit', (_, wire) => {
    const { parser, events } = limited(10)
    expect(feedAll(parser, cut(wire, sizes()))).toBeUndefined()
    expect(events).toHaveLength(1)
  })

  it.each([
    ['data', 'data: 0123456789a\n\n'],
    ['data without a space', 'data:0123456789a\n\n'],
    ['data of many lines', `${'data: 1\n'.repeat(5)}data\ndata\n\n`],
    ['data, type and id together', 'id: 12\nevent: 345\ndata: 678901\n\n'],
    ['an id without data', 'id: 0123456789a\n\n'],
    ['a comment', ': 0123456789a\n'],
    ['an emoji, which counts two', 'data: 012345678😀\n\n'],
  ])('refuses %s past it', (_, wire) => {
    const { parser, events, comments } = limited(10)
    expect(feedAll(parser, cut(wire, sizes()))).toEqual(tooLarge)
    expect([events, comments, parser.lastEventId]).toEqual([[], [], ''])
  })

  it('delivers the events before, none behind, and keeps the last event ID of the last delivered', () => {
    const { parser, events, retries, comments } = limited(10)
    const wire = `id: 1\ndata: a\n\nid: 2\ndata: ${'x'.repeat(11)}\n\nid: 3\nretry: 5\n: late\ndata: b\n\n`
    expect(feedAll(parser, cut(wire, sizes()))).toEqual(tooLarge)
    expect(events).toEqual([{ type: 'message', data: 'a', lastEventId: '1' }])
    expect([retries, comments, parser.lastEventId]).toEqual([[], [], '1'])
  })
})

describe('the limits of a parser', () => {
  it('leaves the last event ID alone when a comment was refused, whatever follows in the chunk', () => {
    const { parser, events } = limited(10)
    const wire = `id: 1\ndata: a\n\nid: 2\n\n: ${'x'.repeat(11)}\nid: 3\ndata: b\n\n`
    expect(feedAll(parser, [wire])).toEqual(tooLarge)
    expect([events.length, parser.lastEventId]).toEqual([1, '2'])
  })

  it('throws the same error on every call until it is reset', () => {
    const { parser, events } = limited(10)
    const error = feedAll(parser, ['id: 1\n\ndata: 0123456789a\n\n'])
    expect(error).toBeInstanceOf(SseError)
    expect(feedAll(parser, ['data: b\n\n'])).toBe(error)
    expect(feedAll(parser, [''])).toBe(error)
    parser.reset()
    parser.feed('data: c\n\n')
    expect(events).toEqual([{ type: 'message', data: 'c', lastEventId: '1' }])
  })

  it('counts for each event anew', () => {
    const { parser, events } = limited(10)
    parser.feed('data: 0123456789\n\n'.repeat(100))
    for (let i = 0; i < 100; i++) parser.feed('data: 0123456789\n\n')
    expect(events).toHaveLength(200)
  })

  it('throws the error of a handler rather than its own, which comes next', () => {
    const parser = createEventStreamParser({
      onEvent() {
        throw new Error('handler')
      },
      limits: { maxEventLength: 10 },
    })
    expect(feedAll(parser, ['data: a\n\ndata: 0123456789a\n\n'])).toMatchObject({ message: 'handler' })
    expect(feedAll(parser, ['data: a\n\n'])).toEqual(tooLarge)
  })

  it('is 1 MiB by default, in one chunk', () => {
    const { parser, events } = limited()
    parser.feed(`data: ${'x'.repeat(DEFAULT_MAX_EVENT_LENGTH)}\n\n`)
    expect(events).toHaveLength(1)
    expect(() => parser.feed(`data: ${'x'.repeat(DEFAULT_MAX_EVENT_LENGTH + 1)}\n\n`)).toThrow(tooLarge)
  })

  it.each([
    ['a line', 'data: ', 'x'.repeat(1024)],
    ['many data lines', '', `data: ${'x'.repeat(1018)}\n`],
    ['a comment that somebody listens to', ': ', 'x'.repeat(1024)],
    ['an id', 'id: ', 'x'.repeat(1024)],
    ['a type', 'event: ', 'x'.repeat(1024)],
    ['a retry', 'retry: ', '1'.repeat(1024)],
  ])('refuses %s of 64 MiB that drips in, soon after the default limit', (_, start, drop) => {
    const { parser } = limited()
    parser.feed(start)
    let fed = 0
    const drip = function* () {
      for (; fed < 65_536; fed++) yield drop
    }
    expect(feedAll(parser, drip())).toEqual(tooLarge)
    expect(fed).toBeLessThan(1_100)
  })

  it.each([
    ['a comment that nobody listens to', ':'],
    ['an unknown field', 'x'],
  ])('skips %s of 64 MiB that drips in', (_, start) => {
    const events: string[] = []
    const parser = createEventStreamParser({ onEvent: ({ data }) => events.push(data) })
    parser.feed(start)
    const drop = 'x'.repeat(65_536)
    for (let fed = 0; fed < 1_024; fed++) parser.feed(drop)
    parser.feed('\ndata: a\n\n')
    expect(events).toEqual(['a'])
  })

  it('refuses data that drips in, though a line that is ignored is cut at the end of each chunk', () => {
    const { parser } = limited()
    let fed = 0
    const drip = function* () {
      for (; fed < 65_536; fed++) yield `\ndata: ${'x'.repeat(1018)}\n${'x'.repeat(64)}`
    }
    expect(feedAll(parser, drip())).toEqual(tooLarge)
    expect(fed).toBeLessThan(1_100)
  })

  it('takes a line of 64 MiB when there is no limit', () => {
    const { parser, events } = limited(Number.POSITIVE_INFINITY)
    parser.feed('data: ')
    const drop = 'x'.repeat(1024)
    for (let fed = 0; fed < 65_536; fed++) parser.feed(drop)
    parser.feed('\n\n')
    expect(events[0]?.data.length).toBe(64 * 1024 * 1024)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, '10', 2 ** 53])(
    'refuses the limit %o',
    (limit) => {
      expect(() => limited(limit as number)).toThrow(
        expect.objectContaining({
          code: 'invalid-limit',
          field: 'limits.maxEventLength',
          message: expect.stringContaining('a whole number above 0, or Infinity'),
        }),
      )
    },
  )

  it.each([{}, { maxEventLength: undefined }])('is the default with %o', (limits) => {
    expect(() => createEventStreamParser({ ...recorder(), limits })).not.toThrow()
  })
})
