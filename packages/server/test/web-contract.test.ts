import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { createEventStreamParser, createMemoryChannel, type DispatchedEvent } from '@sse/core'
import { FakeClock } from '@sse/testing'
import { describe, expect, it, vi } from 'vitest'
import { Channel, type StreamContext, type StreamEnd } from '../src/index.ts'
import { captureWarnings } from './captured-warnings.ts'
import {
  type Content,
  type FaceRequest,
  type FaceServer,
  honoFace,
  nodeFace,
  type Options,
  until,
  webFace,
  whole,
} from './faces.ts'
import { never } from './fake-sink.ts'
import { settled } from './settled.ts'

const QUIET = { pingIntervalMs: false } as const
const OPENING = ': open\n\n'

async function* asyncItems(): AsyncGenerator<string> {
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

function eventsOf(body: string): DispatchedEvent[] {
  const events: DispatchedEvent[] = []
  createEventStreamParser({ onEvent: (event) => events.push(event) }).feed(Buffer.from(body, 'latin1'))
  return events
}

// What a stream promises, however it gets to its client.
describe.each([nodeFace, webFace, honoFace])('$name', (face) => {
  const serve = (content: Content, options: Options = QUIET): Promise<FaceServer> =>
    face.serve(content, options)

  /** The whole body of one stream, without its opening block, and how it ended. */
  async function answer(
    content: Content,
    options: Options = QUIET,
  ): Promise<{ body: string; end: StreamEnd }> {
    await using server = await serve(content, options)
    using client = await server.ask()
    const body = await whole(client)
    return { body: body.replace(/^: open(\r\n|\r|\n)\1/, ''), end: await server.end() }
  }

  describe('the head', () => {
    it('is that of an event stream', async () => {
      await using server = await serve(['x'])
      using client = await server.ask()
      const { status, headers } = await client.head()
      expect(status).toBe(200)
      expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
      expect(headers.get('cache-control')).toBe('no-store, no-transform')
      expect(headers.get('x-accel-buffering')).toBe('no')
    })

    it('takes more headers, another cache-control and another status from the caller', async () => {
      await using server = await serve([], {
        status: 202,
        headers: { 'Cache-Control': 'private', 'X-Mine': 'yes' },
      })
      using client = await server.ask()
      const { status, headers } = await client.head()
      expect([status, headers.get('cache-control'), headers.get('x-mine')]).toEqual([202, 'private', 'yes'])
      expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    })
  })

  describe('a request that gets no stream', () => {
    const untouched = (): { content: Content; asked: () => boolean; closed: () => boolean } => {
      const iterator = {
        next: vi.fn(async () => ({ done: true, value: undefined }) as const),
        return: vi.fn(async () => ({ done: true, value: undefined }) as const),
      }
      return {
        content: { [Symbol.asyncIterator]: () => iterator },
        asked: () => iterator.next.mock.calls.length > 0,
        closed: () => iterator.return.mock.calls.length === 1,
      }
    }

    it('by HEAD gets the headers alone', async () => {
      const { content, asked, closed } = untouched()
      await using server = await serve(content)
      using client = await server.ask({ method: 'HEAD' })
      const { status, headers } = await client.head()
      expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
      expect(await whole(client)).toBe('')
      expect(await server.end()).toEqual({
        reason: 'complete',
        events: 0,
        bytes: 0,
        wireBytes: 0,
        durationMs: 0,
      })
      expect([asked(), closed()]).toEqual([false, true])
    })

    it.each([
      ['a method that has none', { method: 'DELETE' }, 405, 'allow', 'GET, HEAD, POST, QUERY'],
      ['an Accept that rules it out', { headers: { accept: 'text/html' } }, 406, 'vary', 'accept'],
    ])('for %s is told so in a sentence', async (_, ask, status, header, value) => {
      const { content, asked, closed } = untouched()
      const onClose = vi.fn()
      await using server = await serve(content, { ...QUIET, onClose })
      using client = await server.ask(ask)
      const head = await client.head()
      expect([head.status, head.headers.get(header)]).toEqual([status, value])
      expect(head.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(await whole(client)).toMatch(/^This .* (Use GET|Add text\/event-stream).*\.\n$/)
      const end = { reason: 'refused', status, events: 0, bytes: 0, wireBytes: 0, durationMs: 0 }
      expect(await server.end()).toEqual(end)
      expect(onClose).toHaveBeenCalledExactlyOnceWith(end, expect.anything())
      expect([asked(), closed()]).toEqual([false, true])
    })

    it.each(['POST', 'QUERY'])('is not one by %s, or by an Accept that names streams', async (method) => {
      await using server = await serve(['x'])
      using client = await server.ask({
        method,
        headers: { accept: 'text/html;q=0, text/event-stream', 'content-length': '0' },
      })
      expect(await whole(client)).toBe(`${OPENING}data: x\n\n`)
    })
  })

  describe('the opening block', () => {
    it('reaches the client before the source has given anything', async () => {
      await using server = await serve(never(), { pingIntervalMs: 2_500, retryMs: 4_000 })
      using client = await server.ask()
      await until(client.read(), ': open ping-interval-ms=2500\nretry: 4000\n\n')
    })

    it('announces 15 seconds by default', async () => {
      expect((await answer([], {})).body).toBe(': open ping-interval-ms=15000\n\n')
    })
  })

  describe('content', () => {
    it.each<[string, () => Content]>([
      ['an async generator', asyncItems],
      ['an array', () => ['a', 'b']],
      ['a ReadableStream', () => ReadableStream.from(['a', 'b'])],
      ['a Node stream', () => Readable.from(['a', 'b'])],
      ['a memory receiver', memoryItems],
      ['a function', () => () => new Set(['a', 'b'])],
      ['an async function', () => async () => asyncItems()],
      ['an async generator function', () => asyncItems],
    ])('may be %s', async (_, make) => {
      const { body, end } = await answer(make())
      expect(body).toBe('data: a\n\ndata: b\n\n')
      expect(end).toMatchObject({ reason: 'complete', events: 2 })
    })

    it('is made for the client that asks: its request and last event ID are in the context', async () => {
      const seen: string[] = []
      await using server = await serve(({ request, lastEventId }: StreamContext<FaceRequest>) => {
        seen.push(`${request.method} ${request.url?.replace(/^http:\/\/[^/]+/, '')} ${lastEventId}`)
        return []
      })
      // UTF-8, one character for each byte, as it is on the wire.
      const header = Buffer.from('é7').toString('latin1')
      for (const ask of [
        { path: '/x?lastEventId=a%20b' },
        { path: '/y?lastEventId=6', headers: { 'last-event-id': header } },
      ]) {
        using client = await server.ask(ask)
        await whole(client)
      }
      expect(seen).toEqual(['GET /x?lastEventId=a%20b a b', 'GET /y?lastEventId=6 é7'])
    })

    it('may have a producer beside it', async () => {
      const [sender, receiver] = createMemoryChannel<string>(0)
      const dataSender = async (): Promise<void> => {
        await sender.send('a')
        await sender.send('b')
        sender.close()
      }
      const { body, end } = await answer(receiver, { ...QUIET, dataSender })
      expect(body).toBe('data: a\n\ndata: b\n\n')
      expect(end).toMatchObject({ reason: 'complete', events: 2 })
    })

    it('ends with the error of the producer beside it', async () => {
      const failure = new Error('of the producer')
      const { body, end } = await answer(never(), {
        ...QUIET,
        onError: () => ({ data: 'sorry' }),
        dataSender: async ({ send }) => {
          await send({ data: 'beside' })
          throw failure
        },
      })
      expect(body).toBe('data: beside\n\ndata: sorry\n\n')
      expect(end).toMatchObject({ reason: 'error', error: failure, events: 2 })
    })
  })

  describe('items', () => {
    it('are strings, events, or bytes, which pass through as they are', async () => {
      const { body, end } = await answer([
        'two\nlines',
        { event: 'price', data: { at: 1 }, id: '7', retry: 9, comment: 'c' },
        new TextEncoder().encode('data: bytes\r\n\r\n'),
        { comment: 'no event' },
      ])
      expect(body).toBe(
        'data: two\ndata: lines\n\n: c\nid: 7\nevent: price\ndata: {"at":1}\nretry: 9\n\ndata: bytes\r\n\r\n: no event\n\n',
      )
      expect(end).toMatchObject({ reason: 'complete', events: 3 })
    })

    it.each(['\n', '\r\n', '\r'] as const)(
      'end their lines with %j, and so does all else',
      async (lineEnding) => {
        const options = { pingIntervalMs: 2_000, lineEnding }
        const { body } = await answer([{ event: 'e', data: 'a\nb\rc\r\nd' }], options)
        expect(body).toBe(
          ': open ping-interval-ms=2000\n\nevent: e\ndata: a\ndata: b\ndata: c\ndata: d\n\n'.replaceAll(
            '\n',
            lineEnding,
          ),
        )
      },
    )

    it('that cannot be written end the stream with the error, and close the source', async () => {
      const onError = vi.fn()
      const closed = vi.fn()
      function* source(): Generator<string> {
        try {
          yield 'before'
          yield 5 as unknown as string
        } finally {
          closed()
        }
      }
      const { body, end } = await answer(source, { ...QUIET, onError })
      expect(body).toBe('data: before\n\n')
      expect(end).toMatchObject({ reason: 'error', error: { code: 'invalid-item' }, events: 1 })
      expect(onError).toHaveBeenCalledExactlyOnceWith(end.error, expect.anything())
      expect(closed).toHaveBeenCalledOnce()
    })
  })

  describe('the end of a stream', () => {
    it('counts the events, the bytes that the client read, and the time by the clock', async () => {
      const clock = new FakeClock({ now: 500 })
      async function* source(): AsyncGenerator<string> {
        yield 'é€😀'
        clock.advance(1_234)
        yield 'x'.repeat(100_000)
      }
      const { body, end } = await answer(source, { clock, ...QUIET })
      const bytes = OPENING.length + body.length
      expect(end).toEqual({ reason: 'complete', events: 2, bytes, wireBytes: bytes, durationMs: 1_234 })
    })

    it('has the error that the source threw; without onError the client is told nothing, and the process is warned', async () => {
      using warnings = captureWarnings()
      const failure = new Error('secret detail')
      const { body, end } = await answer(async function* () {
        yield 'first'
        throw failure
      })
      expect(body).toBe('data: first\n\n')
      expect(end).toMatchObject({ reason: 'error', events: 1, error: failure })
      expect(warnings.all).toMatchObject([{ name: 'SseWarning', cause: failure }])
    })

    it('tells the client what onError says', async () => {
      using warnings = captureWarnings()
      const failure = new Error('secret detail')
      const { body, end } = await answer(() => Promise.reject(failure), {
        ...QUIET,
        onError: (error, { request }) => ({
          event: 'failed',
          data: `${error === failure} ${request.method}`,
        }),
      })
      expect(body).toBe('event: failed\ndata: true GET\n\n')
      expect(end).toMatchObject({ reason: 'error', error: failure, events: 1 })
      expect(warnings.all).toEqual([])
    })

    it('is told to onClose and then to background, both awaited', async () => {
      const order: string[] = []
      const hook = (name: string) => async (end: StreamEnd, ctx: StreamContext<FaceRequest>) => {
        await delay(1)
        order.push(`${name} ${end.reason} ${ctx.signal.aborted}`)
      }
      await answer(['x'], { ...QUIET, onClose: hook('onClose'), background: hook('background') })
      expect(order).toEqual(['onClose complete true', 'background complete true'])
    })

    it('comes by itself after maxDurationMs', async () => {
      const clock = new FakeClock()
      await using server = await serve(never(), { ...QUIET, clock, maxDurationMs: 10_000, random: () => 0.5 })
      using client = await server.ask()
      await until(client.read(), OPENING)
      clock.advance(8_999)
      expect(server.ends).toEqual([])
      clock.advance(1)
      expect((await server.end()).reason).toBe('max-duration')
      expect(await whole(client)).toBe(OPENING)
    })
  })

  describe('a client that leaves', () => {
    it('while the generator awaits what honours ctx.signal: its finally runs, then onClose', async () => {
      using warnings = captureWarnings()
      const log: string[] = []
      async function* source({ signal }: StreamContext<FaceRequest>): AsyncGenerator<string> {
        try {
          yield '0'
          await delay(1_000_000, undefined, { signal })
        } finally {
          log.push(`finally ${signal.aborted}`)
        }
      }
      const clock = new FakeClock()
      await using server = await serve(source, {
        clock,
        onClose: ({ reason }) => void log.push(`onClose ${reason}`),
      })
      using client = await server.ask()
      await until(client.read(), 'data: 0')
      client.leave()
      expect(await server.end()).toMatchObject({ reason: 'client-disconnect', events: 1 })
      expect(log).toEqual(['finally true', 'onClose client-disconnect'])
      expect([clock.pendingTimers, warnings.all]).toEqual([0, []])
    })

    it('frees its place in a channel, and the others go on', async () => {
      const channel = new Channel()
      await using server = await serve(channel)
      using leaver = await server.ask()
      using stayer = await server.ask()
      leaver.read()
      stayer.read()
      await expect.poll(() => channel.subscribers).toBe(2)
      leaver.leave()
      expect((await server.end()).reason).toBe('client-disconnect')
      expect(channel.subscribers).toBe(1)
      channel.publish('n', 1)
      await until(stayer, 'data: 1\n\n')
      expect(server.ends).toHaveLength(1)
    })
  })

  describe('a client that stops reading', () => {
    /** More than any buffers take; and a failure, not a hang, where nothing holds the source back. */
    const ENDLESS = 2_000
    const ITEM = 'x'.repeat(50_000)

    function flood(): { readonly source: () => Generator<string>; taken: number; closed: boolean } {
      const state = {
        taken: 0,
        closed: false,
        *source(): Generator<string> {
          try {
            while (state.taken < ENDLESS) {
              state.taken++
              yield ITEM
            }
          } finally {
            state.closed = true
          }
        },
      }
      return state
    }

    it('stops the source: what was taken is bounded; it goes on when the client does, and is closed when it leaves', async () => {
      const state = flood()
      await using server = await serve(state.source)
      using client = await server.ask()
      await until(client.read(), OPENING)
      client.stall()
      const full = await settled(() => state.taken, 'the source is not asked any more')
      // What the two kernels' buffers take, where there is a socket (Linux: at most 4 + 6 MiB), and what we keep.
      expect(full * ITEM.length).toBeLessThan(16 * 1024 * 1024)
      expect(state.closed).toBe(false)
      client.read()
      await expect.poll(() => state.taken).toBeGreaterThan(full + 100)
      client.leave()
      expect((await server.end()).reason).toBe('client-disconnect')
      expect(state.closed).toBe(true)
    })

    it('is cut off after sendTimeoutMs, and the source is closed', async () => {
      // @hono/node-server logs a body that breaks.
      using _logged = vi.spyOn(console, 'error').mockImplementation(() => {})
      const clock = new FakeClock()
      const state = flood()
      await using server = await serve(state.source, { ...QUIET, clock, sendTimeoutMs: 5_000 })
      using client = await server.ask()
      await until(client.read(), OPENING)
      client.stall()
      await settled(() => state.taken, 'the client is full')
      clock.advance(4_999)
      expect(server.ends).toEqual([])
      expect(clock.pendingTimers).toBe(1)
      clock.advance(1)
      const end = await server.end()
      expect(end).toMatchObject({ reason: 'send-timeout', events: state.taken, durationMs: 5_000 })
      expect([state.closed, clock.pendingTimers]).toEqual([true, 0])
      client.read()
      await expect.poll(() => client.ended).toBe(true)
      expect(client.body.length).toBeLessThan(end.bytes)
    })
  })

  it('pings a silent stream', async () => {
    const clock = new FakeClock()
    await using server = await serve(never(), { clock, pingIntervalMs: 1_600 })
    using client = await server.ask()
    await until(client.read(), ': open')
    clock.advance(1_600)
    await until(client, ': ping - 2026-01-01T00:00:01.600Z\n\n')
    clock.advance(1_700)
    await until(client, ': ping - 2026-01-01T00:00:03.')
    client.leave()
    expect(await server.end()).toMatchObject({ reason: 'client-disconnect', events: 0 })
    expect(clock.pendingTimers).toBe(0)
  })

  describe('a channel', () => {
    it('resumes where the client left off, and is then live', async () => {
      const channel = new Channel()
      const first = channel.publish('n', 1)
      channel.publish('n', 2)
      await using server = await serve(channel)
      using client = await server.ask({ headers: { 'last-event-id': first } })
      await until(client.read(), 'data: 2\n\n')
      channel.publish('n', 3)
      await until(client, 'data: 3\n\n')
      expect(eventsOf(client.body).map(({ data }) => data)).toEqual(['2', '3'])
    })

    it('tells by a gap what it no longer has', async () => {
      const channel = new Channel(undefined, { retention: { events: 2 } })
      const [first = ''] = [1, 2, 3, 4, 5].map((n) => channel.publish('n', n))
      channel.close()
      await using server = await serve(channel)
      using client = await server.ask({ path: `/?lastEventId=${first}` })
      const [gap, ...events] = eventsOf(await whole(client))
      expect(gap).toMatchObject({ type: 'gap' })
      expect(JSON.parse(gap?.data ?? '')).toMatchObject({ reason: 'evicted', requestedId: first, missed: 2 })
      expect(events.map(({ data }) => data)).toEqual(['4', '5'])
      expect(await server.end()).toMatchObject({ reason: 'complete', events: 3 })
    })
  })
})
