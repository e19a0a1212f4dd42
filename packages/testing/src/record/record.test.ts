import { EventEmitter, getEventListeners, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { defineEvents, encodeEvent, encodeFrame, isSseError, type ServerSentEvent, type } from '@sse/core'
import { describe, expect, it, vi } from 'vitest'
import { FakeClock, type RecordedEvent, type Recording, record, turns } from '../index.ts'

/** A stream that a test writes to. */
function controlled(head: ResponseInit = { headers: { 'content-type': 'text/event-stream' } }) {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const cancelled = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given
    },
    cancel: () => cancelled.resolve(),
  })
  return {
    handler: () => new Response(body, head),
    send: (...events: (ServerSentEvent | string)[]) => {
      for (const event of events) {
        controller?.enqueue(typeof event === 'string' ? new TextEncoder().encode(event) : encodeFrame(event))
      }
    },
    finish: () => controller?.close(),
    breakOff: (error: Error) => controller?.error(error),
    cancelled: cancelled.promise,
  }
}

const failing = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error('It should have failed.')
}

describe('the cursor', () => {
  it('is behind the last event that was awaited', async () => {
    const { handler, send } = controlled()
    await using stream = await record(handler)
    send(...[1, 2, 3, 4, 5, 6, 7].map((data) => ({ event: data % 2 ? 'odd' : 'even', data })))
    expect((await stream.next()).data).toBe('1')
    expect((await stream.take('odd')).data).toBe('3')
    expect((await stream.next(2)).map(({ data }) => data)).toEqual(['4', '5'])
    expect((await stream.until({ data: 7 })).map(({ data }) => data)).toEqual(['6', '7'])
    expect(stream.events).toHaveLength(7)
    const both = Promise.all([stream.next(), stream.next()])
    send({ data: 'a' })
    await turns()
    send({ data: 'b' })
    expect((await both).map(({ data }) => data)).toEqual(['a', 'b'])
  })

  it('gives no event to two who wait', async () => {
    const { handler, send } = controlled()
    await using stream = await record(handler)
    const waiting = Promise.all([stream.next(), stream.until({ data: 'x' })])
    send({ id: '1', data: 'x' })
    await turns()
    send({ id: '2', data: 'x' })
    const [first, rest] = await waiting
    expect([first, ...rest].map(({ id }) => id)).toEqual(['1', '2'])
  })

  it('is moved by iterating, which ends with the stream', async () => {
    const { handler, send, finish } = controlled()
    await using stream = await record(handler)
    send({ data: 1 }, { data: 2 })
    for await (const event of stream) {
      expect(event.data).toBe('1')
      break
    }
    finish()
    const rest: RecordedEvent[] = []
    for await (const event of stream) rest.push(event)
    expect(rest.map(({ data }) => data)).toEqual(['2'])
  })

  it('lets iterating fail when the stream breaks', async () => {
    const { handler, breakOff } = controlled()
    await using stream = await record(handler)
    breakOff(new Error('the network'))
    const error = await failing(
      (async () => {
        for await (const _ of stream) {
          /* none comes */
        }
      })(),
    )
    expect(error.message).toMatch('broke off (the network)')
    expect(error.cause).toMatchObject({ message: 'the network' })
  })
})

describe('what is awaited in vain', () => {
  it('fails with what came', async () => {
    const clock = new FakeClock()
    const { handler, send } = controlled()
    await using stream = await record(handler, { clock, timeoutMs: 1, path: '/events?a=1' })
    clock.advance(12)
    send(
      ': ping\n\n',
      { retry: 10 },
      { id: '7', event: 'price', data: { text: 'x'.repeat(200) } },
      { data: 'a\nb' },
    )
    await stream.next()
    const error = await failing(stream.take('prize', 2))
    expect(isSseError<string>(error, 'not-in-time')).toBe(true)
    expect(error.message).toMatchInlineSnapshot(`
      "Waited 1 ms in vain for the next 2 events of type "prize", of which 0 came.

      GET http://localhost/events?a=1 is still open. What came (5 entries, at 12 ms):
         0 ms  open           status 200
        12 ms  comment        ping
        12 ms  retry          10 ms
        12 ms  event price    id "7"  {"text":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… (211 characters)
        12 ms  event message  a\\nb"
    `)
    expect(error.stack).toMatch('record.test.ts')
  })

  it('fails at once when the stream has ended', async () => {
    const { handler, send, finish } = controlled()
    await using stream = await record(handler, { timeoutMs: 2 ** 31 })
    const waiting = failing(stream.next(2))
    send({ data: 1 })
    finish()
    expect((await waiting).message).toMatch(
      /^The stream ended while the test waited for the next 2 events, of which 1 came/,
    )
    for (const wait of [
      () => stream.take('x'),
      () => stream.until(() => false),
      () => stream.waitFor(() => undefined),
    ]) {
      expect((await failing(wait())).message).toMatch('came to its end')
    }
  })

  it('may take longer than a timer of the runtime can', async () => {
    const { handler, send } = controlled()
    await using stream = await record(handler)
    const waiting = stream.next({ timeoutMs: 2 ** 40 })
    // A timer that overflows fires after 1 ms, before this one.
    await new Promise((resolve) => setTimeout(resolve, 2))
    send({ data: 1 })
    await waiting
  })

  it('fails in real time, also when the timers are fake', async () => {
    vi.useFakeTimers()
    try {
      const { handler } = controlled()
      await using stream = await record(handler, { timeoutMs: 1 })
      await failing(stream.next())
      await failing(stream.next({ timeoutMs: 2 }))
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('quiet', () => {
  it('goes by the clock of the recording', async () => {
    const clock = new FakeClock()
    const { handler, send } = controlled()
    await using stream = await record(handler, { clock, timeoutMs: 2_000 })
    let over = false
    const quiet = stream.quiet(1_000).then(() => {
      over = true
    })
    send(': pings are quiet\n\n')
    await clock.advanceAsync(999)
    expect(over).toBe(false)
    await clock.advanceAsync(1)
    await quiet
    expect(clock.pendingTimers).toBe(0)
  })

  it('fails with the event that came, or that nobody awaited', async () => {
    const clock = new FakeClock()
    const { handler, send } = controlled()
    await using stream = await record(handler, { clock })
    const quiet = failing(stream.quiet(1_000))
    send({ data: 'loud' })
    expect((await quiet).message).toMatch(
      /^Expected no event for 1000 ms, but there was one: message {2}loud/,
    )
    await failing(stream.quiet(0))
    await stream.next()
    expect(clock.pendingTimers).toBe(0)
  })

  it('does not wait for a clock that nobody moves', async () => {
    await using stream = await record(controlled().handler, { clock: new FakeClock() })
    expect((await failing(stream.quiet(1, { timeoutMs: 1 }))).message).toMatch('only 0 of them have passed')
  })

  it('is sure of a stream that has ended', async () => {
    const { handler, finish } = controlled()
    await using stream = await record(handler, { clock: new FakeClock() })
    finish()
    await stream.quiet(1_000)
  })
})

describe('the end', () => {
  it.each([
    [
      'another status',
      new Response('no token', { status: 401, headers: { 'content-type': 'text/event-stream' } }),
      'status 401, content type "text/event-stream", no token',
    ],
    [
      'another media type',
      new Response('data: 1\n\n', { headers: { 'content-type': 'text/plain' } }),
      'status 200, content type "text/plain", data: 1\\n\\n',
    ],
    ['no content', new Response(null, { status: 204 }), 'status 204, content type null, no body'],
  ])('is a refusal with %s', async (_, response, says) => {
    await using stream = await record(Promise.resolve(response))
    expect(stream.end).toMatchObject({ reason: 'refused' })
    expect(stream.response).toMatchObject({ status: response.status })
    expect((await failing(stream.next())).message).toMatch(says)
  })

  it('is a refusal without the rest of a body that has no end', async () => {
    const { handler, send, cancelled } = controlled({})
    send('data: 1\n\n')
    await using stream = await record(handler)
    expect(stream.response?.text).toBe('data: 1\n\n')
    await cancelled
  })

  it('is a cut when the connection breaks', async () => {
    const { handler, send, breakOff } = controlled()
    await using stream = await record(handler)
    send({ data: 'whole' }, 'data: half')
    await stream.next()
    breakOff(new Error('reset'))
    expect(await stream.ended()).toMatchObject({ reason: 'cut', error: { message: 'reset' } })
    expect(stream.events).toHaveLength(1)
  })

  it('is by this side when the recording is closed, and its source is released', async () => {
    const { handler, cancelled } = controlled()
    const stream = await record(handler)
    const waiting = failing(stream.next())
    await stream.close()
    await stream.close()
    await cancelled
    expect((await waiting).message).toMatch('was closed by this side')
    expect(stream.end?.reason).toBe('closed')
  })

  it('comes by a signal', async () => {
    const controller = new AbortController()
    const { handler, cancelled } = controlled()
    const stream = await record(handler, { signal: controller.signal })
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
    controller.abort()
    await cancelled
    expect(stream.end?.reason).toBe('closed')
  })

  it('takes its listener off a signal that lives longer', async () => {
    const { signal } = new AbortController()
    await (await record(controlled().handler, { signal })).close()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('comes when the recording is full', async () => {
    const { handler, send, cancelled } = controlled()
    await using stream = await record(handler, { maxEntries: 3 })
    send({ data: 1 }, { data: 2 }, { data: 3 })
    expect((await failing(stream.next(3))).message).toMatch('Raise maxEntries')
    expect(stream.events).toHaveLength(2)
    await cancelled
  })

  it('comes when an event is too large', async () => {
    const { handler, send, cancelled } = controlled()
    await using stream = await record(handler, { limits: { maxEventLength: 10 } })
    send({ data: 'x'.repeat(11) })
    expect(await stream.ended()).toMatchObject({ reason: 'failed', error: { code: 'event-too-large' } })
    await cancelled
  })
})

describe('an event map', () => {
  const events = defineEvents({ price: type<{ value: number }>() })

  it('parses data, and gaps', async () => {
    const { handler, send } = controlled()
    await using stream = await record(handler, { events })
    const gap = { reason: 'evicted', requestedId: '1', resumedAtId: '2', missed: 1 }
    send({ event: 'price', data: { value: 1 } }, { event: 'gap', data: gap })
    expect((await stream.take('price')).data.value).toBe(1)
    expect((await stream.take('gap')).data).toEqual(gap)
  })

  it.each([
    ['of another type', { event: 'prize', data: 1 }, 'There is no event "prize" in this map'],
    ['that is no JSON', { event: 'price', data: '{' }, 'The event was: price  {'],
  ])('ends the recording at an event %s', async (_, event, says) => {
    const { handler, send, cancelled } = controlled()
    await using stream = await record(handler, { events })
    const around = [1, 2].map((value) => encodeEvent({ event: 'price', data: { value } }))
    send(around.join(encodeEvent(event)))
    expect((await failing(stream.next(2))).message).toMatch(says)
    expect(stream.end?.reason).toBe('failed')
    expect(stream.events).toHaveLength(1)
    await cancelled
  })
})

describe('an opening', () => {
  it('that comes too late is closed', async () => {
    const { handler, cancelled } = controlled()
    const late = Promise.withResolvers<Response>()
    await failing(record(late.promise, { timeoutMs: 1 }))
    late.resolve(handler())
    await cancelled
  })

  it('that is refused before it is done is closed', async () => {
    const { handler, send, cancelled } = controlled()
    send({ event: 'prize', data: 1 })
    await using stream = await record(handler(), { events: defineEvents({ price: type<number>() }) })
    expect((await stream.ended()).reason).toBe('failed')
    await cancelled
  })
})

describe('a handler of Node', () => {
  it('meets backpressure from a slow reader, and goes on with it', async () => {
    const frame = encodeFrame({ data: 'x'.repeat(8_000) })
    let written = 0
    const full = Promise.withResolvers<void>()
    const source = createServer(async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      for (; written < 500; written++) {
        if (response.write(frame)) continue
        full.resolve()
        await once(response, 'drain')
      }
      response.end()
    })
    await using stream = await record(source)
    stream.pauseReading()
    await full.promise
    await turns(20)
    expect(written).toBeLessThan(50)
    const seen = stream.events.length
    await turns(20)
    expect(stream.events.length).toBe(seen)
    stream.resumeReading()
    await stream.ended({ timeoutMs: 10_000 })
    expect(stream.events).toHaveLength(500)
    expect(stream.end?.reason).toBe('complete')
  })

  it('sees the whole request', async () => {
    const seen: unknown[] = []
    const source = createServer((request, response) => {
      seen.push([request.url, request.headers.host, request.headers.accept, request.headers['x-token']])
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end()
    })
    await using _ = await record(source, { path: '/a?b=c', headers: { 'x-token': 't' } })
    expect(seen).toEqual([['/a?b=c', 'localhost', 'text/event-stream', 't']])
  })

  it('sees its client leave, also where half of a connection may stay open', async () => {
    const left = Promise.withResolvers<void>()
    const source = createServer((_, response) => {
      response.once('close', left.resolve)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    })
    Object.assign(source, { httpAllowHalfOpen: true })
    await (await record(source)).close()
    await left.promise
  })

  it('that breaks the connection cuts the stream', async () => {
    await using stream = await record((_request: unknown, response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('data: 1\n\n', () => response.destroy())
    })
    await stream.next()
    expect(await stream.ended()).toMatchObject({ reason: 'cut', error: { code: 'ECONNRESET' } })
  })

  it('that throws fails the recording with its error', async () => {
    const oops = new Error('oops')
    expect(
      await failing(
        record((_a: unknown, _b: unknown) => {
          throw oops
        }),
      ),
    ).toBe(oops)
    await using stream = await record(async (_request: unknown, response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      await turns(5)
      throw oops
    })
    expect(await stream.ended()).toMatchObject({ reason: 'cut', error: oops })
  })

  it('that never answers is given up, and sees that', async () => {
    const error = await failing(record(createServer(), { timeoutMs: 5, path: '/x' }))
    expect(error.message).toMatch('GET http://localhost/x was not answered within 5 ms')
    const left = Promise.withResolvers<void>()
    const controller = new AbortController()
    const source = createServer((_, response) => {
      response.once('close', left.resolve)
      controller.abort()
    })
    await failing(record(source, { signal: controller.signal }))
    await left.promise
  })
})

describe('a fetch handler', () => {
  it('that fails rejects with its error', async () => {
    const oops = new Error('oops')
    expect(
      await failing(
        record(() => {
          throw oops
        }),
      ),
    ).toBe(oops)
  })

  it('is read slowly', async () => {
    const { handler, send } = controlled()
    await using stream = await record(handler)
    stream.pauseReading()
    send({ data: 1 }, { data: 2 })
    await turns()
    expect(stream.events).toHaveLength(0)
    stream.resumeReading()
    await stream.next(2)
  })

  it('sees the request abort when the recording is closed, or given up', async () => {
    const aborted: Promise<unknown>[] = []
    const source = (request: Request) => {
      aborted.push(once(request.signal, 'abort'))
      return aborted.length === 1 ? controlled().handler() : new Promise<Response>(() => {})
    }
    await (await record(source)).close()
    await failing(record(source, { timeoutMs: 1 }))
    await Promise.all(aborted)
  })
})

describe('an EventSource', () => {
  class Source extends EventTarget {
    readyState = 0
    listeners = 0
    override addEventListener(...args: Parameters<EventTarget['addEventListener']>) {
      this.listeners++
      super.addEventListener(...args)
    }
    override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>) {
      this.listeners--
      super.removeEventListener(...args)
    }
    readonly url = 'http://localhost/events'
    close() {
      this.readyState = 2
    }
    tell(type: string, data?: string, lastEventId = '') {
      if (type === 'open') this.readyState = 1
      this.dispatchEvent(data === undefined ? new Event(type) : new MessageEvent(type, { data, lastEventId }))
    }
  }

  it('is recorded by type, and closed', async () => {
    const source = new Source()
    const opening = record(source, { types: ['price'] })
    source.tell('open')
    const stream = await opening
    source.tell('message', 'a', '1')
    source.tell('price', 'b', '2')
    source.tell('other', 'c')
    expect(
      (await stream.next(2)).map(({ type, data, lastEventId, bytes }) => [type, data, lastEventId, bytes]),
    ).toEqual([
      ['message', 'a', '1', undefined],
      ['price', 'b', '2', undefined],
    ])
    expect(() => stream.pauseReading()).toThrow('reads as it likes')
    await failing(stream.reconnect())
    await stream.close()
    expect(source.readyState).toBe(2)
    expect(source.listeners).toBe(0)
    source.tell('price', 'late')
    expect(stream.events).toHaveLength(2)
  })

  it('that fails, or is closed by its owner, has ended', async () => {
    const failed = new Source()
    const opening = record(failed)
    failed.close()
    failed.tell('error')
    expect((await opening).end?.reason).toBe('refused')
    const closed = new Source()
    closed.tell('open')
    await using stream = await record(closed, { timeoutMs: 2 ** 31 })
    closed.tell('error')
    expect(stream.end).toBeUndefined()
    closed.close()
    expect((await failing(stream.next())).message).toMatch('was closed by this side')
  })
})

describe('chunks', () => {
  it('are bytes or text, cut anywhere', async () => {
    async function* chunks() {
      yield 'data: \ud83d'
      yield '\ude00\n\nda'
      yield Buffer.from('ta: ä\n\n')
    }
    await using stream = await record(chunks())
    expect((await stream.next(2)).map(({ data }) => data)).toEqual(['😀', 'ä'])
    expect(stream.response).toBeUndefined()
  })

  it('of a stream of Node that are neither break it, too', async () => {
    await using stream = await record(Readable.from([1]))
    expect(await stream.ended()).toMatchObject({ reason: 'cut', error: { name: 'TypeError' } })
  })

  it('that are neither break the stream', async () => {
    await using stream = await record(
      (async function* () {
        yield 1 as never
      })(),
    )
    expect(await stream.ended()).toMatchObject({ reason: 'cut', error: { name: 'TypeError' } })
  })
})

describe('a Request', () => {
  it('is sent again as it is', async () => {
    const seen: unknown[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      seen.push([request.headers['x-token'], request.headers['last-event-id'], body])
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('id: 1\ndata: 1\n\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await using stream = await record(
      new Request(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x', headers: { 'x-token': 't' } }),
    )
    await stream.ended()
    await using again = await stream.reconnect()
    await again.ended()
    expect(seen).toEqual([
      ['t', undefined, 'x'],
      ['t', '1', 'x'],
    ])
    server.closeAllConnections()
    server.close()
  })
})

describe('a Request that is never answered', () => {
  it('is given up', async () => {
    const left = Promise.withResolvers<void>()
    const controller = new AbortController()
    const server = createServer((_, response) => {
      response.once('close', left.resolve)
      controller.abort()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await failing(record(new Request(`http://127.0.0.1:${port}/`), { signal: controller.signal }))
    await left.promise
    server.close()
  })
})

describe('record', () => {
  it.each([
    ['nothing', undefined, 'not-a-source'],
    ['a number', 1, 'not-a-source'],
    ['an object', {}, 'not-a-source'],
    ['a path', '/events', 'not-a-source'],
    ['an emitter', new EventEmitter(), 'not-a-source'],
  ])('refuses %s', async (_, source, code) => {
    expect(await failing(record(source as never))).toMatchObject({ code })
  })

  it.each([
    ['no Response', new URL('http://x'), 'it returned URL.'],
    ['nothing', undefined, 'it returned undefined.'],
  ])('refuses a handler that returns %s', async (_, returned, message) => {
    await expect(record((() => returned) as never)).rejects.toThrow(
      `The handler must return a Response, but ${message}`,
    )
  })

  it.each([
    [{ timeoutMs: -1 }, 'timeoutMs'],
    [{ maxEntries: 0 }, 'maxEntries'],
    [{ maxEntries: 1.5 }, 'maxEntries'],
  ])('refuses %j', async (options, field) => {
    expect(await failing(record(controlled().handler, options))).toMatchObject({
      code: 'invalid-option',
      field,
    })
  })

  it('refuses what cannot be awaited', async () => {
    await using stream: Recording = await record(controlled().handler)
    expect(await failing(stream.next(0))).toMatchObject({ code: 'invalid-option' })
    expect(await failing(stream.quiet(-1))).toMatchObject({ code: 'invalid-option' })
    expect(await failing(stream.next({ timeoutMs: Number.NaN }))).toMatchObject({ code: 'invalid-option' })
  })

  it('cannot open a response twice', async () => {
    await using stream = await record(controlled().handler())
    expect(await failing(stream.reconnect())).toMatchObject({ code: 'not-a-source' })
  })
})
