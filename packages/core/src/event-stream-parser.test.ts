import { describe, expect, it } from 'vitest'
import { readChunks, recorder } from '../test/feeds.ts'
import { createEventStreamParser } from './event-stream-parser.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const invalidChunk = (says: string) =>
  expect.objectContaining({ code: 'invalid-chunk', message: expect.stringContaining(says) })

describe('the event stream parser', () => {
  it('dispatches an event as soon as its blank line is there', () => {
    const { events, ...handlers } = recorder()
    const parser = createEventStreamParser(handlers)
    parser.feed('data: a\n')
    expect(events).toEqual([])
    parser.feed('\n')
    expect(events).toEqual([{ type: 'message', data: 'a', lastEventId: '' }])
  })

  it('dispatches at a CR without waiting for the LF that may follow (§9.2.5)', () => {
    const { events, ...handlers } = recorder()
    const parser = createEventStreamParser(handlers)
    parser.feed('data: a\r\r')
    expect(events).toHaveLength(1)
    parser.feed('\ndata: b\r\n\r')
    expect(events).toHaveLength(2)
    parser.feed('\n')
    expect(events).toHaveLength(2)
  })

  it('reports a retry at once, before its block ends (§9.2.6)', () => {
    const { retries, ...handlers } = recorder()
    const parser = createEventStreamParser(handlers)
    parser.feed('retry: 10\n')
    expect(retries).toEqual([10])
  })

  it('sets the last event ID when the block ends, not before (§9.2.6)', () => {
    const parser = createEventStreamParser(recorder())
    parser.feed('id: 1\ndata: x\n')
    expect(parser.lastEventId).toBe('')
    parser.feed('\n')
    expect(parser.lastEventId).toBe('1')
  })

  it('has set the last event ID when it dispatches the event', () => {
    const seen: string[] = []
    const parser = createEventStreamParser({ onEvent: () => seen.push(parser.lastEventId) })
    parser.feed('id: 1\ndata: x\n\nid: 2\ndata: x\n\n')
    expect(seen).toEqual(['1', '2'])
  })

  it('tells the id of an event apart from one that it goes on with', () => {
    const ids: unknown[] = []
    const parser = createEventStreamParser({ onEvent: ({ lastEventId }, id) => ids.push([lastEventId, id]) })
    parser.feed('id: 1\ndata: x\n\ndata: x\n\nid: 2\n\ndata: x\n\nid\ndata: x\n\n')
    expect(ids).toEqual([
      ['1', '1'],
      ['1', undefined],
      ['2', undefined],
      ['', ''],
    ])
  })

  it('goes on from the last event ID that it was given', () => {
    const reading = readChunks(['data: a\n\nid\ndata: b\n\n'], { lastEventId: '41' })
    expect(reading.events.map((event) => event.lastEventId)).toEqual(['41', ''])
  })

  it('keeps the last event ID over end and reset, and discards the unfinished event', () => {
    const { events, ...handlers } = recorder()
    const parser = createEventStreamParser(handlers)
    for (const again of [() => parser.end(), () => parser.reset()]) {
      parser.feed('id: 1\ndata: a\n\nid: 2\nevent: lost\ndata: lo')
      again()
      parser.feed('\n\ndata: b\n\n')
    }
    expect(events.map(({ type, data, lastEventId }) => [type, data, lastEventId])).toEqual([
      ['message', 'a', '1'],
      ['message', 'b', '1'],
      ['message', 'a', '1'],
      ['message', 'b', '1'],
    ])
  })

  it('starts over with the BOM and the decoder', () => {
    const { events, ...handlers } = recorder()
    const parser = createEventStreamParser(handlers)
    parser.feed(utf8('\uFEFFdata: a\n\n'))
    parser.feed(bytes(0xe2, 0x82))
    parser.reset()
    parser.feed(utf8('\uFEFFdata: b\n\n'))
    parser.reset()
    parser.feed('\uFEFFdata: c\n\n')
    expect(events.map(({ data }) => data)).toEqual(['a', 'b', 'c'])
  })

  it('keeps a second BOM, and the letters of a misread one, after a reset too', () => {
    const { events, ...handlers } = recorder()
    const parser = createEventStreamParser(handlers)
    for (const start of ['\uFEFF\uFEFF', '\u00EF\u00BB\u00BF']) {
      parser.feed(`${start}data: not a field\n\ndata: a\n\n`)
      parser.reset()
    }
    expect(events.map(({ data }) => data)).toEqual(['a', 'a'])
  })

  it('forgets a CR at the end of the connection before', () => {
    const { events, ...handlers } = recorder()
    const parser = createEventStreamParser(handlers)
    parser.feed('data: a\r')
    parser.reset()
    parser.feed('\ndata: b\n\n')
    expect(events.map(({ data }) => data)).toEqual(['b'])
  })

  it('puts characters together that were cut anywhere', () => {
    const stream = utf8('id: é€😀\nevent: 😀\ndata: €é😀\n\n')
    for (let first = 0; first <= stream.length; first++) {
      for (let second = first; second <= stream.length; second++) {
        const chunks = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)]
        expect(readChunks(chunks).events).toEqual([{ type: '😀', data: '€é😀', lastEventId: 'é€😀' }])
      }
    }
  })

  it('puts a surrogate pair together that was cut between two strings', () => {
    expect(readChunks(['data: \uD83D', '\uDE00\n\n']).events).toMatchObject([{ data: '😀' }])
  })

  it('reads bytes that are no UTF-8 as U+FFFD, as the decoder demands', () => {
    const chunks = [utf8('data: '), bytes(0xff, 0xe2, 0x82), utf8('x\n\n')]
    expect(readChunks(chunks).events).toMatchObject([{ data: '\uFFFD\uFFFDx' }])
  })

  it('strips one BOM and keeps a second, however the two are cut', () => {
    const stream = utf8('\uFEFF\uFEFFdata: a\n\ndata: b\n\n')
    for (let first = 0; first <= 7; first++) {
      for (let second = first; second <= 7; second++) {
        const chunks = [stream.slice(0, first), stream.slice(first, second), stream.slice(second)]
        expect(readChunks(chunks).events).toMatchObject([{ data: 'b' }])
      }
    }
  })

  it('takes any view of bytes, and only the part that it shows', () => {
    const padded = utf8('xxdata: a\n\nxx')
    const view = padded.subarray(2, -2)
    const { buffer, byteOffset, byteLength } = view
    expect(
      readChunks([view, new DataView(buffer, byteOffset, byteLength) as unknown as Uint8Array]).events,
    ).toHaveLength(2)
    expect(readChunks([Buffer.from('data: a\n\n')]).events).toHaveLength(1)
  })
})

describe('what a parser may be fed', () => {
  it.each([undefined, null, 1, {}, ['data: x\n\n'], new ArrayBuffer(2), true])(
    'refuses the chunk %o',
    (chunk) => {
      const parser = createEventStreamParser(recorder())
      expect(() => parser.feed(chunk as unknown as string)).toThrow(
        invalidChunk('must be a Uint8Array or a string'),
      )
    },
  )

  it.each([
    ['a string after bytes', utf8('data'), ': x\n\n'],
    ['bytes after a string', 'data', utf8(': x\n\n')],
  ])('refuses %s', (_, first, second) => {
    const parser = createEventStreamParser(recorder())
    parser.feed(first)
    expect(() => parser.feed(second)).toThrow(invalidChunk('either bytes or strings'))
  })

  it('takes the other kind after a reset', () => {
    const { events, ...handlers } = recorder()
    const parser = createEventStreamParser(handlers)
    parser.feed('data: a\n\n')
    parser.reset()
    parser.feed(utf8('data: b\n\n'))
    expect(events).toHaveLength(2)
  })

  it('takes empty chunks of either kind anywhere', () => {
    const stream = ['', bytes(), 'da', bytes(), '', 'ta: a\r', '', bytes(), '\n\r\n', '']
    expect(readChunks(stream).events).toMatchObject([{ data: 'a' }])
    expect(readChunks([bytes(), '', utf8('data: a\n\n'), '']).events).toHaveLength(1)
  })

  it('goes on after a chunk that it refused', () => {
    const { events, ...handlers } = recorder()
    const parser = createEventStreamParser(handlers)
    parser.feed('data: a')
    expect(() => parser.feed(bytes(1))).toThrow()
    parser.feed('b\n\n')
    expect(events).toMatchObject([{ data: 'ab' }])
  })
})

describe('a handler that throws', () => {
  it('costs no other event, and its error is thrown when the chunk is done', () => {
    const seen: string[] = []
    const parser = createEventStreamParser({
      onEvent({ data }) {
        seen.push(data)
        if (data !== 'c') throw new Error(data)
      },
    })
    expect(() => parser.feed('data: a\n\ndata: b\n\ndata: c\n\n')).toThrow('a')
    expect(seen).toEqual(['a', 'b', 'c'])
    parser.feed('data: c\n\n')
    expect(seen).toHaveLength(4)
  })

  it.each(['onRetry', 'onComment'] as const)('is treated the same when it is %s', (name) => {
    const { events, ...handlers } = recorder()
    const error = new Error(name)
    const parser = createEventStreamParser({
      ...handlers,
      [name]() {
        throw error
      },
    })
    expect(() => parser.feed('retry: 1\n: x\ndata: a\n\n')).toThrow(error)
    expect(events).toHaveLength(1)
  })

  it('is heard although a later handler resets the parser', () => {
    const parser = createEventStreamParser({
      onEvent({ data }) {
        if (data === 'a') throw new Error(data)
        parser.reset()
      },
    })
    expect(() => parser.feed('data: a\n\ndata: b\n\n')).toThrow('a')
  })

  it('is heard even when it throws undefined', () => {
    let calls = 0
    const parser = createEventStreamParser({
      onEvent() {
        calls++
        throw undefined
      },
    })
    let thrown: unknown = 'nothing'
    try {
      parser.feed('data: a\n\ndata: b\n\n')
    } catch (error) {
      thrown = error
    }
    expect([thrown, calls]).toEqual([undefined, 2])
  })
})
