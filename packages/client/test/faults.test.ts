/** Faults on real sockets: after each of them, the reader got every event once and in order. */
import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import {
  type ConnectionError,
  constantBackoff,
  createEventSource,
  type EventSourceOptions,
  type TypedEventSource,
} from '../src/index.ts'
import { chunked, closeDelimited, plain, type RawAnswer, type RawRequest, RawServer } from './raw-server.ts'

const EVENTS = ['a', 'é', 'c'].map((data, index) => `id: ${index + 1}\ndata: ${data}\n\n`)
const ALL = ['a', 'é', 'c']

/** The events after the one that the client has, and then the end. */
function rest({ headers }: RawRequest): string[] {
  return [...EVENTS.slice(Number(headers.get('last-event-id') ?? '0')), 'data: [DONE]\n\n']
}

const serve: RawAnswer = (socket, request) => socket.end(chunked(rest(request)))

interface Reading {
  readonly data: string[]
  /** Why the attempts failed, in order. */
  readonly errors: ConnectionError[]
  /** Where the streams came from. */
  readonly opened: string[]
  readonly source: TypedEventSource
  readonly requests: readonly RawRequest[]
}

/** Reads until the stream says that it is over. */
async function read(
  answer: RawAnswer,
  options: EventSourceOptions = {},
  url?: (port: number, attempt: number) => string,
): Promise<Reading> {
  await using server = await RawServer.listen(answer)
  const { port } = server
  const data: string[] = []
  const errors: ConnectionError[] = []
  const opened: string[] = []
  const source = createEventSource(url ? ({ attempt }) => url(port, attempt) : server.url, {
    backoff: constantBackoff(0),
    until: (event) => event.data === '[DONE]',
    ...options,
  })
  source.observe((happening) => {
    if (happening.type === 'state' && happening.state.status === 'waiting') errors.push(happening.state.error)
    if (happening.type === 'state' && happening.state.status === 'open')
      opened.push(happening.state.response.url)
    if (happening.type === 'dropped') data.push(`dropped ${happening.event.data}`)
  })
  source.on('message', (text) => data.push(text))
  source.on('gap', () => data.push('gap'))
  await source.closed
  return { data, errors, opened, source, requests: server.requests }
}

describe('a stream that is cut', () => {
  const whole = chunked(EVENTS, { headers: 'x-made-by: hand\r\n', end: false })
  const undelimited = closeDelimited(EVENTS.join(''))

  it.each<[string, Buffer, 'fin' | 'rst']>([
    ['chunked, by FIN', whole, 'fin'],
    ['chunked, by RST', whole, 'rst'],
    ['delimited by its end, by FIN', undelimited, 'fin'],
    ['delimited by its end, by RST', undelimited, 'rst'],
  ])('at any byte loses nothing: %s', async (_, response, how) => {
    const cuts = Array.from({ length: response.length + 1 }, (_, at) => at)
    const cut = async (at: number): Promise<void> => {
      const { data, errors } = await read((socket, request, index) => {
        if (index > 0) return serve(socket, request, index)
        socket.write(response.subarray(0, at), () => {
          if (how === 'fin') socket.end()
          // What has arrived is to be read before the reset discards it, at least sometimes.
          else if (at % 2) socket.resetAndDestroy()
          else setTimeout(() => socket.resetAndDestroy(), 2)
        })
      })
      expect(data, `cut at ${at}`).toEqual(ALL)
      expect(errors).toHaveLength(1)
      expect(['network-error', 'stream-ended']).toContain(errors[0]?.code)
    }
    for (let at = 0; at < cuts.length; at += 16) await Promise.all(cuts.slice(at, at + 16).map(cut))
  })

  it('again and again goes on, one event at a time', async () => {
    const { data, errors } = await read((socket, request, index) => {
      const [next = '', ...more] = rest(request)
      if (more.length > 0 && index < 10) socket.end(chunked([next, 'id: 99\ndata: cut'], { end: false }))
      else serve(socket, request, index)
    })
    expect([data, errors.length]).toEqual([ALL, 3])
  })
})

describe('a server', () => {
  it('that falls silent is noticed by the pings it announced', async () => {
    const { data, errors } = await read((socket, request, index) => {
      if (index > 0) return serve(socket, request, index)
      socket.write(chunked([': open ping-interval-ms=40\n\n', EVENTS[0] ?? ''], { end: false }))
    })
    expect([data, errors.map(({ code }) => code)]).toEqual([ALL, ['stalled']])
  })

  it('that never answers is given up', async () => {
    const { data, errors } = await read(
      (socket, request, index) => {
        if (index > 1) serve(socket, request, index)
        // Half of a head is no answer.
        else if (index === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/ev')
      },
      { connectTimeoutMs: 60 },
    )
    expect([data, errors.map(({ code }) => code)]).toEqual([ALL, ['connect-timeout', 'connect-timeout']])
  })

  it.each(['500 Oh', '502 Bad', '503 Later', '429 Slow', '408 Late', '425 Early'])(
    'that says %s is asked again',
    async (status) => {
      for (const headers of [
        '',
        'retry-after: 0\r\n',
        'retry-after: -1\r\n',
        'retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n',
      ]) {
        const { data, errors } = await read((socket, request, index) => {
          if (index > 0) serve(socket, request, index)
          else socket.end(plain(status, headers))
        })
        expect([data, errors.map(({ response }) => response?.status)]).toEqual([
          ALL,
          [Number(status.slice(0, 3))],
        ])
      }
    },
  )

  it('that asks for a second is given one', async () => {
    const asked: number[] = []
    const { data } = await read((socket, request, index) => {
      asked.push(performance.now())
      if (index > 0) serve(socket, request, index)
      else socket.end(plain('503 Later', 'retry-after: 1\r\n'))
    })
    expect(data).toEqual(ALL)
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(995)
  })

  it.each([
    ['text/html', 'not-an-event-stream'],
    ['text/event-streamish', 'not-an-event-stream'],
  ])('that sends %s is not asked again', async (type, code) => {
    const { source, requests } = await read((socket) =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n\r\n<p>`),
    )
    expect([requests.length, source.state]).toMatchObject([1, { reason: 'failed', error: { code } }])
  })

  it.each([
    ['204 Over', 'done'],
    ['404 Nowhere', 'failed'],
    ['304 Same', 'failed'],
  ])('that says %s is not asked again', async (status, reason) => {
    const { source, requests } = await read((socket) => socket.end(plain(status)))
    expect([requests.length, source.state]).toMatchObject([1, { status: 'closed', reason }])
  })

  it('is followed over redirects, and asked again after too many', async () => {
    const { data, errors, opened, requests, source } = await read((socket, request, index) => {
      // fetch gives up after 20.
      if (index <= 20) socket.end(plain('302 There', `location: /${index}\r\n`))
      else if (request.path === '/events') socket.end(plain('301 There', 'location: /a\r\n'))
      else if (request.path === '/a') socket.end(plain('307 There', 'location: /b\r\n'))
      else serve(socket, request, index)
    })
    expect([data, errors.map(({ code }) => code)]).toEqual([ALL, ['network-error']])
    expect(requests.slice(-3).map(({ path }) => path)).toEqual(['/events', '/a', '/b'])
    expect(source.lastEventId).toBe('3')
    expect(opened.at(-1)).toMatch(/\/b$/)
  })

  it('may compress, and be cut in the middle', async () => {
    const { data } = await read((socket, request, index) => {
      const packed = gzipSync(rest(request).join(''))
      const sent = index < 20 ? packed.subarray(0, packed.length - 20 + index) : packed
      socket.end(chunked([sent], { headers: 'content-encoding: gzip\r\n', end: index >= 20 }))
    })
    expect(data).toEqual(ALL)
  })

  it('need not have a name yet, nor a port', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => closed.once('listening', resolve))
    const { port: nobody } = closed.address() as { port: number }
    await new Promise((resolve) => closed.close(resolve))
    const { data, errors } = await read(serve, {}, (port, attempt) => {
      if (attempt === 1) return 'http://no-such-host.invalid/'
      return `http://127.0.0.1:${attempt === 2 ? nobody : port}/`
    })
    expect([data, errors.map(({ code }) => code)]).toEqual([ALL, ['network-error', 'network-error']])
    expect(errors.map(({ cause }) => ((cause as Error).cause as NodeJS.ErrnoException).code)).toEqual([
      expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
      'ECONNREFUSED',
    ])
  })

  it('is sent ids as they are, beyond ASCII as UTF-8', async () => {
    const { requests } = await read((socket, _, index) =>
      socket.end(chunked(index === 0 ? ['id: é€\ndata: a\n\n'] : ['data: [DONE]\n\n'])),
    )
    expect(Buffer.from(requests[1]?.headers.get('last-event-id') ?? '', 'latin1').toString()).toBe('é€')
  })

  it.each(['POST', 'PATCH'])(
    'is not sent a %s twice when it was cut, nor when it refused',
    async (method) => {
      for (const bytes of [chunked(['data: a\n\n'], { end: false }), plain('503 Later')]) {
        const { requests, source } = await read((socket) => socket.end(bytes), { method, body: 'pay' })
        expect([requests.length, source.state]).toMatchObject([
          1,
          { reason: 'failed', error: { code: 'not-repeated' } },
        ])
      }
    },
  )

  it('is sent a POST again, with its body, once an event had an id', async () => {
    const { data, requests } = await read(
      (socket, request, index) =>
        socket.end(chunked(index === 0 ? EVENTS.slice(0, 1) : rest(request), { end: index > 0 })),
      { method: 'POST', body: () => 'ask' },
    )
    expect([data, requests.map(({ method }) => method)]).toEqual([ALL, ['POST', 'POST']])
  })
})

describe('close()', () => {
  it('closes the socket, whatever the connection is at', async () => {
    for (const bytes of ['', 'HTTP/1.1 200 OK\r\n', chunked(EVENTS, { end: false })]) {
      await using server = await RawServer.listen((socket) => socket.write(bytes))
      const source = createEventSource(server.url)
      source.on('message', () => {})
      while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      expect(server.connections).toBe(1)
      source.close()
      while (server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })
})
