/** What is particular to HTTP/1.1, where the body goes straight to the socket. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { EventSourceResponse, type EventSourceResponseOptions, type StreamContext } from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { captureWarnings } from './captured-warnings.ts'
import { never } from './fake-sink.ts'
import { Http1Client } from './http1-client.ts'
import { serve } from './http1-server.ts'
import { NodeFaceServer } from './node-face-server.ts'
import { settled } from './settled.ts'

const QUIET = { pingIntervalMs: false } as const

/** How many listeners the socket has, by event. */
function listeners(socket: Socket): Record<string, number> {
  return Object.fromEntries(socket.eventNames().map((name) => [String(name), socket.listenerCount(name)]))
}

describe('a connection that is kept alive', () => {
  it('carries one stream after the other, each with its last chunk, and keeps no listeners of them', async () => {
    const items = Array.from({ length: 200 }, (_, n) => `${n} ${'x'.repeat(100_000)}`)
    const seen: Record<string, number>[] = []
    await using server = await serve({
      content: items,
      before: ({ socket }) => void (socket && seen.push(listeners(socket))),
    })
    using client = await Http1Client.connect(server.port)
    for (let n = 0; n < 4; n++) {
      client.send('GET', '/').stall()
      await expect.poll(() => server.responses.length).toBe(n + 1)
      const { socket } = server.responses[n] as ServerResponse
      await expect.poll(() => socket?.writableNeedDrain).toBe(true)
      expect(socket?.listenerCount('drain')).toBe((seen[n]?.['drain'] ?? 0) + 1)
      client.read()
      await expect.poll(() => server.ends.length).toBe(n + 1)
      await expect
        .poll(() => client.raw.subarray(-7).equals(Buffer.from('\r\n0\r\n\r\n')), {
          message: 'its last chunk arrives',
        })
        .toBe(true)
    }
    const expected = `: open\n\n${items.map((item) => `data: ${item}\n\n`).join('')}`
    for (const { body } of client.responses) expect(body.equals(Buffer.from(expected))).toBe(true)
    expect(seen).toHaveLength(4)
    for (const later of seen) expect(later).toEqual(seen[0])
  })

  it('carries streams that were asked for all at once, in order', async () => {
    await using server = await serve({
      content: (context) => [`${context.request.url} ${'x'.repeat(50_000)}`],
    })
    using client = await Http1Client.connect(server.port)
    for (let n = 0; n < 5; n++) client.send('GET', `/${n}`)
    client.read()
    const last = await client.response(4, ({ complete }) => complete)
    expect(last.complete).toBe(true)
    expect(client.responses.map(({ body }) => body.toString('latin1', 8, 16))).toEqual(
      [0, 1, 2, 3, 4].map((n) => `data: /${n}`),
    )
  })
})

describe('a stream that waits behind another one on its connection', () => {
  async function queued(options: EventSourceResponseOptions<NodeRequest> = QUIET): Promise<{
    readonly server: NodeFaceServer
    readonly client: Http1Client
  }> {
    const server = await serve({ content: () => never(), options })
    const client = (await Http1Client.connect(server.port)).read()
    client.send('GET', '/1').send('GET', '/2')
    await expect.poll(() => server.responses.length).toBe(2)
    return { server, client }
  }

  it('ends with the connection, like the one before it', async () => {
    const { server, client } = await queued()
    await using _server = server
    client.leave()
    await expect.poll(() => server.ends.length).toBe(2)
    expect(server.ends.map(({ reason }) => reason)).toEqual(['client-disconnect', 'client-disconnect'])
  })

  it('ends with the connection also where node does not tell its response, as before Node 24', async () => {
    const sockets: Socket[] = []
    await using server = await NodeFaceServer.start(
      { name: 'node:http', serve: (listener) => createServer(listener) },
      (request, response) => {
        sockets.push(request.socket as Socket)
        if (request.url === '/2') response.destroy = () => response as ServerResponse
        return new EventSourceResponse<NodeRequest>(() => never(), QUIET).send(request, response)
      },
    )
    using client = (await Http1Client.connect(server.port)).read()
    client.send('GET', '/1')
    await expect.poll(() => sockets.length).toBe(1)
    const listening = sockets[0]?.listenerCount('close') ?? 0
    client.send('GET', '/2')
    await expect.poll(() => sockets.length).toBe(2)
    client.leave()
    await expect.poll(() => server.ends.length).toBe(2)
    expect(sockets[0]?.listenerCount('close')).toBeLessThanOrEqual(listening)
  })

  it('takes the connection with it when it is cut off, which would hang otherwise', async () => {
    await using server = await NodeFaceServer.start(
      { name: 'node:http', serve: (listener) => createServer(listener) },
      (request, response) => {
        if (request.url === '/2') queueMicrotask(() => void response.emit('close'))
        return new EventSourceResponse<NodeRequest>(() => never(), QUIET).send(request, response)
      },
    )
    using client = (await Http1Client.connect(server.port)).read()
    client.send('GET', '/1').send('GET', '/2')
    await expect.poll(() => client.ended).toBe(true)
    await expect.poll(() => server.ends.length).toBe(2)
  })
})

describe('a server', () => {
  it('that was told to wait for more before it sends does not do so for streams', async () => {
    const delays: unknown[] = []
    await using server = await serve({
      content: ['one'],
      server: { noDelay: false },
      before: ({ socket }) => {
        if (socket === null) return
        const set = socket.setNoDelay.bind(socket)
        socket.setNoDelay = (delay) => {
          delays.push(delay)
          return set(delay)
        }
      },
    })
    using client = (await Http1Client.connect(server.port)).send('GET', '/').read()
    await client.response(0, ({ complete }) => complete)
    expect(delays).toEqual([true])
  })

  it('whose time for a request, and between requests, is short lets a stream live far longer than both', async () => {
    await using server = await serve({
      content: () => never(),
      options: { pingIntervalMs: 16 },
      server: {
        requestTimeout: 0,
        headersTimeout: 0,
        keepAliveTimeout: 10,
        connectionsCheckingInterval: 5,
      },
      // From when the request is there, which may take longer on a busy machine.
      before: ({ req: { socket } }) => {
        const { server } = socket as Socket & { readonly server?: Server }
        Object.assign(server ?? {}, { requestTimeout: 20, headersTimeout: 20 })
      },
    })
    using client = (await Http1Client.connect(server.port)).send('GET', '/').read()
    const pings = (): number => client.raw.toString().split(': ping - ').length - 1
    await expect.poll(() => pings()).toBeGreaterThanOrEqual(15)
    expect([client.ended, server.ends]).toEqual([false, []])
  })

  it('that closes idle sockets leaves a stream alone whose pings come sooner', async () => {
    await using server = await serve({
      content: () => never(),
      options: { pingIntervalMs: 16 },
      before: ({ socket }) => void socket?.setTimeout(200),
    })
    using client = (await Http1Client.connect(server.port)).send('GET', '/').read()
    const pings = (): number => client.raw.toString().split(': ping - ').length - 1
    await expect.poll(() => pings()).toBeGreaterThanOrEqual(20)
    expect([client.ended, server.ends]).toEqual([false, []])
  })
})

describe('a source that does not wait', () => {
  it('costs one listener on the socket, however often it writes while the client reads nothing', async () => {
    using warnings = captureWarnings()
    const sent = Promise.withResolvers<void>()
    await using server = await serve({
      content: async function* ({ send }) {
        for (let n = 0; n < 500; n++) void send({ data: 'x'.repeat(50_000) }).catch(() => {})
        sent.resolve()
        yield 'last'
      },
    })
    using client = (await Http1Client.connect(server.port)).send('GET', '/')
    await sent.promise
    await turns(1)
    expect((server.responses[0] as ServerResponse).socket?.listenerCount('drain')).toBeLessThanOrEqual(2)
    client.read()
    const { body } = await client.response(0, ({ complete }) => complete)
    expect(body.length).toBe(8 + 500 * 50_008 + 12)
    expect(warnings.all).toEqual([])
  })
})

describe('a client that closes its side while it is behind', () => {
  it('makes no error of the server: what is written is dropped until the connection is closed', async () => {
    const errors: unknown[] = []
    const source = { taken: 0 }
    let sendToo: StreamContext['send'] | undefined
    await using server = await NodeFaceServer.start(
      {
        name: 'node:http',
        serve: (listener) => createServer(listener).on('clientError', (error) => void errors.push(error)),
      },
      (request, response) =>
        new EventSourceResponse<NodeRequest>(async function* ({ send }) {
          sendToo = send
          for (; source.taken < 400; source.taken++) yield 'x'.repeat(50_000)
        }, QUIET).send(request, response),
    )
    using client = await Http1Client.connect(server.port, { allowHalfOpen: true })
    client.send('GET', '/')
    await settled(() => source.taken, 'the way to the client is full')
    const { socket } = server.responses[0] as ServerResponse
    client.socket.end()
    await expect.poll(() => socket?.writable).toBe(false)
    for (let n = 0; n < 20; n++) void sendToo?.({ data: 'too late' }).catch(() => {})
    await turns(1)
    client.read()
    await expect.poll(() => server.ends.length).toBe(1)
    expect(server.ends[0]?.reason).toBe('client-disconnect')
    expect(errors).toEqual([])
  })
})
