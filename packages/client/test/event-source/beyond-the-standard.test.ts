import { FakeClock, type FetchExchange, scriptedFetch, turns } from '@sse/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { EventSource, type EventSourceInit } from '../../src/event-source.ts'

const URL_ = 'https://example.org/stream'

afterEach(() => {
  vi.unstubAllGlobals()
})

function open(
  answer?: (exchange: FetchExchange) => FetchExchange,
  init: EventSourceInit & { readonly url?: string } = {},
) {
  const clock = new FakeClock()
  const fetch = scriptedFetch(answer && ((_, exchange) => answer(exchange)))
  const { url = URL_, ...rest } = init
  const source = new EventSource(url, { fetch, clock, ...rest })
  const story: string[] = []
  for (const type of ['open', 'message', 'error'])
    source.addEventListener(type, () =>
      story.push(type === 'error' ? `error ${STATES[source.readyState]}` : type),
    )
  const heard = (entry: string): Promise<void> => expect.poll(() => story).toContain(entry)
  return { source, story, heard, exchanges: fetch.exchanges, clock }
}

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'] as const

describe('the fetch option', () => {
  it('is called for every request, with what a request of an EventSource is', async () => {
    const { exchanges, clock, source } = open((exchange) => exchange.respond().send('id: 1\n\n').end())
    await clock.advanceAsync(3_000)
    const [first, second] = exchanges
    expect(first).toMatchObject({
      request: { url: URL_ },
      init: { cache: 'no-store', credentials: 'same-origin' },
    })
    expect(Object.fromEntries(first?.request.headers ?? [])).toEqual({ accept: 'text/event-stream' })
    expect(second).toMatchObject({
      request: { url: URL_ },
      init: { cache: 'no-store', credentials: 'same-origin' },
    })
    expect(second?.lastEventId).toBe('1')
    source.close()
  })

  it('is asked to include credentials, when the source has them', async () => {
    const { exchanges, source } = open(undefined, { withCredentials: true })
    await turns()
    expect(exchanges[0]?.init.credentials).toBe('include')
    source.close()
  })

  it('is called without this, as the function of a browser demands', async () => {
    let self: unknown = 'not called'
    const source = new EventSource(URL_, {
      fetch(this: unknown) {
        self = this
        return new Promise(() => {})
      },
    })
    await turns()
    source.close()
    expect(self).toBeUndefined()
  })

  it('is that of the runtime at the time of each request, when none is given', async () => {
    const earlier = scriptedFetch((_, exchange) => exchange.respond().end())
    const clock = new FakeClock()
    vi.stubGlobal('fetch', earlier)
    const source = new EventSource(URL_, { clock })
    await turns()
    const later = scriptedFetch()
    vi.stubGlobal('fetch', later)
    await clock.advanceAsync(3_000)
    source.close()
    expect([earlier.exchanges.length, later.exchanges.length]).toEqual([1, 1])
  })

  it('may give a response that knows no URL: origin is that of the request', async () => {
    const { source } = open((exchange) => exchange.respond().send('data: a\n\n'))
    const event = await new Promise<MessageEvent>((resolve) => source.addEventListener('message', resolve))
    source.close()
    expect(event.origin).toBe('https://example.org')
  })

  it('may give a response without a body: it opens and ends', async () => {
    const response = new Response(null, { headers: { 'content-type': 'text/event-stream' } })
    const { story, source } = open(undefined, { fetch: async () => response })
    await turns()
    source.close()
    expect(story).toEqual(['open', 'error CONNECTING'])
  })

  it.each([
    [
      'throws',
      () => {
        throw new TypeError('no')
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('no'))],
    ['rejects with something that is no error', () => Promise.reject(undefined)],
  ])('is tried again when it %s', async (_, broken) => {
    let calls = 0
    const { story, clock, source } = open(undefined, {
      fetch: () => {
        calls++
        return broken()
      },
    })
    await clock.advanceAsync(3_000)
    source.close()
    expect([story, calls]).toEqual([['error CONNECTING', 'error CONNECTING'], 2])
  })

  it('fails the connection when its request was aborted by another than the source (§9.2.3)', async () => {
    const { story, clock } = open((exchange) => exchange.fail(new DOMException('stopped', 'AbortError')))
    await clock.advanceAsync(10_000)
    expect(story).toEqual(['error CLOSED'])
  })

  it('has its signal aborted, and its body let go, by close()', async () => {
    const { exchanges, source, heard } = open((exchange) => exchange.respond().send('data: a\n\n'))
    await heard('message')
    expect(exchanges[0]?.aborted).toBe(false)
    source.close()
    expect(exchanges[0]).toMatchObject({ aborted: true, released: true })
  })

  it('is not called at all by a source that is closed at once', async () => {
    const { exchanges, source } = open()
    source.close()
    await turns()
    expect(exchanges).toEqual([])
  })
})

describe('an error event of the connection', () => {
  function firstError(source: EventSource): Promise<object> {
    return new Promise((resolve) => {
      source.addEventListener('error', (event) => {
        const { type, code, message, status, cause } = event
        source.close()
        resolve({ type, code, message, status, cause })
      })
    })
  }

  it.each([
    ['that was refused', 401, {}, 'refused', 'status 401'],
    ['that has no more to say', 204, {}, 'no-content', 'status 204'],
    ['of another type', 200, { 'content-type': 'text/html' }, 'not-an-event-stream', 'text/html'],
  ])('tells code, message and status of a response %s', async (_, status, headers, code, words) => {
    const { source } = open((exchange) => exchange.respond({ status, headers }))
    expect(await firstError(source)).toEqual({
      type: 'error',
      code,
      message: expect.stringContaining(words),
      status,
      cause: undefined,
    })
  })

  it('tells that the stream has ended', async () => {
    const { source } = open((exchange) => exchange.respond().end())
    expect(await firstError(source)).toMatchObject({ code: 'stream-ended', status: 200 })
  })

  it('tells why the network did not work, where there is no status', async () => {
    const why = new TypeError('fetch failed')
    const { source } = open((exchange) => exchange.fail(why))
    expect(await firstError(source)).toMatchObject({ code: 'network-error', status: undefined, cause: why })
  })
})

describe('the life of a program', () => {
  it('goes on while a source waits for its next attempt, and no timer is left when it is closed', async () => {
    const { clock, source, heard } = open((exchange) => exchange.respond().end())
    await heard('error CONNECTING')
    expect(clock.keepsAlive).toBe(true)
    source.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('is not held by timers while a stream is open: its socket does that', async () => {
    const { clock, source, heard } = open((exchange) => exchange.respond())
    await heard('open')
    expect(clock.keepsAlive).toBe(false)
    source.close()
    expect(clock.pendingTimers).toBe(0)
  })

  it('has no timer of a source that has failed', async () => {
    const { clock, heard } = open((exchange) => exchange.respond({ status: 500 }))
    await heard('error CLOSED')
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a relative URL', () => {
  it('is resolved against the base URL of the document before that of the location', () => {
    vi.stubGlobal('location', { href: 'https://example.org/a/b' })
    const inWorker = open(undefined, { url: 'c' })
    vi.stubGlobal('document', { baseURI: 'https://example.com/x/y' })
    const inPage = open(undefined, { url: 'c' })
    for (const { source } of [inWorker, inPage]) source.close()
    expect(inWorker.source.url).toBe('https://example.org/a/c')
    expect(inPage.source.url).toBe('https://example.com/x/c')
  })

  it('is told in the error, where there is nothing to resolve it against', () => {
    expect(() => open(undefined, { url: '/stream' })).toThrow('"/stream"')
  })
})
