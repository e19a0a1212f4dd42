import { describe, expect, it, vi } from 'vitest'
import { collect, streamOf } from '../test/feeds.ts'
import type { EventStreamBody } from './byte-source.ts'
import { parseEventStream } from './parse-event-stream.ts'

const WIRE = 'data: é\n\n'
const utf8 = new TextEncoder().encode(WIRE)
const EVENT_STREAM = { headers: { 'content-type': 'text/event-stream' } }

describe('a Response', () => {
  it.each(['text/event-stream', 'text/event-stream; charset=utf-8', 'TEXT/Event-Stream;'])(
    'is read when it is %s',
    async (type) => {
      const response = new Response(WIRE, { headers: { 'content-type': type } })
      expect(await collect(parseEventStream(response))).toMatchObject([{ data: 'é' }])
    },
  )

  it.each([
    ['another status', new Response(WIRE, { ...EVENT_STREAM, status: 503 }), 'has status 503, not 200'],
    ['204', new Response(null, { ...EVENT_STREAM, status: 204 }), 'has status 204, not 200'],
    ['another 2xx', new Response(WIRE, { ...EVENT_STREAM, status: 206 }), 'has status 206, not 200'],
    [
      'a type that begins the same',
      ofType('text/event-streamish'),
      '"text/event-streamish", not text/event-stream',
    ],
    ['another type', ofType('application/json'), '"application/json"'],
    ['no type', new Response(utf8), 'the content type null'],
    ['no body', new Response(null, EVENT_STREAM), 'has no body'],
  ])('is refused with %s', (_, response, says) => {
    expect(() => parseEventStream(response)).toThrow(
      expect.objectContaining({ code: 'not-an-event-stream', message: expect.stringContaining(says) }),
    )
  })

  it('keeps its body readable when it is refused', async () => {
    const response = new Response('the reason', { status: 500 })
    expect(() => parseEventStream(response)).toThrow('pass response.body to read it all the same')
    expect(await response.text()).toBe('the reason')
  })

  it('may be of another fetch: its shape counts', async () => {
    const response = {
      status: 200,
      headers: new Headers(EVENT_STREAM.headers),
      body: streamOf([utf8]),
    } as Response
    expect(await collect(parseEventStream(response))).toHaveLength(1)
  })

  it('has its body read by itself whatever status and type', async () => {
    const { body } = new Response(WIRE, { status: 500 })
    expect(await collect(parseEventStream(body as ReadableStream<Uint8Array>))).toHaveLength(1)
  })
})

describe('other bodies', () => {
  const bodies: Readonly<Record<string, () => EventStreamBody>> = {
    'a ReadableStream of bytes': () => streamOf([utf8.slice(0, 7), utf8.slice(7)]),
    'a ReadableStream of strings': () => streamOf([WIRE.slice(0, 3), WIRE.slice(3)]),
    'a ReadableStream without an async iterator': () =>
      Object.assign(streamOf([utf8]), { [Symbol.asyncIterator]: undefined }),
    'a byte stream': () =>
      new ReadableStream({
        type: 'bytes',
        start(controller) {
          controller.enqueue(utf8.slice())
          controller.close()
        },
      }),
    'an async generator of bytes': async function* () {
      yield utf8
    },
    'an async generator of strings': async function* () {
      yield* WIRE
    },
    'an async iterable without return': () => {
      const chunks = [WIRE]
      return {
        [Symbol.asyncIterator]: () => ({
          next: async () =>
            ({ done: chunks.length === 0, value: chunks.pop() ?? '' }) as IteratorResult<string>,
        }),
      }
    },
  }

  it.each(Object.entries(bodies))('are read: %s', async (_, body) => {
    const events = parseEventStream(body())
    expect(await collect(events)).toEqual([{ type: 'message', data: 'é', lastEventId: '' }])
    expect(await events.return()).toEqual({ done: true, value: undefined })
  })

  it.each([undefined, null, 'data: x\n\n', 1, {}, [utf8], utf8])('are refused: %o', (body) => {
    expect(() => parseEventStream(body as unknown as EventStreamBody)).toThrow(
      expect.objectContaining({
        code: 'not-an-event-stream',
        message: expect.stringContaining('a Response, a ReadableStream or an async iterable'),
      }),
    )
  })

  it('stay unlocked when the options are refused', () => {
    const body = streamOf([utf8])
    expect(() => parseEventStream(body, { limits: { maxEventLength: 0 } })).toThrow(
      expect.objectContaining({ code: 'invalid-limit' }),
    )
    expect(body.locked).toBe(false)
  })

  it('end the iteration when a chunk is neither bytes nor a string', async () => {
    const events = parseEventStream(streamOf<unknown>(['data: a\n\n', 7]) as ReadableStream<string>)
    await events.next()
    await expect(events.next()).rejects.toMatchObject({ code: 'invalid-chunk' })
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })
})

describe('leaving an async iterable', () => {
  it('runs the finally of a generator once', async () => {
    const left = vi.fn()
    const body = (async function* () {
      try {
        yield 'data: a\n\ndata: b\n\n'
        yield 'data: c\n\n'
      } finally {
        left()
      }
    })()
    for await (const _ of parseEventStream(body)) break
    await new Promise((resolve) => setImmediate(resolve))
    expect(left).toHaveBeenCalledTimes(1)
  })

  it('swallows an error of its return, whether it throws or rejects', async () => {
    for (const leave of [
      () => Promise.reject(new Error('return')),
      () => raise(),
      () => ({}) as Promise<never>,
    ]) {
      const iterator = { next: async () => ({ done: false, value: 'data: a\n\n' }) as const, return: leave }
      const events = parseEventStream({ [Symbol.asyncIterator]: () => iterator })
      await events.next()
      expect(await events.return()).toEqual({ done: true, value: undefined })
    }
  })
})

function ofType(type: string): Response {
  return new Response(WIRE, { headers: { 'content-type': type } })
}

function raise(): never {
  throw new Error('return')
}
