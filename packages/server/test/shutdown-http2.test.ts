import { once } from 'node:events'
import { connect as connectHttp2, createSecureServer, createServer } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { connect, type Server, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { testCertificate } from '../../testing/test/fixtures/test-certificate.ts'
import type { StreamContext } from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { never } from './fake-sink.ts'
import { Http1Client } from './http1-client.ts'
import { askHttp2, Http2FaceClient } from './node-face-clients.ts'
import { gone, ShutdownServer } from './shutdown-server.ts'

const SERVERS = [
  {
    name: 'HTTP/2 in clear text',
    secure: false,
    create: (listener: never): Server => createServer(listener),
  },
  {
    name: 'HTTP/2 over TLS',
    secure: true,
    create: (listener: never): Server =>
      createSecureServer({ ...testCertificate, allowHTTP1: true }, listener),
  },
] as const

const routes = {
  '/': {
    async *content({ shutdown }: StreamContext<NodeRequest>) {
      yield 'hello'
      await once(shutdown, 'abort')
      yield 'bye'
    },
    shutdownGraceMs: 1_000,
  },
  '/endless': {
    async *content() {
      for (;;) yield 'x'.repeat(100_000)
    },
  },
}

describe.each(SERVERS)('the shutdown of a server of $name', ({ secure, create }) => {
  const start = (options = {}) => ShutdownServer.start(routes, { create: create as never, ...options })
  const open = async (port: number, path = '/') =>
    new Http2FaceClient(await askHttp2(port, secure, { ':path': path }))

  it('lets the farewell through, ends the stream properly, and closes the connection', async () => {
    await using server = await start()
    using client = (await open(server.port)).read()
    await expect.poll(() => client.body.toString()).toContain('hello')
    await server.drained()
    await expect.poll(() => client.ended).toBe(true)
    expect(client.body.toString()).toMatch(/retry: \d+\n\ndata: bye\n\n$/)
    expect(client.complete).toBe(true)
    expect(server.reasons).toEqual(['shutdown'])
    expect(server.clock.now(), 'no time has passed').toBe(0)
  })

  it('closes sessions that have no stream', async () => {
    await using server = await start()
    const session = connectHttp2(`${secure ? 'https' : 'http'}://127.0.0.1:${server.port}`, {
      rejectUnauthorized: false,
    })
    await once(session, 'remoteSettings')
    const closed = once(session, 'close')
    await server.drained()
    await closed
  })

  it('cuts off, at the end of the grace, a client that takes nothing', async () => {
    await using server = await start({ graceMs: 1_000 })
    using client = await open(server.port, '/endless')
    await client.head()
    const drained = server.shutdown.drain()
    server.clock.advance(999)
    await turns(10)
    expect(server.shutdown.draining).toBe(true)
    server.clock.advance(1)
    await drained
    await expect.poll(() => client.ended).toBe(true)
    expect(client.complete).toBe(false)
  })
})

describe('a shutdown', () => {
  it('keeps nothing of connections that are closed', async () => {
    const connected: WeakRef<object>[] = []
    await using server = await ShutdownServer.start(routes, { create: SERVERS[1].create as never })
    for (const event of ['connection', 'secureConnection', 'session'])
      server.server.on(event, (one: object) => connected.push(new WeakRef(one)))
    for (let i = 0; i < 5; i++) {
      using client = new Http2FaceClient(await askHttp2(server.port, true, { ':path': '/' }))
      await client.head()
    }
    await expect.poll(() => server.ends.length).toBe(5)
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    await expect
      .poll(() => {
        collectGarbage()
        // Node may hold the last one for its own reasons.
        return connected.filter((ref) => ref.deref() !== undefined).length
      })
      .toBeLessThanOrEqual(3)
    expect(connected).toHaveLength(15)
  })
})

describe('a shutdown that is disposed of', () => {
  it('leaves no listener on what is connected', async () => {
    const counts: (() => number)[] = []
    const listenFor = (server: Server): Server => {
      for (const event of ['connection', 'secureConnection', 'session'])
        server.on(event, (connected: Socket) => counts.push(() => connected.listenerCount('close')))
      return server
    }
    await using server = await ShutdownServer.start(routes, {
      create: ((listener: never) => listenFor(SERVERS[1].create(listener))) as never,
    })
    using client = new Http2FaceClient(await askHttp2(server.port, true, { ':path': '/' }))
    await client.head()
    const before = counts.map((count) => count())
    expect(before).toHaveLength(3)
    server.shutdown[Symbol.dispose]()
    expect(counts.map((count) => count())).toEqual(before.map((count) => count - 1))
  })
})

describe('the shutdown of a server with TLS', () => {
  it('closes connections by which nothing was asked, as browsers open them in advance', async () => {
    await using server = await ShutdownServer.start(routes, {
      create: ((listener: never) => createHttpsServer(testCertificate, listener)) as never,
    })
    const accepted = once(server.server, 'secureConnection')
    using unused = (await Http1Client.connect(server.port, { secure: true })).read()
    await accepted
    await server.drained()
    await gone(unused)
  })

  it('closes a session of HTTP/2 whose handshake ends after it began', async () => {
    await using server = await ShutdownServer.start(routes, { create: SERVERS[1].create as never })
    const accepted = once(server.server, 'connection')
    let sessions = 0
    server.server.on('session', () => sessions++)
    const session = connectHttp2(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false })
    const closed = once(session, 'close')
    const [socket] = (await accepted) as [Socket]
    while (socket.bytesRead === 0) await turns(1)
    expect(sessions, 'it has not ended').toBe(0)
    const drained = server.shutdown.drain()
    await closed
    await drained
    expect(sessions).toBe(1)
    expect(server.clock.now(), 'no time has passed').toBe(0)
  })

  it('closes connections of HTTP/1.1 to a server of HTTP/2', async () => {
    await using server = await ShutdownServer.start(routes, { create: SERVERS[1].create as never })
    using client = (await Http1Client.connect(server.port, { secure: true })).send('GET', '/').read()
    await client.response(0, ({ body }) => body.includes('hello'))
    await server.drained()
    await gone(client)
    expect(client.responses[0]).toMatchObject({ status: 200, complete: true })
    expect(client.responses[0]?.body.toString()).toContain('data: bye')
  })

  it('closes, at the end of the grace, a connection whose handshake never ends', async () => {
    await using server = await ShutdownServer.start(
      { '/': { content: () => never() } },
      {
        create: ((listener: never) => createHttpsServer(testCertificate, listener)) as never,
        graceMs: 1_000,
      },
    )
    const heard = server.heard()
    const socket = connect(server.port, '127.0.0.1')
    // The first bytes of a handshake, so that it is not taken for a connection that nobody uses.
    socket.write(Buffer.from([22, 3, 1, 1, 0]))
    socket.resume().on('error', () => {})
    await heard
    const drained = server.shutdown.drain()
    await turns(10)
    expect(server.shutdown.draining).toBe(true)
    server.clock.advance(1_000)
    await drained
  })
})
