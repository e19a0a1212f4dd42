import { hasSubscribers } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect } from 'node:net'
import { FakeClock, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { testCertificate } from '../../testing/test/fixtures/test-certificate.ts'
import {
  Channel,
  createShutdown,
  EventSourceResponse,
  type StreamContext,
  type StreamEnd,
} from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { captureWarnings } from './captured-warnings.ts'
import { never } from './fake-sink.ts'
import { Http1Client } from './http1-client.ts'
import { settled } from './settled.ts'
import { bodyOf, gone, retryOf, ShutdownServer } from './shutdown-server.ts'

type Context = StreamContext<NodeRequest>

const told = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort')

/** Says goodbye when it is told, and notes in `log` what happens to it. */
const polite = (log: string[] = []) =>
  async function* ({ shutdown, signal }: Context) {
    try {
      yield { data: 'hello' }
      await told(shutdown)
      log.push('told')
      yield { event: 'shutdown', data: 'bye' }
      log.push(`returns, cancelled: ${signal.aborted}`)
    } finally {
      log.push('finally')
    }
  }

/** Notes in `log` that it was told, and goes on. */
const stubborn = (log: string[] = []) =>
  async function* ({ shutdown, signal }: Context) {
    shutdown.addEventListener('abort', () => log.push('told'))
    try {
      yield { data: 'hello' }
      await told(signal)
    } finally {
      log.push('cancelled')
    }
  }

describe('a source that is told of the shutdown', () => {
  it('is told at once, all of them in the turn in which the drain begins', async () => {
    const log: string[] = []
    await using server = await ShutdownServer.start({
      '/': { content: stubborn(log), shutdownGraceMs: 1_000 },
    })
    using _one = await server.open()
    using _two = await server.open()
    void server.shutdown.drain()
    expect(log).toEqual(['told', 'told'])
  })

  it('says goodbye to its client and runs to its end within its grace: the reason is shutdown', async () => {
    const log: string[] = []
    await using server = await ShutdownServer.start({ '/': { content: polite(log), shutdownGraceMs: 1_000 } })
    using client = await server.open()
    await server.drained()
    await gone(client)
    expect(bodyOf(client)).toMatch(/event: shutdown\ndata: bye\n\n$/)
    expect(client.responses[0]?.complete).toBe(true)
    expect(log).toEqual(['told', 'returns, cancelled: false', 'finally'])
    expect(server.ends).toMatchObject([{ reason: 'shutdown', events: 2 }])
    expect(server.clock.now(), 'no time has passed').toBe(0)
  })

  it('is ended at its own grace, not before, if it ignores it', async () => {
    const log: string[] = []
    await using server = await ShutdownServer.start({ '/': { content: stubborn(log), shutdownGraceMs: 500 } })
    using client = await server.open()
    const drained = server.shutdown.drain()
    server.clock.advance(499)
    await turns(1)
    expect(log).toEqual(['told'])
    server.clock.advance(1)
    await drained
    expect(log).toEqual(['told', 'cancelled'])
    expect(server.reasons).toEqual(['shutdown'])
    await gone(client)
    expect(client.responses[0]?.complete, 'it is ended, not cut off').toBe(true)
  })

  it('without a grace is ended at once: it is told, and cancelled', async () => {
    const log: string[] = []
    await using server = await ShutdownServer.start({ '/': { content: stubborn(log) } })
    using client = await server.open()
    await server.drained()
    await gone(client)
    expect(log).toEqual(['told', 'cancelled'])
    expect(server.reasons).toEqual(['shutdown'])
    expect(client.responses[0]?.complete).toBe(true)
  })

  it('is not waited for when it does not look at all: it yielded once, and idles', async () => {
    await using server = await ShutdownServer.start({ '/': { content: () => never() } })
    using client = await server.open()
    await server.drained()
    await gone(client)
    expect(client.responses[0]?.complete).toBe(true)
  })

  it('is ended at the grace of the shutdown, if its own is longer', async () => {
    await using server = await ShutdownServer.start(
      { '/': { content: stubborn(), shutdownGraceMs: 60_000 } },
      { graceMs: 300 },
    )
    using _client = await server.open()
    const drained = server.shutdown.drain()
    server.clock.advance(299)
    await turns(1)
    expect(server.ends).toEqual([])
    server.clock.advance(1)
    await drained
    expect(server.reasons).toEqual(['shutdown'])
  })

  it('may stop by an AbortError: that is no failure', async () => {
    using warnings = captureWarnings()
    await using server = await ShutdownServer.start({
      '/': {
        async *content({ shutdown }: Context) {
          yield 'hello'
          await once(new EventTarget(), 'never', { signal: shutdown })
        },
        shutdownGraceMs: 1_000,
        onError: () => ({ data: 'failed' }),
      },
    })
    using client = await server.open()
    await server.drained()
    expect(server.reasons).toEqual(['shutdown'])
    expect(bodyOf(client)).not.toContain('failed')
    expect(warnings.all).toEqual([])
  })

  it('may fail at its farewell, as at any time', async () => {
    await using server = await ShutdownServer.start({
      '/': {
        async *content({ shutdown }: Context) {
          yield 'hello'
          await told(shutdown)
          throw new Error('no')
        },
        shutdownGraceMs: 1_000,
        onError: () => ({ data: 'failed' }),
      },
    })
    using client = await server.open()
    await server.drained()
    await gone(client)
    expect(server.reasons).toEqual(['error'])
    expect(bodyOf(client)).toContain('data: failed')
  })

  it('whose client leaves meanwhile is not waited for', async () => {
    await using server = await ShutdownServer.start({ '/': { content: stubborn(), shutdownGraceMs: 5_000 } })
    using client = await server.open()
    const drained = server.shutdown.drain()
    client.leave()
    await drained
    await expect.poll(() => server.ends.length).toBe(1)
    expect(server.reasons).toEqual(['client-disconnect'])
    expect(server.clock.pendingTimers, 'nothing waits any more').toBe(0)
  })
})

describe('a client of a server that drains', () => {
  it.each([
    ['its stream’s', { retryMs: 2_000 }, {}, [2_000, 3_000, 3_980]],
    ['3 seconds, where nothing was said', {}, {}, [3_000, 4_500, 5_970]],
    ['the shutdown’s', { retryMs: 2_000 }, { retryMs: 100 }, [100, 150, 199]],
    ['the spread, where that is longer', { retryMs: 1_000 }, { spreadMs: 8_000 }, [1_000, 5_000, 8_920]],
    ['none at all', {}, { retryMs: 0 }, [0, 0, 0]],
    ['the longest that there is', {}, { retryMs: 2 ** 31 - 1 }, [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1]],
  ])('is told its own reconnection time, from %s', async (_, stream, options, expected) => {
    const chances = [0, 0.5, 0.99]
    await using server = await ShutdownServer.start(
      { '/': { content: () => never(), ...stream } },
      { ...options, random: () => chances.shift() ?? 0 },
    )
    const clients = [await server.open(), await server.open(), await server.open()]
    void server.shutdown.drain()
    server.clock.advance(10_000)
    await Promise.all(clients.map(gone))
    expect(clients.map(retryOf)).toEqual(expected)
  })

  it('is told it before the farewell, whose own reconnection time counts', async () => {
    await using server = await ShutdownServer.start({
      '/': {
        async *content({ shutdown }: Context) {
          await told(shutdown)
          yield { data: 'bye', retry: 7 }
        },
        shutdownGraceMs: 100,
      },
    })
    using client = await server.open()
    await server.drained()
    await gone(client)
    expect(retryOf(client)).toBe(7)
  })

  it('is not told it when it takes nothing, and is cut off at the end of the grace', async () => {
    const log: string[] = []
    const item = 'x'.repeat(100_000)
    let taken = 0
    await using server = await ShutdownServer.start(
      {
        '/': {
          async *content({ signal }: Context) {
            try {
              for (; ; taken++) yield item
            } finally {
              log.push(`cancelled ${signal.aborted}`)
            }
          },
          shutdownGraceMs: 500,
        },
      },
      { graceMs: 1_000 },
    )
    using client = (await Http1Client.connect(server.port)).send('GET', '/')
    await expect.poll(() => client.socket.readableLength).toBeGreaterThan(0)
    await settled(() => taken, 'the way to the client is full')
    let closed = false
    const drained = server.shutdown.drain().then(() => {
      closed = true
    })
    server.clock.advance(500)
    await expect.poll(() => log.length).toBe(1)
    server.clock.advance(499)
    await turns(10)
    expect(closed, 'what was written may still be taken').toBe(false)
    server.clock.advance(1)
    await drained
    client.read()
    await gone(client)
    expect(client.responses[0]?.complete).toBe(false)
    expect(server.reasons).toEqual(['shutdown'])
    const [{ bytes } = { bytes: 0 }] = server.ends
    expect(bytes, 'nothing was written but these').toBe(8 + (taken + 1) * `data: ${item}\n\n`.length)
  })

  it('and takes slowly what was written gets all of it, and the end', async () => {
    const body = 'x'.repeat(5_000_000)
    let asked = false
    const content = (): string[] => {
      asked = true
      return [body]
    }
    await using server = await ShutdownServer.start({
      '/': { content },
      '/idle': { content: () => never() },
    })
    using slow = (await Http1Client.connect(server.port)).send('GET', '/')
    using idle = await server.open('/idle')
    await expect.poll(() => asked).toBe(true)
    const drained = server.shutdown.drain()
    // Its connection is closed while the other one still has bytes to send.
    await gone(idle)
    slow.read()
    await drained
    await gone(slow)
    expect(slow.responses[0]?.complete).toBe(true)
    expect(bodyOf(slow)).toContain(body)
  })
})

describe('a channel', () => {
  const open = async (published: number, options = {}) => {
    const channel = new Channel()
    const server = await ShutdownServer.start({ '/': { content: channel } }, options)
    const client = await server.open()
    await client.response(0, ({ body }) => body.includes('id: '))
    for (let i = 1; i < published; i++) channel.publish('message', 'x'.repeat(100_000))
    channel.publish('message', 'last')
    return { channel, server, client }
  }

  it('gives its client what was published in the same turn, before the end', async () => {
    const { server, client } = await open(1)
    await using _ = server
    await server.drained()
    await gone(client)
    expect(bodyOf(client)).toContain('data: last')
    expect(client.responses[0]?.complete).toBe(true)
    expect(server.reasons).toEqual(['shutdown'])
  })

  it('gives its client what is published by others who hear of the shutdown in the same turn', async () => {
    const { channel, server, client } = await open(1)
    await using _ = server
    await client.response(0, ({ body }) => body.includes('data: last'))
    const drained = server.shutdown.drain()
    // Its turn ends after that of the drain.
    channel.publish('farewell', 'bye')
    await drained
    await gone(client)
    expect(bodyOf(client)).toMatch(/event: farewell\ndata: bye\n\n$/)
    expect(client.responses[0]?.complete).toBe(true)
  })

  it('gives its client what does not fit into the connection at once', async () => {
    const { server, client } = await open(80)
    await using _ = server
    await server.drained()
    await gone(client)
    expect(bodyOf(client).match(/^data: /gm)).toHaveLength(80)
    expect(bodyOf(client)).toContain('data: last')
    expect(client.responses[0]?.complete).toBe(true)
    expect(server.clock.now()).toBe(0)
  })

  it('is left by a client that stalls, at the end of the grace', async () => {
    const { channel, server, client } = await open(1, { graceMs: 700 })
    await using _ = server
    client.stall()
    await client.response(0)
    for (let i = 0; i < 80; i++) channel.publish('message', 'x'.repeat(100_000))
    const drained = server.shutdown.drain()
    server.clock.advance(699)
    await turns(10)
    expect(server.ends).toEqual([])
    server.clock.advance(1)
    await drained
    expect(server.reasons).toEqual(['shutdown'])
    expect(channel.subscribers).toBe(0)
  })

  it('that is closed by ctx.shutdown ends its streams by the shutdown', async () => {
    const channel = new Channel()
    await using server = await ShutdownServer.start({
      '/': {
        content: ({ shutdown }: Context) => {
          shutdown.addEventListener('abort', () => channel.close())
          return channel
        },
        shutdownGraceMs: 1_000,
      },
    })
    using _client = await server.open()
    channel.publish('message', 'last')
    await server.drained()
    expect(server.ends).toMatchObject([{ reason: 'shutdown', events: 1 }])
  })
})

/** The time of a process that may take long for something: when it has done that, timers are late, and come in the order in which they were due. */
class HeldUpClock extends FakeClock {
  #heldUpMs = 0

  holdUp(ms: number): void {
    this.#heldUpMs += ms
  }

  override now(): number {
    return super.now() + this.#heldUpMs
  }

  override schedule(callback: () => void, delayMs: number, keepAlive?: boolean): () => void {
    return super.schedule(callback, delayMs + this.#heldUpMs, keepAlive)
  }
}

describe('the pace', () => {
  const endsAt = async (graces: number[], options: object): Promise<number[]> => {
    const at: number[] = []
    const routes = Object.fromEntries(
      graces.map((shutdownGraceMs, index) => [
        `/${index}`,
        {
          content: () => never(),
          shutdownGraceMs,
          onClose: ({ durationMs }: StreamEnd) => {
            at[index] = durationMs
          },
        },
      ]),
    )
    await using server = await ShutdownServer.start(routes, options)
    for (const index of graces.keys()) await server.open(`/${index}`)
    void server.shutdown.drain()
    for (let ms = 0; ms < 2_000; ms += 50) {
      await turns(1)
      server.clock.advance(50)
    }
    return at
  }

  it('is even over spreadMs, and the first stream ends at once', async () => {
    expect(await endsAt([0, 0, 0, 0], { spreadMs: 1_000 })).toEqual([0, 250, 500, 750])
  })

  it('begins for each stream with the end of its grace', async () => {
    expect(await endsAt([0, 0, 500, 500], { spreadMs: 1_000 })).toEqual([0, 250, 1_000, 1_250])
  })

  it('never goes beyond graceMs', async () => {
    expect(await endsAt([0, 800, 900, 5_000], { spreadMs: 1_000, graceMs: 1_000 })).toEqual([
      0, 850, 950, 1_000,
    ])
  })

  it('is made up for by a process that was held up: who should have been ended meanwhile is, and not cut off', async () => {
    const clock = new HeldUpClock()
    const stream = { content: () => never() }
    await using server = await ShutdownServer.start(
      { '/': stream, '/long': stream },
      {
        clock,
        spreadMs: 900,
        graceMs: 1_000,
        create: (listener) =>
          createServer((request, response) => {
            const end = response.end.bind(response)
            if (request.url === '/long')
              response.end = () => {
                clock.holdUp(5_000)
                return end()
              }
            listener(request, response)
          }),
      },
    )
    const clients = [await server.open('/'), await server.open('/long'), await server.open('/')]
    const drained = server.shutdown.drain()
    await turns(1)
    clock.advance(10_000)
    await drained
    await Promise.all(clients.map(gone))
    expect(clients.map((client) => client.responses[0]?.complete)).toEqual([true, true, true])
  })

  it('is not kept for clients that left, and holds nothing up', async () => {
    await using server = await ShutdownServer.start({ '/': { content: () => never() } }, { spreadMs: 1_000 })
    const clients = [await server.open(), await server.open()]
    const drained = server.shutdown.drain()
    await turns(1)
    expect(server.clock.pendingTimers, 'the next stream, and the grace').toBe(2)
    for (const client of clients) client.leave()
    await drained
    expect(server.clock.now()).toBe(0)
    expect(server.clock.pendingTimers).toBe(0)
  })
})

describe('while the server drains', () => {
  const draining = async (options = {}) => {
    const answered: (() => void)[] = []
    const server = await ShutdownServer.start(
      {
        '/': { content: stubborn(), shutdownGraceMs: 5_000 },
        '/stream': { content: () => ['hello'] },
        '/slow': (response) => answered.push(() => response.end('done')),
      },
      options,
    )
    return { server, answered }
  }

  it('a newcomer on a connection that is kept alive gets 503 and Retry-After, and its connection is closed', async () => {
    const { server, answered } = await draining({ retryMs: 1_500 })
    await using _ = server
    using _open = await server.open()
    using client = (await Http1Client.connect(server.port)).send('GET', '/slow').read()
    await expect.poll(() => answered.length).toBe(1)
    void server.shutdown.drain()
    client.send('GET', '/stream')
    await expect.poll(() => server.reasons).toContain('refused')
    answered[0]?.()
    const { status, headers } = await client.response(1, ({ complete }) => complete)
    expect(client.responses[0]?.body.toString()).toBe('done')
    expect(status).toBe(503)
    expect(new Map(headers).get('retry-after')).toBe('2')
    expect(new Map(headers).get('connection')).toBe('close')
    await gone(client)
  })

  it('a request that was already behind another is not answered any more, and the connection closed', async () => {
    const { server, answered } = await draining()
    await using _ = server
    using client = (await Http1Client.connect(server.port)).send('GET', '/slow').send('GET', '/slow').read()
    await expect.poll(() => answered.length).toBe(2)
    void server.shutdown.drain()
    answered[0]?.()
    await gone(client)
    expect(client.responses).toMatchObject([{ status: 200, complete: true }])
  })

  it('a newcomer whose request was begun before gets them too', async () => {
    const { server } = await draining({ retryMs: 1_500 })
    await using _ = server
    using _open = await server.open()
    const heard = server.heard()
    using client = await Http1Client.connect(server.port)
    client.socket.write('GET /stream HTTP/1.1\r\nhost: localhost\r\n')
    await heard
    void server.shutdown.drain()
    client.read().socket.write('\r\n')
    await client.response(0, ({ complete }) => complete)
    const { status, headers } = client.responses[0] ?? { headers: [] }
    expect(status).toBe(503)
    expect(new Map(headers).get('retry-after')).toBe('2')
    expect(new Map(headers).get('connection')).toBe('close')
    await gone(client)
    expect(server.reasons).toEqual(['refused'])
  })

  it('an answer that is under way is finished, and its connection closed after it', async () => {
    const { server, answered } = await draining()
    await using _ = server
    using client = (await Http1Client.connect(server.port)).send('GET', '/slow').read()
    await expect.poll(() => answered.length).toBe(1)
    let closed = false
    const drained = server.shutdown.drain().then(() => {
      closed = true
    })
    await turns(10)
    expect(closed).toBe(false)
    answered[0]?.()
    await drained
    await gone(client)
    expect(client.responses[0]?.body.toString()).toBe('done')
    expect(server.clock.now()).toBe(0)
  })

  it('connections are refused, and those that nothing was asked by are closed', async () => {
    const { server } = await draining()
    await using _ = server
    using _open = await server.open()
    using unused = (await Http1Client.connect(server.port)).read()
    await turns(1)
    const { port } = server
    void server.shutdown.drain()
    await gone(unused)
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
  })

  it('another protocol on a connection is closed at the end of the grace, also after the shutdown was disposed of', async () => {
    const { server } = await draining({ graceMs: 1_000 })
    await using _ = server
    server.server.on('upgrade', (_, socket) => {
      socket.on('error', () => {})
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\nconnection: upgrade\r\n\r\n')
    })
    using client = (await Http1Client.connect(server.port))
      .send('GET', '/', { connection: 'upgrade', upgrade: 'other' })
      .read()
    await client.response(0)
    const drained = server.shutdown.drain()
    server.shutdown[Symbol.dispose]()
    server.clock.advance(1_000)
    await drained
    await gone(client)
  })

  it('a connection from before the shutdown was made is closed at the end of the grace', async () => {
    const { server, answered } = await draining()
    await using _ = server
    server.shutdown[Symbol.dispose]()
    using client = (await Http1Client.connect(server.port)).send('GET', '/slow').read()
    await expect.poll(() => answered.length).toBe(1)
    using later = createShutdown(server.server, { signals: false, clock: server.clock })
    const drained = later.drain()
    await turns(10)
    expect(client.ended).toBe(false)
    server.clock.advance(10_000)
    await drained
    await gone(client)
  })

  it('another server of the process is left alone', async () => {
    const { server } = await draining()
    await using _ = server
    await using other = await ShutdownServer.start({ '/': { content: () => ['hello'] } })
    using _open = await server.open()
    void server.shutdown.drain()
    using client = await other.open()
    client.send('GET', '/')
    const { headers } = await client.response(1, ({ complete }) => complete)
    expect(new Map(headers).get('connection')).not.toBe('close')
  })

  it('`draining` says so, until the server is closed', async () => {
    const { server } = await draining()
    await using _ = server
    using client = await server.open()
    expect(server.shutdown.draining).toBe(false)
    const drained = server.shutdown.drain()
    expect(server.shutdown.draining).toBe(true)
    client.leave()
    await drained
    expect(server.shutdown.draining).toBe(false)
  })

  it('all who ask for the drain wait for the same one, by whichever shutdown, also from within', async () => {
    const asked: Promise<void>[] = []
    const again = { begun: 0 }
    await using server = await ShutdownServer.start({
      '/': {
        content: ({ shutdown }: Context) => {
          shutdown.addEventListener('abort', () => {
            again.begun++
            asked.push(server.shutdown.drain())
          })
          return never()
        },
      },
    })
    using other = createShutdown(server.server, { signals: false })
    using client = await server.open()
    asked.push(server.shutdown.drain(), server.shutdown.drain(), other.drain())
    expect(new Set(asked).size).toBe(1)
    expect(other.draining).toBe(true)
    await Promise.all(asked)
    asked.push(server.shutdown.drain())
    expect(new Set(asked).size).toBe(1)
    expect(again.begun).toBe(1)
    await gone(client)
    expect(bodyOf(client).match(/retry/g)).toHaveLength(1)
  })
})

describe.each([
  ['HTTP', {}, false],
  ['HTTPS', { create: ((listener: never) => createHttpsServer(testCertificate, listener)) as never }, true],
] as const)('an answer over %s that has ended, and waits for a slow client', (_, options, secure) => {
  const answer = 'x'.repeat(8_000_000)
  const start = async () => {
    const responses: ServerResponse[] = []
    const server = await ShutdownServer.start(
      { '/': (response) => responses.push(response), '/quick': { content: () => [] } },
      options,
    )
    const ask = async (path: string) => (await Http1Client.connect(server.port, { secure })).send('GET', path)
    /** Ends the last answer, of which the client has read nothing. */
    const end = async (count: number) => {
      await expect.poll(() => responses.length).toBe(count)
      const { socket } = responses[count - 1]?.end(answer) ?? {}
      await turns(10)
      expect(socket?.writableLength).toBeGreaterThan(0)
    }
    return { server, responses, ask, end }
  }

  it('is sent to its end, and idle connections are closed then', async () => {
    const { server, ask, end } = await start()
    await using _ = server
    using idle = (await ask('/quick')).read()
    await idle.response(0, ({ complete }) => complete)
    using slow = await ask('/')
    await end(1)
    const drained = server.shutdown.drain()
    await turns(10)
    slow.read()
    await drained
    await gone(slow)
    await gone(idle)
    expect(slow.responses[0]?.complete).toBe(true)
    expect(bodyOf(slow)).toBe(answer)
    expect(server.clock.now()).toBe(0)
  })

  it('is sent to its end also when it has ended after another one of this kind', async () => {
    const { server, responses, ask, end } = await start()
    await using _ = server
    using slow = await ask('/')
    await end(1)
    using slower = await ask('/')
    await expect.poll(() => responses.length).toBe(2)
    const drained = server.shutdown.drain()
    await end(2)
    await gone(slow.read())
    await turns(10)
    await gone(slower.read())
    await drained
    expect([slow, slower].map(bodyOf)).toEqual([answer, answer])
    expect(server.clock.now()).toBe(0)
  })

  it('holds nothing up when its client leaves', async () => {
    const { server, ask, end } = await start()
    await using _ = server
    using idle = (await ask('/quick')).read()
    await idle.response(0, ({ complete }) => complete)
    using slow = await ask('/')
    await end(1)
    const drained = server.shutdown.drain()
    slow.leave()
    await drained
    await gone(idle)
    expect(server.clock.now()).toBe(0)
  })
})

describe('after the drain', () => {
  it('the same server can listen again, serve streams, and be shut down anew', async () => {
    await using server = await ShutdownServer.start({ '/': { content: polite(), shutdownGraceMs: 100 } })
    using _before = await server.open()
    await server.drained()
    await server.listen()
    using again = createShutdown(server.server, { signals: false, clock: server.clock })
    using client = await server.open()
    expect(client.responses[0]?.status).toBe(200)
    await again.drain()
    await gone(client)
    expect(bodyOf(client)).toContain('data: bye')
    expect(server.reasons).toEqual(['shutdown', 'shutdown'])
  })

  it('no listener is left on the server', async () => {
    await using server = await ShutdownServer.start({ '/': { content: () => never() } })
    using _client = await server.open()
    const counts = () =>
      ['connection', 'secureConnection', 'session'].map((name) => server.server.listenerCount(name))
    expect(counts(), 'one of node’s own').toEqual([2, 1, 1])
    await server.drained()
    expect(counts()).toEqual([1, 0, 0])
    expect(Object.keys(server.server)).not.toContain('closeIdleConnections')
    expect(
      ['request.start', 'response.finish'].filter((name) => hasSubscribers(`http.server.${name}`)),
    ).toEqual([])
  })

  it('a server that was about to listen does not', async () => {
    await using server = await ShutdownServer.start({})
    await server.drained()
    // The address of a name takes a while.
    server.server.listen(0, 'localhost')
    await createShutdown(server.server, { signals: false }).drain()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(server.server.listening).toBe(false)
  })

  it('of a server that was closed already, or never listened, it has settled', async () => {
    await using server = await ShutdownServer.start({})
    server.server.close()
    await server.drained()
    await using other = await ShutdownServer.start({})
    await other.drained()
    await createShutdown(other.server, { signals: false }).drain()
  })
})

describe('without a drain', () => {
  it('closing the server ends no stream, and a drain ends them still', async () => {
    const log: string[] = []
    const channel = new Channel()
    await using server = await ShutdownServer.start({
      '/': { content: channel },
      '/told': { content: stubborn(log) },
    })
    using client = await server.open()
    using _told = await server.open('/told')
    server.server.close()
    await turns(10)
    server.clock.advance(60_000)
    channel.publish('message', 'still here')
    await client.response(0, ({ body }) => body.includes('data: still here'))
    expect(server.ends).toEqual([])
    expect(log).toEqual([])
    expect(server.shutdown.draining).toBe(false)
    await server.drained()
    await gone(client)
    expect(server.reasons).toEqual(['shutdown', 'shutdown'])
    expect(client.responses[0]?.complete).toBe(true)
  })
})

describe('the options', () => {
  it.each([
    [{ graceMs: -1 }, 'graceMs must be a number from 0 up, but it is -1.'],
    [{ graceMs: Number.POSITIVE_INFINITY }, 'graceMs must be a number from 0 up, but it is Infinity.'],
    [{ spreadMs: Number.NaN }, 'spreadMs must be a number from 0 up, but it is NaN.'],
    [{ retryMs: 1.5 }, 'retryMs must be a whole number from 0 to 2147483647, but it is 1.5.'],
    [{ graceMs: 5, spreadMs: 6 }, 'Raise graceMs, or lower spreadMs.'],
    [{ spreadMs: 10_001 }, 'Raise graceMs, or lower spreadMs.'],
    [{ signals: 'SIGTERM' }, "such as ['SIGTERM', 'SIGINT'], but it is \"SIGTERM\"."],
    [{ signals: ['SIGKILL'] }, 'signals that a process can handle'],
    [{ signals: ['TERM'] }, 'signals that a process can handle'],
  ])('%j are refused', async (options, message) => {
    await using server = await ShutdownServer.start({})
    expect(() => createShutdown(server.server, options as object)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(message) }),
    )
  })

  it('want the server, not the app', () => {
    expect(() => createShutdown((() => {}) as never)).toThrow('and not the app')
    expect(() => createShutdown(undefined as never)).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
  })

  it('of a stream: a negative shutdownGraceMs is refused', () => {
    expect(() => new EventSourceResponse([], { shutdownGraceMs: -1 })).toThrow(
      'shutdownGraceMs must be a number from 0 up, but it is -1.',
    )
  })
})
