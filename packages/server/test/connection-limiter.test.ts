import type { IncomingMessage } from 'node:http'
import { FakeClock } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import {
  Channel,
  ConnectionLimiter,
  type ConnectionLimiterOptions,
  EventSourceResponse,
  type EventSourceResponseOptions,
  type StreamContentOrFactory,
} from '../src/index.ts'
import { captureWarnings } from './captured-warnings.ts'
import { never } from './fake-sink.ts'
import { RawClient } from './raw-client.ts'
import { StreamServer } from './stream-server.ts'

type Limiter = ConnectionLimiter<IncomingMessage>

function serve(
  limiter: Limiter,
  content: StreamContentOrFactory<IncomingMessage> = never,
  options: EventSourceResponseOptions<IncomingMessage> = {},
): Promise<StreamServer> {
  const response = new EventSourceResponse(content, { pingIntervalMs: 0, limiter, ...options })
  return StreamServer.start((req, res) => response.send(req, res))
}

function limit(options: ConnectionLimiterOptions<IncomingMessage>): Limiter {
  return new ConnectionLimiter(options)
}

async function connect(server: StreamServer, path = '/'): Promise<RawClient> {
  const client = (await RawClient.connect(server.port, { path })).read()
  await client.until(': open')
  return client
}

describe('a limit of connections', () => {
  it('answers those beyond max with a 503, when to come back, and a sentence', async () => {
    const limiter = limit({ max: 1, retryAfterMs: 1_500 })
    await using server = await serve(limiter)
    using client = await connect(server)
    const refused = await fetch(server.url)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
    expect(refused.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await refused.text()).toMatch(/^The server has .*\.\n$/)
    expect(await server.end()).toMatchObject({ reason: 'refused', status: 503, events: 0, bytes: 0 })
    expect(limiter.open()).toBe(1)
    client.leave()
    await expect.poll(() => limiter.open()).toBe(0)
    using next = await connect(server)
    expect(next.received).toContain('200 OK')
  })

  it('answers those beyond maxPerKey with a 429; others still come in', async () => {
    const limiter = limit({ maxPerKey: 1, key: ({ url }) => (url === '/' ? undefined : url) })
    await using server = await serve(limiter)
    using a = await connect(server, '/a')
    const refused = await fetch(`${server.url}a`)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10'])
    expect(await refused.text()).toMatch(/^You have 1 event streams open, .*\.\n$/)
    using b = await connect(server, '/b')
    // Nobody's are not bounded by it.
    using nobody1 = await connect(server)
    using nobody2 = await connect(server)
    expect([limiter.open(), limiter.open('/a'), limiter.open('/b'), limiter.open('/c')]).toEqual([4, 1, 1, 0])
    for (const client of [a, b, nobody1, nobody2]) client.leave()
    await expect.poll(() => limiter.open()).toBe(0)
    expect([limiter.open('/a'), limiter.open('/b')]).toEqual([0, 0])
  })

  it('counts by address where there is no key', async () => {
    await using server = await serve(limit({ maxPerKey: 1 }))
    using _client = await connect(server)
    expect((await fetch(server.url)).status).toBe(429)
  })

  it('is not what a HEAD or a request that is refused anyway takes a place of', async () => {
    const limiter = limit({ max: 1 })
    await using server = await serve(limiter)
    expect((await fetch(server.url, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(server.url, { method: 'DELETE' })).status).toBe(405)
    expect((await fetch(server.url, { headers: { accept: 'image/png' } })).status).toBe(406)
    expect(limiter.open()).toBe(0)
    using _client = await connect(server)
    expect((await fetch(server.url, { method: 'HEAD' })).status).toBe(200)
    expect(limiter.open()).toBe(1)
  })

  it.each<[string, StreamContentOrFactory<IncomingMessage>, EventSourceResponseOptions<IncomingMessage>]>([
    ['complete', ['text'], {}],
    [
      'error',
      () => {
        throw new Error('boom')
      },
      { onError: () => {} },
    ],
    ['max-duration', never, { maxDurationMs: 1 }],
  ])('gives a place back after %s', async (reason, content, options) => {
    const limiter = limit({ max: 1 })
    await using server = await serve(limiter, content, options)
    for (let n = 1; n <= 3; n++) {
      expect((await fetch(server.url).then((response) => response.text())).startsWith(': open')).toBe(true)
      await expect.poll(() => server.ends.length).toBe(n)
      expect([server.ends[n - 1]?.reason, limiter.open()]).toEqual([reason, 0])
    }
  })

  it('gives a place back after a send timeout', async () => {
    const limiter = limit({ max: 1 })
    const clock = new FakeClock()
    const channel = new Channel()
    await using server = await serve(limiter, channel, { sendTimeoutMs: 1_000, clock })
    using _client = await RawClient.connect(server.port)
    await expect.poll(() => channel.subscribers).toBe(1)
    await expect
      .poll(() => {
        channel.publish('n', 'x'.repeat(1_000_000))
        return clock.pendingTimers
      })
      .toBeGreaterThan(0)
    clock.advance(1_000)
    expect((await server.end()).reason).toBe('send-timeout')
    expect(limiter.open()).toBe(0)
  })

  it('gives a place back while a finally hangs', async () => {
    const limiter = limit({ max: 1 })
    await using server = await serve(limiter, async function* () {
      try {
        for (;;) yield 'x'.repeat(100_000)
      } finally {
        await new Promise(() => {})
      }
    })
    using client = await connect(server)
    client.leave()
    await expect.poll(() => limiter.open()).toBe(0)
    expect(server.ends).toEqual([])
  })

  it('refuses with a 500 whom the key function throws on, and warns', async () => {
    using warnings = captureWarnings()
    const limiter = limit({
      key: () => {
        throw new Error('no session')
      },
    })
    await using server = await serve(limiter)
    expect((await fetch(server.url)).status).toBe(500)
    expect(await server.end()).toMatchObject({ reason: 'refused', status: 500 })
    expect(limiter.open()).toBe(0)
    expect(warnings.all.map(({ message }) => message)).toEqual([expect.stringContaining('ConnectionLimiter')])
  })

  it('counts a stream that is released twice once', () => {
    const limiter = new ConnectionLimiter<string>({ max: 2, maxPerKey: 2, key: (request) => request })
    const admissions = [limiter.admit('a'), limiter.admit('a')]
    const [first] = admissions
    if (first === undefined || 'refusal' in first) throw new Error('It was not let in.')
    first.release()
    first.release()
    expect([limiter.open(), limiter.open('a')]).toEqual([1, 1])
  })

  it('lets nobody in where max is 0', () => {
    expect(new ConnectionLimiter({ max: 0 }).admit({})).toMatchObject({ refusal: { status: 503 } })
  })

  it.each([
    [{ max: -1 }, 'max'],
    [{ max: 1.5 }, 'max'],
    [{ maxPerKey: Number.NaN }, 'maxPerKey'],
    [{ retryAfterMs: -1 }, 'retryAfterMs'],
  ])('refuses %o', (options, field) => {
    expect(() => new ConnectionLimiter(options)).toThrow(
      expect.objectContaining({ code: 'invalid-option', field }),
    )
  })
})
