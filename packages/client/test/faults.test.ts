/** Faults on real sockets: after each of them, the reader got every event once and in order. */
import { gzipSync } from 'node:zlib'
import { cut, pause, type ScriptedRequest, type Step, stall } from '@sse/testing'
import { type SocketResponse, type SocketScript, scriptedServer } from '@sse/testing/node'
import { describe, expect, it } from 'vitest'
import {
  type ConnectionError,
  constantBackoff,
  createEventSource,
  type EventSourceOptions,
  type TypedEventSource,
} from '../src/index.ts'
import { patientClock } from './patient-clock.ts'

const EVENTS = ['a', 'é', 'c'].map((data, index) => `id: ${index + 1}\ndata: ${data}\n\n`)
const ALL = ['a', 'é', 'c']

/** The events after the one that the client has, and then the end. */
function rest({ lastEventId }: ScriptedRequest): string[] {
  return [...EVENTS.slice(Number(lastEventId)), 'data: [DONE]\n\n']
}

/** Serves every request but the first, which gets this. */
function atFirst(answer: SocketResponse | readonly Step[]): SocketScript {
  return (request) => (request.index === 0 ? answer : rest(request))
}

interface Reading {
  readonly data: string[]
  /** Why the attempts failed, in order. */
  readonly errors: ConnectionError[]
  /** Where the streams came from. */
  readonly opened: string[]
  readonly source: TypedEventSource
  readonly requests: readonly ScriptedRequest[]
}

/** Reads until the stream says that it is over. */
async function read(
  script: SocketScript,
  options: EventSourceOptions = {},
  urlOf?: (url: string, attempt: number) => string,
): Promise<Reading> {
  await using server = await scriptedServer(script)
  const data: string[] = []
  const errors: ConnectionError[] = []
  const opened: string[] = []
  const url = `${server.url}/events`
  const source = createEventSource(urlOf ? ({ attempt }) => urlOf(url, attempt) : url, {
    clock: patientClock,
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
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
  const chunks = EVENTS.map((event) => `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`)
  const chunked = Buffer.from(`${head}transfer-encoding: chunked\r\n\r\n${chunks.join('')}`)
  const undelimited = Buffer.from(`${head}connection: close\r\n\r\n${EVENTS.join('')}`)

  it.each([
    ['chunked, by FIN', chunked, () => [cut('fin')]],
    ['chunked, by RST', chunked, reset],
    ['delimited by its end, by FIN', undelimited, () => [cut('fin')]],
    ['delimited by its end, by RST', undelimited, reset],
  ])('at any byte loses nothing: %s', async (_, response, how) => {
    const cuts = Array.from({ length: response.length + 1 }, (_, at) => at)
    const cutAt = async (at: number): Promise<void> => {
      const { data, errors } = await read(atFirst({ rawHead: response.subarray(0, at), steps: how(at) }))
      expect(data, `cut at ${at}`).toEqual(ALL)
      expect(errors).toHaveLength(1)
      expect(['network-error', 'stream-ended']).toContain(errors[0]?.code)
    }
    for (let at = 0; at < cuts.length; at += 16) await Promise.all(cuts.slice(at, at + 16).map(cutAt))
  })

  /** What has arrived is to be read before the reset discards it, at least sometimes. */
  function reset(at: number): Step[] {
    return at % 2 ? [cut()] : [pause(2), cut()]
  }

  it('again and again goes on, one event at a time', async () => {
    const { data, errors } = await read((request) => {
      const [next = '', ...more] = rest(request)
      return more.length > 0 && request.index < 10 ? [next, 'id: 99\ndata: cut', cut('fin')] : rest(request)
    })
    expect([data, errors.length]).toEqual([ALL, 3])
  })
})

describe('a server', () => {
  it('that falls silent is noticed by the pings it announced', async () => {
    const { data, errors } = await read(atFirst([': open ping-interval-ms=40\n\n', EVENTS[0] ?? '', stall()]))
    expect([data, errors.map(({ code }) => code)]).toEqual([ALL, ['stalled']])
  })

  it('that never answers is given up', async () => {
    const { data, errors } = await read(
      (request) => {
        if (request.index > 1) return rest(request)
        // Half of a head is no answer.
        const half = { rawHead: 'HTTP/1.1 200 OK\r\ncontent-type: text/ev', steps: [stall()] }
        return request.index === 1 ? half : undefined
      },
      { connectTimeoutMs: 60 },
    )
    expect([data, errors.map(({ code }) => code)]).toEqual([ALL, ['connect-timeout', 'connect-timeout']])
  })

  it.each([500, 502, 503, 429, 408, 425])('that says %d is asked again', async (status) => {
    for (const headers of [
      {},
      { 'retry-after': '0' },
      { 'retry-after': '-1' },
      { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' },
    ]) {
      const { data, errors } = await read(atFirst({ status, headers }))
      expect([data, errors.map(({ response }) => response?.status)]).toEqual([ALL, [status]])
    }
  })

  it('that asks for a second is given one', async () => {
    const asked: number[] = []
    const { data } = await read((request) => {
      asked.push(performance.now())
      return request.index === 0 ? { status: 503, headers: { 'retry-after': '1' } } : rest(request)
    })
    expect(data).toEqual(ALL)
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(995)
  })

  it.each([
    ['text/html', 'not-an-event-stream'],
    ['text/event-streamish', 'not-an-event-stream'],
  ])('that sends %s is not asked again', async (type, code) => {
    const { source, requests } = await read([{ headers: { 'content-type': type }, steps: ['<p>'] }])
    expect([requests.length, source.state]).toMatchObject([1, { reason: 'failed', error: { code } }])
  })

  it.each([
    [204, 'done'],
    [404, 'failed'],
    [304, 'failed'],
  ])('that says %d is not asked again', async (status, reason) => {
    const { source, requests } = await read([{ status }])
    expect([requests.length, source.state]).toMatchObject([1, { status: 'closed', reason }])
  })

  it('is followed over redirects, and asked again after too many', async () => {
    const { data, errors, opened, requests, source } = await read((request) => {
      // fetch gives up after 20.
      if (request.index <= 20) return { status: 302, headers: { location: `/${request.index}` } }
      if (request.path === '/events') return { status: 301, headers: { location: '/a' } }
      if (request.path === '/a') return { status: 307, headers: { location: '/b' } }
      return rest(request)
    })
    expect([data, errors.map(({ code }) => code)]).toEqual([ALL, ['network-error']])
    expect(requests.slice(-3).map(({ path }) => path)).toEqual(['/events', '/a', '/b'])
    expect(source.lastEventId).toBe('3')
    expect(opened.at(-1)).toMatch(/\/b$/)
  })

  it('may compress, and be cut in the middle', async () => {
    const { data } = await read((request) => {
      const packed = gzipSync(rest(request).join(''))
      const left = Math.max(20 - request.index, 0)
      const steps = left > 0 ? [packed.subarray(0, -left), cut('fin')] : [packed]
      return { headers: { 'content-encoding': 'gzip' }, steps }
    })
    expect(data).toEqual(ALL)
  })

  it('need not have a name yet, nor a port', async () => {
    // A port that nobody is given unasked. One that was free a moment ago may be somebody's now.
    const closed = 'http://127.0.0.1:2/'
    const { data, errors } = await read(rest, {}, (url, attempt) =>
      attempt === 1 ? 'http://no-such-host.invalid/' : attempt === 2 ? closed : url,
    )
    expect([data, errors.map(({ code }) => code)]).toEqual([ALL, ['network-error', 'network-error']])
    expect(errors.map(({ cause }) => ((cause as Error).cause as NodeJS.ErrnoException).code)).toEqual([
      expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
      'ECONNREFUSED',
    ])
  })

  it('is sent ids as they are, beyond ASCII as UTF-8', async () => {
    const { requests } = await read([['id: é€\ndata: a\n\n'], ['data: [DONE]\n\n']])
    expect(Buffer.from(requests[1]?.headers.get('last-event-id') ?? '', 'latin1').toString()).toBe('é€')
  })

  it.each(['POST', 'PATCH'])(
    'is not sent a %s twice when it was cut, nor when it refused',
    async (method) => {
      for (const answer of [['data: a\n\n', cut('fin')], { status: 503 }]) {
        const { requests, source } = await read([answer], { method, body: 'pay' })
        expect([requests.length, source.state]).toMatchObject([
          1,
          { reason: 'failed', error: { code: 'not-repeated' } },
        ])
      }
    },
  )

  it('is sent a POST again, with its body, once an event had an id', async () => {
    const { data, requests } = await read(atFirst([EVENTS[0] ?? '', cut('fin')]), {
      method: 'POST',
      body: () => 'ask',
    })
    expect([data, requests.map(({ method }) => method)]).toEqual([ALL, ['POST', 'POST']])
    expect(await Promise.all(requests.map(({ body }) => body))).toEqual(['ask', 'ask'])
  })
})

describe('close()', () => {
  it('closes the socket, whatever the connection is at', async () => {
    const half = { rawHead: 'HTTP/1.1 200 OK\r\n', steps: [stall()] }
    for (const answer of [undefined, half, [...EVENTS, stall()]]) {
      await using server = await scriptedServer(() => answer)
      const source = createEventSource(server.url)
      source.on('message', () => {})
      await server.next()
      expect(server.connections).toBe(1)
      source.close()
      await expect.poll(() => server.connections).toBe(0)
    }
  })
})
