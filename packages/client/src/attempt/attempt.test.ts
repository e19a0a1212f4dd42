import { createEventStreamParser } from '@sse/core'
import { type FetchExchange, scriptedFetch, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { ConnectionError } from '../errors.ts'
import { type AttemptListener, attempt, type PreparedRequest } from './attempt.ts'

interface Trial {
  readonly exchanges: readonly FetchExchange[]
  readonly exchange: FetchExchange
  readonly heard: string[]
  readonly controller: AbortController
  readonly outcome: Promise<ConnectionError>
}

async function trial({
  prepare = () => ({ url: '/events', init: {} }),
  listener = {},
  maxEventLength,
  obeysSignal = true,
}: {
  prepare?: () => PreparedRequest | Promise<PreparedRequest>
  listener?: Partial<AttemptListener>
  maxEventLength?: number
  obeysSignal?: boolean
} = {}): Promise<Trial> {
  const fetch = scriptedFetch(undefined, { obeysSignal })
  const controller = new AbortController()
  const heard: string[] = []
  const outcome = attempt(
    prepare,
    {
      fetch,
      signal: controller.signal,
      lastEventId: '0',
      createParser: (handlers) => createEventStreamParser({ ...handlers, limits: { maxEventLength } }),
    },
    {
      opened: ({ status, url }) => heard.push(`opened ${status} ${url}`),
      received: (bytes) => heard.push(`received ${bytes}`),
      position: (id) => heard.push(`at ${id}`),
      event: ({ type, data, lastEventId }, id) => heard.push(`${type} ${data} ${lastEventId} ${id}`),
      retry: (ms) => heard.push(`retry ${ms}`),
      comment: (text) => heard.push(`comment ${text}`),
      ready: () => undefined,
      ...listener,
    },
  )
  await turns()
  const { exchanges } = fetch
  return { exchanges, exchange: exchanges[0] as FetchExchange, heard, controller, outcome }
}

describe('attempt', () => {
  it('tells of the head, of bytes, of what they hold, and then of the position', async () => {
    const { exchange, heard, outcome } = await trial()
    exchange.respond().send(': hi\nretry: 5\ndata: a\n\nid: 7\ndata: b\n\n').send('data: c\n')
    exchange.end()
    expect(await outcome).toMatchObject({ code: 'stream-ended', response: { status: 200, url: '/events' } })
    expect(heard).toEqual([
      'opened 200 /events',
      'received 38',
      'comment hi',
      'retry 5',
      'message a 0 undefined',
      'message b 7 7',
      'at 7',
      'received 8',
      'at 7',
    ])
  })

  it('does not count an id as read before the event that has it', async () => {
    const { exchange, heard, outcome } = await trial()
    exchange.respond().send('id: 7\n').send('data: a\n').end()
    await outcome
    expect(heard.filter((what) => what.startsWith('at'))).toEqual(['at 0', 'at 0'])
  })

  it('settles with what is wrong with the response, and releases it', async () => {
    const { exchange, heard, outcome } = await trial()
    exchange.respond({ status: 404 })
    expect(await outcome).toMatchObject({ code: 'refused', response: { status: 404 } })
    expect([heard, exchange.released]).toEqual([[], true])
  })

  it('settles with a network error when the request fails, or the body breaks', async () => {
    const failed = await trial()
    failed.exchange.cut()
    expect(await failed.outcome).toMatchObject({ code: 'network-error', cause: { message: 'fetch failed' } })
    const broken = await trial()
    broken.exchange.send('data: a\n\n').cut()
    expect(await broken.outcome).toMatchObject({ code: 'network-error' })
    expect(broken.heard).toContain('message a 0 undefined')
  })

  it.each([
    ['what the system said', new Error('getaddrinfo ENOTFOUND x'), ': getaddrinfo ENOTFOUND x.'],
    [
      'of several addresses the first',
      new AggregateError([new Error('ECONNREFUSED ::1')]),
      ': ECONNREFUSED ::1.',
    ],
    ['no more where there is no more', undefined, '.'],
  ])('tells, of a request that fails, %s', async (_, cause, told) => {
    const { exchange, outcome } = await trial()
    exchange.fail(new TypeError('fetch failed', { cause }))
    expect((await outcome).message).toBe(`The server cannot be reached, or the connection broke${told}`)
  })

  it('settles when the request cannot be made', async () => {
    for (const prepare of [() => Promise.reject(new Error('no token')), thrower]) {
      const { exchanges, outcome } = await trial({ prepare })
      expect(await outcome).toMatchObject({ code: 'request-failed', cause: { message: 'no token' } })
      expect(exchanges).toEqual([])
    }
  })

  it('settles with an event that is too large, after those before it', async () => {
    const { exchange, heard, outcome } = await trial({ maxEventLength: 10 })
    exchange.send('id: 1\ndata: a\n\nid: 2\ndata: 0123456789a\n\ndata: b\n\n')
    expect(await outcome).toMatchObject({
      code: 'event-too-large',
      message: expect.stringContaining('limit of 10'),
    })
    expect(heard.slice(2)).toEqual(['message a 1 1', 'at 1'])
    expect(exchange.released).toBe(true)
  })

  it('takes a response without a body for one that has ended', async () => {
    const outcome = await attempt(
      () => ({ url: '/', init: {} }),
      {
        fetch: async () => new Response(null, { headers: { 'content-type': 'text/event-stream' } }),
        signal: new AbortController().signal,
        lastEventId: '',
        createParser: createEventStreamParser,
      },
      {
        opened() {},
        received() {},
        position() {},
        event() {},
        retry() {},
        comment() {},
        ready: () => undefined,
      },
    )
    expect(outcome.code).toBe('stream-ended')
  })

  it('reads nothing while its listener is not ready', async () => {
    let ready = Promise.withResolvers<void>()
    const { exchange, heard } = await trial({ listener: { ready: () => ready.promise } })
    exchange.send('data: a\n\n')
    await turns()
    expect([heard, exchange.isRead]).toEqual([['opened 200 /events'], false])
    const first = ready
    ready = Promise.withResolvers()
    first.resolve()
    await turns()
    expect(heard.slice(1)).toEqual(['received 9', 'message a 0 undefined', 'at 0'])
    expect(exchange.isRead).toBe(false)
    ready.resolve()
  })

  it('tells nothing more once it is given up, also of the chunk it is in', async () => {
    const all = { heard: [] as string[] }
    const trialled = await trial({
      listener: {
        event: ({ data }) => {
          all.heard.push(data)
          trialled.controller.abort()
        },
      },
    })
    trialled.exchange.send('data: a\n\nretry: 5\ndata: b\n\n: c\n')
    await trialled.outcome
    expect(all.heard).toEqual(['a'])
    expect(trialled.heard).toEqual(['opened 200 /events', 'received 31'])
    expect(trialled.exchange.released).toBe(true)
  })

  it.each(['prepare', 'fetch', 'read', 'ready'] as const)(
    'settles at once with the reason it is given up for, though %s hangs',
    async (where) => {
      const reason = new ConnectionError('stalled', 'It is given up.')
      const hanging = new Promise<never>(() => {})
      const { controller, exchange, outcome } = await trial({
        obeysSignal: false,
        ...(where === 'prepare' && { prepare: () => hanging }),
        ...(where === 'ready' && { listener: { ready: () => hanging } }),
      })
      if (where === 'read' || where === 'ready') exchange.respond()
      await turns()
      controller.abort(reason)
      expect(await outcome).toBe(reason)
      if (where === 'read' || where === 'ready') expect(exchange.released).toBe(true)
    },
  )

  it('makes no request once it is given up, however late its parts come, and releases a response that comes too late', async () => {
    const late = Promise.withResolvers<PreparedRequest>()
    const preparing = await trial({ prepare: () => late.promise })
    preparing.controller.abort()
    late.resolve({ url: '/', init: {} })
    await turns()
    expect(preparing.exchanges).toEqual([])
    const fetching = await trial({ obeysSignal: false })
    fetching.controller.abort()
    fetching.exchange.respond()
    await turns()
    expect([fetching.heard, fetching.exchange.released]).toEqual([[], true])
  })

  it('does not even ask for its parts when it was given up before', async () => {
    let asked = 0
    const controller = new AbortController()
    controller.abort(new ConnectionError('closed', 'Closed.'))
    const fetch = scriptedFetch()
    const listener = {
      opened() {},
      received() {},
      position() {},
      event() {},
      retry() {},
      comment() {},
      ready: () => undefined,
    }
    const prepare = (): PreparedRequest => {
      asked++
      return { url: '', init: {} }
    }
    const outcome = await attempt(
      prepare,
      { fetch, signal: controller.signal, lastEventId: '', createParser: createEventStreamParser },
      listener,
    )
    expect([outcome.code, asked]).toEqual(['closed', 0])
  })
})

function thrower(): never {
  throw new Error('no token')
}
