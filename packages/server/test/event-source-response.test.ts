import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { createMemoryChannel, isSseError } from '@sse/core'
import { FakeClock, record, turns } from '@sse/testing'
import { describe, expect, it, vi } from 'vitest'
import type { StreamContentOrFactory, StreamContext } from '../src/index.ts'
import { EventSourceResponse, type EventSourceResponseOptions, type StreamEnd } from '../src/index.ts'
import { captureWarnings } from './captured-warnings.ts'
import { FakeSink, never, openStream } from './fake-sink.ts'
import { dechunk, RawClient } from './raw-client.ts'
import { StreamServer } from './stream-server.ts'

const QUIET = { pingIntervalMs: false } as const

type Content = StreamContentOrFactory<IncomingMessage>
type Options = EventSourceResponseOptions<IncomingMessage>

function serve(content: Content, options: Options = QUIET): Promise<StreamServer> {
  return StreamServer.start((request, response) =>
    new EventSourceResponse(content, options).send(request, response),
  )
}

/** The whole body of one stream, without its opening comment, and how it ended. */
async function answer(content: Content, options: Options = QUIET): Promise<{ body: string; end: StreamEnd }> {
  await using server = await serve(content, options)
  const body = await (await fetch(server.url)).text()
  return { body: body.replace(/^: open(\r\n|\r|\n)\1/, ''), end: await server.end() }
}

describe('headers and status', () => {
  it('are those of an event stream, each exactly once, and the connection header is left to node', async () => {
    await using server = await serve([])
    using client = (await RawClient.connect(server.port)).read()
    await client.until('0\r\n\r\n')
    const head = client.received.slice(0, client.received.indexOf('\r\n\r\n')).toLowerCase().split('\r\n')
    expect(head[0]).toBe('http/1.1 200 ok')
    expect(
      head.filter((line) => /^(content-type|cache-control|x-accel-buffering|connection):/.test(line)).sort(),
    ).toEqual([
      'cache-control: no-store, no-transform',
      'connection: keep-alive',
      'content-type: text/event-stream; charset=utf-8',
      'x-accel-buffering: no',
    ])
  })

  it('take more headers, another cache-control and another status from the caller', async () => {
    await using server = await serve([], {
      status: 202,
      headers: { 'Cache-Control': 'private', 'X-Mine': 'yes' },
    })
    const { status, headers } = await fetch(server.url)
    expect([status, headers.get('cache-control'), headers.get('x-mine')]).toEqual([202, 'private', 'yes'])
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  })

  it('replace those which were set on the response before', async () => {
    await using server = await StreamServer.start((request, response) => {
      response.setHeader('Content-Type', 'text/html')
      response.setHeader('Access-Control-Allow-Origin', '*')
      return new EventSourceResponse([], QUIET).send(request, response)
    })
    const { headers } = await fetch(server.url)
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(headers.get('access-control-allow-origin')).toBe('*')
  })

  it.each([
    'content-type',
    'Content-Type',
    'X-Accel-Buffering',
    'content-length',
    'transfer-encoding',
    'Connection',
    'keep-alive',
  ])('refuse %s from the caller when the response is made', (name) => {
    const make = (): unknown => new EventSourceResponse([], { headers: { [name]: 'x' } })
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-header', field: `headers.${name}` }))
  })

  it.each([
    ['a name', { 'not a token': 'x' }],
    ['a line break', { 'x-mine': 'a\r\nset-cookie: b' }],
    ['a character beyond latin-1', { 'x-mine': '€' }],
  ])('refuse %s that HTTP cannot carry when the response is made', (_, headers: Record<string, string>) => {
    expect(() => new EventSourceResponse([], { headers })).toThrow(
      /ERR_INVALID|Invalid character|valid HTTP token/,
    )
  })
})

describe('options', () => {
  it.each([
    ['status', { status: 199 }],
    ['status', { status: 600 }],
    ['status', { status: 200.5 }],
    ['lineEnding', { lineEnding: '\n\n' }],
    ['pingIntervalMs', { pingIntervalMs: -1 }],
    ['pingIntervalMs', { pingIntervalMs: '25' }],
    ['pingIntervalMs', { pingIntervalMs: Number.POSITIVE_INFINITY }],
    ['pingWhen', { pingWhen: 'sometimes' }],
    ['sendTimeoutMs', { sendTimeoutMs: Number.NaN }],
    ['retryMs', { retryMs: 1.5 }],
    ['retryMs', { retryMs: -1 }],
    ['retryMs', { retryMs: 2 ** 31 }],
  ])('refuse a wrong %s when the response is made: %o', (field, options) => {
    const make = (): unknown => new EventSourceResponse([], options as Options)
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-option', field }))
  })
})

describe('the opening block', () => {
  it('reaches the client before the source has given anything', async () => {
    await using server = await serve(never(), { pingIntervalMs: 2_500, retryMs: 4_000 })
    using client = (await RawClient.connect(server.port)).read()
    await client.until(': open ping-interval-ms=2500\nretry: 4000\n\n')
  })

  it('tells of no pings where there are none', async () => {
    await using server = await serve([], { pingIntervalMs: 0 })
    expect(await (await fetch(server.url)).text()).toBe(': open\n\n')
  })

  it('announces 15 seconds by default', async () => {
    await using server = await serve([], {})
    expect(await (await fetch(server.url)).text()).toBe(': open ping-interval-ms=15000\n\n')
  })
})

describe('a HEAD request', () => {
  it('gets the headers, and does not start the source', async () => {
    const source = vi.fn(() => ['x'])
    await using server = await serve(source)
    const response = await fetch(server.url, { method: 'HEAD' })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ])
    expect(await response.text()).toBe('')
    expect(await server.end()).toEqual({
      reason: 'complete',
      events: 0,
      bytes: 0,
      wireBytes: 0,
      durationMs: 0,
    })
    expect(source).not.toHaveBeenCalled()
  })
})

describe('a response that has been started already', () => {
  it('ends with an error and a warning, and does not disturb the stream that it has', async () => {
    using warnings = captureWarnings()
    let second: StreamEnd | undefined
    await using server = await StreamServer.start(async (request, response) => {
      const first = new EventSourceResponse(['one'], QUIET).send(request, response)
      second = await new EventSourceResponse(['two'], QUIET).send(request, response)
      return first
    })
    expect(await (await fetch(server.url)).text()).toBe(': open\n\ndata: one\n\n')
    expect(second).toMatchObject({
      reason: 'error',
      error: { code: 'response-already-started' },
      events: 0,
      bytes: 0,
    })
    expect(warnings.all).toMatchObject([{ name: 'SseWarning', cause: second?.error }])
    expect((await server.end()).reason).toBe('complete')
  })

  it('resolves after a plain answer, too', async () => {
    using warnings = captureWarnings()
    await using server = await StreamServer.start((request, response) => {
      response.end('plain')
      return new EventSourceResponse(never(), QUIET).send(request, response)
    })
    expect(await (await fetch(server.url)).text()).toBe('plain')
    expect((await server.end()).reason).toBe('error')
    expect(warnings.all).toHaveLength(1)
  })
})

async function* asyncItems(): AsyncGenerator<string> {
  yield 'a'
  yield 'b'
}

function* syncItems(): Generator<string> {
  yield 'a'
  yield 'b'
}

function memoryItems(): AsyncIterable<string> {
  const [sender, receiver] = createMemoryChannel<string>(2)
  sender.sendNowait('a')
  sender.sendNowait('b')
  sender.close()
  return receiver
}

describe('content', () => {
  it.each<[string, () => Content]>([
    ['an async generator', asyncItems],
    ['an array', () => ['a', 'b']],
    ['a Set', () => new Set(['a', 'b'])],
    ['a sync generator', syncItems],
    ['a ReadableStream', () => ReadableStream.from(['a', 'b'])],
    ['a Node stream', () => Readable.from(['a', 'b'])],
    ['a memory receiver', memoryItems],
    ['a function', () => () => ['a', 'b']],
    ['an async function', () => async () => asyncItems()],
    ['an async generator function', () => asyncItems],
  ])('may be %s', async (_, make) => {
    const { body, end } = await answer(make())
    expect(body).toBe('data: a\n\ndata: b\n\n')
    expect(end).toMatchObject({ reason: 'complete', events: 2 })
  })

  it.each<[string, unknown]>([
    ['a string', 'text'],
    ['a number', 5],
    ['null', null],
    ['a plain object', { data: 'x' }],
    ['what a function returns for nothing', () => undefined],
  ])('must not be %s', async (_, content) => {
    const onError = vi.fn()
    const { body, end } = await answer(content as Content, { ...QUIET, onError })
    expect(body).toBe('')
    expect(end).toMatchObject({ reason: 'error', error: { code: 'invalid-content' } })
    expect(onError).toHaveBeenCalledOnce()
  })

  it('is made for the client that asks: its request and last event ID are in the context', async () => {
    const seen: string[] = []
    const content = ({ request, lastEventId }: StreamContext<IncomingMessage>): string[] => {
      seen.push(`${request.url} ${lastEventId}`)
      return []
    }
    await using server = await serve(content)
    await (await fetch(`${server.url}x?y=1`, { headers: { 'last-event-id': '7' } })).text()
    expect(seen).toEqual(['/x?y=1 7'])
  })
})

describe('items', () => {
  it('are strings, events, or bytes, which pass through as they are', async () => {
    const { body, end } = await answer([
      'two\nlines',
      { event: 'price', data: { at: 1 }, id: '7', retry: 9, comment: 'c' },
      new TextEncoder().encode('data: bytes\n\n'),
      Buffer.from('data: buffer\r\n\r\n'),
      { comment: 'no event' },
    ])
    expect(body).toBe(
      'data: two\ndata: lines\n\n: c\nid: 7\nevent: price\ndata: {"at":1}\nretry: 9\n\ndata: bytes\n\ndata: buffer\r\n\r\n: no event\n\n',
    )
    expect(end).toMatchObject({ reason: 'complete', events: 4 })
  })

  it.each([
    ['a number', 1, 'invalid-item'],
    ['null', null, 'invalid-item'],
    ['a boolean', true, 'invalid-item'],
    ['undefined', undefined, 'invalid-item'],
    ['an event without fields', {}, 'empty-event'],
    ['a misspelt field', { type: 'x', data: '' }, 'unknown-field'],
    ['a line break in a name', { event: 'a\nb', data: '' }, 'line-break-in-field'],
  ])('must not be %s: the stream ends with that error, and the source is closed', async (_, item, code) => {
    const cleanup = vi.fn()
    function* source(): Generator<string> {
      try {
        yield 'before'
        yield item as string
        yield 'after'
      } finally {
        cleanup()
      }
    }
    const onError = vi.fn()
    const { body, end } = await answer(source(), { ...QUIET, onError })
    expect(body).toBe('data: before\n\n')
    expect(end).toMatchObject({ reason: 'error', error: { code }, events: 1 })
    expect(isSseError(end.error)).toBe(true)
    expect(onError).toHaveBeenCalledExactlyOnceWith(end.error, expect.anything())
    expect(cleanup).toHaveBeenCalledOnce()
  })

  it.each([
    ['LF', '\n' as const],
    ['CRLF', '\r\n' as const],
    ['CR', '\r' as const],
  ])(
    'and the opening block and pings end their lines with %s where the stream is told so',
    async (_, lineEnding) => {
      const clock = new FakeClock({ turns: 'manual' })
      const { sink } = openStream(never(), {
        clock,
        lineEnding,
        pingIntervalMs: 1_000,
        pingMessage: () => ({ comment: 'ping' }),
      })
      clock.advance(1_000)
      expect(sink.text).toBe(`: open ping-interval-ms=1000\n\n: ping\n\n`.replaceAll('\n', lineEnding))
      const { body } = await answer([{ event: 'e', data: 'a\nb\rc\r\nd' }], { ...QUIET, lineEnding })
      expect(body).toBe('event: e\ndata: a\ndata: b\ndata: c\ndata: d\n\n'.replaceAll('\n', lineEnding))
    },
  )
})

describe('the end of a stream', () => {
  it('counts the events, the bytes that the client read, and the time by the clock', async () => {
    const clock = new FakeClock({ now: 500 })
    async function* source(): AsyncGenerator<string> {
      yield 'é€😀'
      clock.advance(1_234)
      yield 'x'.repeat(100_000)
    }
    await using server = await serve(source, { clock, pingIntervalMs: false })
    using client = (await RawClient.connect(server.port)).read()
    const end = await server.end()
    await client.until('\r\n0\r\n\r\n')
    const bytes = dechunk(client.received).length
    expect(end).toEqual({
      reason: 'complete',
      events: 2,
      bytes,
      wireBytes: bytes,
      durationMs: 1_234,
    })
  })

  it('has the error that the source threw, as itself, without onError the client is told nothing and the process is warned', async () => {
    using warnings = captureWarnings()
    const failure = new Error('secret detail')
    const { body, end } = await answer(async function* () {
      yield 'first'
      throw failure
    })
    expect(body).toBe('data: first\n\n')
    expect(end).toMatchObject({ reason: 'error', events: 1 })
    expect(end.error).toBe(failure)
    expect(warnings.all).toMatchObject([{ name: 'SseWarning', cause: failure }])
  })

  it('has undefined as the error when that was thrown', async () => {
    using _warnings = captureWarnings()
    const { end } = await answer(() => Promise.reject(undefined))
    expect(end).toMatchObject({ reason: 'error' })
    expect('error' in end).toBe(true)
  })

  it('tells the client what onError says, and calls it with the error and the context', async () => {
    using warnings = captureWarnings()
    const failure = new Error('secret detail')
    const { body, end } = await answer(
      (): never => {
        throw failure
      },
      {
        ...QUIET,
        onError: (error, { request }) => ({
          event: 'failed',
          data: `${error === failure} ${request.method}`,
        }),
      },
    )
    expect(body).toBe('event: failed\ndata: true GET\n\n')
    expect(end).toMatchObject({ reason: 'error', error: failure, events: 1 })
    expect(warnings.all).toEqual([])
  })

  it.each<[string, Options['onError']]>([
    [
      'throws',
      () => {
        throw new Error('in onError')
      },
    ],
    ['returns what is no event', () => ({ event: 'a\nb', data: '' })],
  ])('keeps the error of the source when onError %s, and warns of that', async (_, onError) => {
    using warnings = captureWarnings()
    const failure = new Error('of the source')
    const { body, end } = await answer(() => Promise.reject(failure), { ...QUIET, onError })
    expect(body).toBe('')
    expect(end.error).toBe(failure)
    expect(warnings.all).toMatchObject([{ message: 'The onError of an event stream threw.' }])
  })

  it('does not ask an iterator that threw to return', async () => {
    using _warnings = captureWarnings()
    const iterator = { next: () => Promise.reject(new Error('broken')), return: vi.fn() }
    const { end } = await answer({ [Symbol.asyncIterator]: () => iterator })
    expect(end.reason).toBe('error')
    expect(iterator.return).not.toHaveBeenCalled()
  })

  it('awaits onClose, with how it ended', async () => {
    const order: string[] = []
    const clock = new FakeClock({ turns: 'manual' })
    const opening = Promise.withResolvers<void>()
    const { ended } = openStream(['x'], {
      clock,
      ...QUIET,
      onClose: async (end) => {
        order.push(end.reason)
        await opening.promise
        order.push('closed')
      },
    })
    const settled = ended.then((end) => order.push(`sent ${end.events}`))
    await turns()
    expect(order).toEqual(['complete'])
    opening.resolve()
    await settled
    expect(order).toEqual(['complete', 'closed', 'sent 1'])
  })

  it.each<[string, () => void | Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('in onClose')
      },
    ],
    ['rejects', () => Promise.reject(new Error('in onClose'))],
  ])('is not changed by an onClose that %s: the process is warned', async (_, onClose) => {
    using warnings = captureWarnings()
    const { end } = await answer(['x'], { ...QUIET, onClose })
    expect(end).toMatchObject({ reason: 'complete', events: 1 })
    expect(warnings.all).toMatchObject([
      { message: 'The onClose of an event stream threw.', cause: { message: 'in onClose' } },
    ])
  })

  it('runs onClose also after an error, and aborts the signal before it', async () => {
    using _warnings = captureWarnings()
    const seen: unknown[] = []
    await answer(() => Promise.reject(new Error('x')), {
      ...QUIET,
      onClose: ({ reason }, { signal }) => {
        seen.push(reason, signal.aborted, signal.reason)
      },
    })
    expect(seen).toEqual(['error', true, expect.objectContaining({ name: 'AbortError' })])
  })
})

describe('ctx.send', () => {
  it('sends before the content, beside it, and counts', async () => {
    const { body, end } = await answer(async (ctx) => {
      await ctx.send({ event: 'hello', data: 'before' })
      return (async function* () {
        yield 'one'
        await ctx.send({ comment: 'beside' })
        await ctx.send({ data: 'beside' })
        yield 'two'
      })()
    })
    expect(body).toBe('event: hello\ndata: before\n\ndata: one\n\n: beside\n\ndata: beside\n\ndata: two\n\n')
    expect(end.events).toBe(4)
  })

  it('rejects after the end, and does not end the process when nobody looks', async () => {
    let context: StreamContext<IncomingMessage> | undefined
    await answer((ctx) => {
      context = ctx
      return []
    })
    await expect(context?.send({ data: 'late' })).rejects.toMatchObject({
      name: 'SseError',
      code: 'stream-ended',
    })
  })

  it('rejects with what the encoder refuses, and the stream goes on', async () => {
    const { body, end } = await answer(async function* ({ send }) {
      await expect(send({ event: 'a\nb', data: '' })).rejects.toMatchObject({ code: 'line-break-in-field' })
      yield 'on'
    })
    expect(body).toBe('data: on\n\n')
    expect(end.reason).toBe('complete')
  })

  it('settles when the client can take more, or the stream has ended', async () => {
    const sink = new FakeSink(1)
    const settled: string[] = []
    let context: StreamContext<undefined> | undefined
    openStream(
      (ctx) => {
        context = ctx
        return never()
      },
      { ...QUIET, clock: new FakeClock({ turns: 'manual' }) },
      { sink },
    )
    sink.stall()
    void context?.send({ data: '1' }).then(() => settled.push('1'))
    await turns()
    expect(settled).toEqual([])
    sink.sip()
    await turns()
    expect(settled).toEqual(['1'])
    void context?.send({ data: '2' }).then(() => settled.push('2'))
    await turns()
    expect(settled).toEqual(['1'])
    sink.disconnect()
    await turns()
    expect(settled).toEqual(['1', '2'])
  })
})

describe('many streams of one response object', () => {
  it('have a source each when the content is a function', async () => {
    const response = new EventSourceResponse(syncItems, QUIET)
    await using server = await StreamServer.start((req, res) => response.send(req, res))
    const read = async (): Promise<string[]> => {
      await using stream = await record(server.url, { timeoutMs: 60_000 })
      await stream.ended()
      return stream.events.map(({ data }) => data)
    }
    expect(await Promise.all([read(), read(), read()])).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ])
  })
})
