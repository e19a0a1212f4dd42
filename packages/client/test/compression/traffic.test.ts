import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PerformanceObserver } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import { Channel, EventSourceResponse, type StreamEnd } from '@sse/server'
import { expect, test } from 'vitest'
import {
  constantBackoff,
  createEventSource,
  EventSource,
  measureTraffic,
  type Traffic,
} from '../../src/index.ts'

const EVENTS = 40

/** Streams of a compressed channel at every path that `answer` leaves, and how they ended. */
class StreamServer implements AsyncDisposable {
  readonly channel = new Channel(undefined, { compression: 'auto' })
  readonly ends: StreamEnd[] = []
  readonly #server = createServer((req, res) => {
    if (this.answer(req, res)) return
    void new EventSourceResponse(this.channel, { pingIntervalMs: false })
      .send(req, res)
      .then((end) => this.ends.push(end))
  })
  answer: (req: IncomingMessage, res: ServerResponse) => boolean = () => false

  static async start(): Promise<StreamServer> {
    const server = new StreamServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  publish(events = EVENTS): void {
    for (let n = 0; n < events; n++) this.channel.publish('quote', { n, symbol: 'ACME', of: 'the same kind' })
  }

  async ended(streams: number): Promise<{ bytes: number; wireBytes: number }> {
    await expect.poll(() => this.ends.length, { message: 'the streams have ended' }).toBe(streams)
    const sum = (of: (end: StreamEnd) => number): number => this.ends.reduce((all, end) => all + of(end), 0)
    return { bytes: sum((end) => end.bytes), wireBytes: sum((end) => end.wireBytes) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.channel.close()
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

function counted({ bytes, wireBytes, unknownBytes }: Traffic): object {
  return { bytes, wireBytes, unknownBytes }
}

/** Reads all that is published, on a connection that stays open. */
async function readQuotes(server: StreamServer, { fetch }: Traffic): Promise<void> {
  const source = createEventSource(server.url, { fetch, maxAttempts: 1 })
  source.observe(() => {})
  let events = 0
  source.on('quote', () => {
    events++
  })
  await expect.poll(() => server.channel.subscribers).toBe(1)
  server.publish()
  await expect.poll(() => events).toBe(EVENTS)
}

test('counts a compressed stream as the server does, on the wire and decompressed', async () => {
  await using server = await StreamServer.start()
  const traffic = measureTraffic()
  const source = createEventSource(server.url, { fetch: traffic.fetch, maxAttempts: 1 })
  let decoded = 0
  source.observe((happening) => {
    if (happening.type === 'bytes') decoded += happening.bytes
  })
  source.on('quote', () => {})
  await expect.poll(() => server.channel.subscribers).toBe(1)
  server.publish()
  server.channel.close()
  await source.closed

  const end = await server.ended(1)
  expect(counted(traffic)).toEqual({ ...end, unknownBytes: 0 })
  expect(end.wireBytes).toBeLessThan(end.bytes / 3)
  expect(decoded).toBe(end.bytes)
})

test('counts while a stream goes on, and over its connections', async () => {
  await using server = await StreamServer.start()
  const traffic = measureTraffic()
  using source = createEventSource(server.url, { fetch: traffic.fetch, backoff: constantBackoff(1) })
  let events = 0
  source.on('quote', () => {
    events++
  })
  const sockets: IncomingMessage['socket'][] = []
  server.answer = ({ socket }) => {
    sockets.push(socket)
    return false
  }
  await expect.poll(() => server.channel.subscribers).toBe(1)
  server.publish()
  await expect.poll(() => events).toBe(EVENTS)
  const first = counted(traffic)
  expect(traffic.wireBytes).toBeGreaterThan(0)
  expect(traffic.wireBytes).toBeLessThan(traffic.bytes / 3)

  for (const socket of sockets) socket.resetAndDestroy()
  const cut = await server.ended(1)
  expect(first).toEqual({ ...cut, unknownBytes: 0 })
  await expect.poll(() => server.channel.subscribers).toBe(1)
  server.publish()
  await expect.poll(() => events).toBe(2 * EVENTS)
  source.close()
  expect(counted(traffic)).toEqual({ ...(await server.ended(2)), unknownBytes: 0 })
})

test('counts nothing but streams: not the bodies of redirects and of errors', async () => {
  await using server = await StreamServer.start()
  const packed = gzipSync('Not here.'.repeat(100))
  let requests = 0
  server.answer = ({ url }, res) => {
    requests++
    if (requests > 3) return false
    const headers = { 'content-encoding': 'gzip', 'retry-after': '0' }
    if (url === '/moved') res.writeHead(307, { ...headers, location: '/events' }).end(packed)
    else res.writeHead(503, headers).end(packed)
    return true
  }
  const traffic = measureTraffic()
  const source = createEventSource(`${server.url}moved`, {
    fetch: traffic.fetch,
    backoff: constantBackoff(1),
    retryWhen: ({ code }) => code !== 'stream-ended',
  })
  source.observe(() => {})
  source.on('quote', () => {})
  await source.ready()
  expect(source.state).toMatchObject({ status: 'open', response: { url: `${server.url}events` } })
  server.publish()
  server.channel.close()
  await source.closed
  expect(counted(traffic)).toEqual({ ...(await server.ended(1)), unknownBytes: 0 })
  expect(requests).toBe(4)
})

test('counts an uncompressed stream with any fetch, and for EventSource', async () => {
  await using server = await StreamServer.start()
  const traffic = measureTraffic((url, init) =>
    fetch(url, {
      ...init,
      headers: { ...Object.fromEntries(new Headers(init.headers)), 'accept-encoding': 'identity' },
    }),
  )
  const source = new EventSource(server.url, { fetch: traffic.fetch })
  let events = 0
  source.addEventListener('quote', () => {
    events++
  })
  await expect.poll(() => server.channel.subscribers).toBe(1)
  server.publish()
  await expect.poll(() => events).toBe(EVENTS)
  source.close()
  const end = await server.ended(1)
  expect(counted(traffic)).toEqual({ ...end, unknownBytes: 0 })
  expect(end.wireBytes).toBe(end.bytes)
})

test('says how much is unknown, behind another fetch until a compressed stream has ended', async () => {
  await using server = await StreamServer.start()
  const traffic = measureTraffic((url, init) => fetch(url, init))
  await readQuotes(server, traffic)
  expect(counted(traffic)).toEqual({ bytes: traffic.bytes, wireBytes: 0, unknownBytes: traffic.bytes })

  server.channel.close()
  const end = await server.ended(1)
  await expect.poll(() => counted(traffic)).toEqual({ ...end, unknownBytes: 0 })

  // Who leaves a stream is told nothing of it.
  const abandoned = measureTraffic((url, init) => fetch(url, init))
  const response = await abandoned.fetch(server.url, {})
  await response.body?.cancel()
  expect(abandoned.wireBytes).toBe(0)
})

test('takes for its own nothing that the runtime tells of other requests', async () => {
  await using server = await StreamServer.start()
  const traffic = measureTraffic((url, init) => fetch(url, init))
  await readQuotes(server, traffic)

  // One to another address that is as long, and one to the same address that is not.
  const bodies = new Map([
    ['/other', 'x'.repeat(traffic.bytes)],
    ['/', 'x'],
  ])
  server.answer = ({ url = '' }, res) => {
    res.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bodies.get(url) ?? ''))
    return true
  }
  const told: string[] = []
  const observer = new PerformanceObserver((list) => {
    for (const { name } of list.getEntries()) told.push(name)
  })
  observer.observe({ type: 'resource' })
  for (const path of ['other', '']) {
    const url = server.url + path
    await (await fetch(url)).text()
    await expect.poll(() => told).toContain(url)
  }
  observer.disconnect()
  expect(counted(traffic)).toEqual({ bytes: traffic.bytes, wireBytes: 0, unknownBytes: traffic.bytes })

  server.channel.close()
  const end = await server.ended(1)
  await expect.poll(() => counted(traffic)).toEqual({ ...end, unknownBytes: 0 })
})
