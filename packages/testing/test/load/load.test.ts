import { getEventListeners } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../../server/test/brokers/free-port.ts'
import { FakeClock } from '../../src/clock/fake-clock.ts'
import { type LoadOptions, load } from '../../src/load/load.ts'
import type { LoadProgress } from '../../src/load/load-report.ts'
import { openStream, serve } from './http-server.ts'

/** A server that sends each client the events with the ids that `idsFor` names, and then ends. */
function serveIds(
  idsFor: (client: number, lastEventId: string | undefined) => readonly number[] | undefined,
) {
  let client = 0
  return serve(({ headers }, response) => {
    const ids = idsFor(client++, headers['last-event-id'] as string | undefined)
    if (ids === undefined) return void response.writeHead(204).end()
    openStream(response)
    for (const id of ids) response.write(`id: ${id}\ndata: event ${id}\n\n`)
    response.end()
  })
}

const AT_ONCE = { rampMs: 0 } satisfies Partial<LoadOptions>

describe('counts', () => {
  test('clients, events and bytes of streams that end, and is over with them', async () => {
    await using server = await serveIds(() => [1, 2, 3, 4, 5])
    // All at the same time, so that none is connected later than another.
    const report = await load({ url: server.url, clients: 20, ...AT_ONCE, clock: new FakeClock() })
    expect(report).toMatchObject({
      url: server.url,
      clients: 20,
      connections: { open: 0, opened: 20, failed: 0, closed: 20 },
      reasons: { 'the server ended the stream': 20 },
      events: 100,
      delivery: { distinct: 5, shared: 5, missing: 0, doubled: 0, unchecked: 0, minority: 0, withoutId: 0 },
      connectMs: { count: 20 },
      spreadMs: { count: 5 },
      latencyMs: undefined,
      ok: true,
    })
    expect(report.bytes).toBeGreaterThan(100 * 'id: 1\ndata: event 1\n\n'.length)
    expect(report.busy).toBeGreaterThan(0)
  })

  test('events without an id, of which none can be said to be missing', async () => {
    await using server = await serve((_, response) => {
      openStream(response)
      response.end('data: a\n\nid\ndata: b\n\nid: 1\ndata: c\n\n')
    })
    const { events, delivery } = await load({ url: server.url, clients: 2, ...AT_ONCE })
    expect({ events, ...delivery }).toMatchObject({ events: 6, withoutId: 4, distinct: 1, missing: 0 })
  })
})

describe('finds', () => {
  test('an event that the server drops for one client', async () => {
    await using server = await serveIds((client) => (client === 3 ? [1, 2, 4, 5] : [1, 2, 3, 4, 5]))
    const { ok, delivery } = await load({ url: server.url, clients: 8, ...AT_ONCE })
    expect(delivery).toMatchObject({ missing: 1, doubled: 0, faultyClients: 1 })
    expect(delivery.examples).toMatchObject([{ kind: 'missing', id: '3' }])
    expect(ok).toBe(false)
  })

  test('an event that the server sends one client twice', async () => {
    await using server = await serveIds((client) => (client === 3 ? [1, 2, 3, 3, 4] : [1, 2, 3, 4]))
    const { ok, delivery } = await load({ url: server.url, clients: 8, ...AT_ONCE })
    expect(delivery).toMatchObject({ missing: 0, doubled: 1, faultyClients: 1 })
    expect(ok).toBe(false)
  })
})

describe('says why connections fail', () => {
  test.each([
    ['a status', (r: ServerResponse) => r.writeHead(503).end('busy'), 'status 503'],
    ['a redirect', (r: ServerResponse) => r.writeHead(302, { location: '/' }).end(), 'status 302'],
    [
      'another media type',
      (r: ServerResponse) => r.writeHead(200, { 'content-type': 'text/html' }).end('data: a\n\n'),
      'content type text/html',
    ],
    ['no media type', (r: ServerResponse) => r.writeHead(200).end('data: a\n\n'), 'content type missing'],
    [
      'a coding that was not asked for',
      (r: ServerResponse) =>
        r.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'br' }).end('x'),
      'content coding br',
    ],
  ])('%s', async (_, answer, reason) => {
    await using server = await serve((_, response) => void answer(response))
    const { ok, events, connections, reasons } = await load({ url: server.url, clients: 3, ...AT_ONCE })
    expect(connections).toEqual({ open: 0, opened: 0, failed: 3, closed: 0 })
    expect({ reasons, events, ok }).toEqual({ reasons: { [reason]: 3 }, events: 0, ok: false })
  })

  test('nobody there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const { connections, reasons } = await load({ url, clients: 3, ...AT_ONCE })
    expect({ connections, reasons }).toMatchObject({
      connections: { failed: 3 },
      reasons: { ECONNREFUSED: 3 },
    })
  })

  test('another protocol', async () => {
    await using server = await serveSockets((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n'))
    const { reasons } = await load({ url: server.url, clients: 2, ...AT_ONCE })
    expect(reasons).toEqual({ 'no answer of HTTP/1.1: "SSH-2.0-OpenSSH_9.2"': 2 })
  })

  test('no answer in time', async () => {
    const clock = new FakeClock()
    const asked = gate(3)
    await using server = await serve(() => asked.pass())
    const running = load({ url: server.url, clients: 3, ...AT_ONCE, connectTimeoutMs: 5_000, clock })
    await asked.passed
    clock.advance(5_000)
    expect(await running).toMatchObject({
      connections: { failed: 3 },
      reasons: { 'no answer in 5000 ms': 3 },
    })
  })

  test('no kinds of reasons without end', async () => {
    let kinds = 0
    await using server = await serveSockets((socket) => socket.end(`${kinds++}\r\n\r\n`))
    const { reasons } = await load({ url: server.url, clients: 50, ...AT_ONCE })
    expect(Object.keys(reasons)).toHaveLength(31)
    expect(reasons).toMatchObject({ other: 20 })
  })
})

describe('says why streams end', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
  const EVENT = '11\r\nid: 1\ndata: abc\n\n\r\n'

  test.each([
    [
      'cut by a reset',
      // Behind data that are read by then: Node 22 takes a reset that comes together with data as an end.
      (socket: Socket) =>
        socket.write(HEAD + EVENT, () => setImmediate(() => setImmediate(() => socket.resetAndDestroy()))),
      'ECONNRESET',
    ],
    ['cut by a FIN', (socket: Socket) => socket.end(HEAD + EVENT), 'the connection was closed'],
    [
      'ended where the end of the connection is that of the body',
      (socket: Socket) => socket.end(`${HEAD.replace(/transfer.*\r\n/, '')}id: 1\ndata: a\n\n`),
      'the server ended the stream',
    ],
    ['broken', (socket: Socket) => socket.end(`${HEAD + EVENT}nonsense\r\n`), 'a chunk of size "nonsense"'],
  ])('%s', async (_, answer, reason) => {
    await using server = await serveSockets((socket) => void answer(socket))
    const { connections, reasons, ok } = await load({ url: server.url, clients: 2, ...AT_ONCE })
    expect(reasons).toEqual({ [reason]: 2 })
    // A reset may overtake the head.
    expect(connections.closed + connections.failed).toBe(2)
    expect(ok).toBe(connections.failed === 0)
  })

  test('an event that is too long', async () => {
    await using server = await serveIds(() => [1, 2])
    const { reasons } = await load({ url: server.url, clients: 1, ...AT_ONCE, maxEventLength: 3 })
    expect(Object.keys(reasons)[0]).toContain('longer than')
  })
})

describe('measures', () => {
  test('how long events took, by the time that they say they were sent', async () => {
    const clock = new FakeClock()
    const now = clock.wallTime()
    await using server = await serve((_, response) => {
      openStream(response)
      const iso = new Date(now - 2_000).toISOString()
      response.write(`data: {"at":${now - 1_000}}\n\ndata: {"sentAt":"${iso}","at":${now - 9_000}}\n\n`)
      response.end(`data: {"at":17}\n\ndata: {"at":\n\ndata: {"at":${now + 1}}\n\ndata: text\n\n`)
    })
    const report = await load({ url: server.url, clients: 5, ...AT_ONCE, clock })
    expect(report).toMatchObject({ events: 30, latencyBelowZero: 5, latencyMs: { count: 10 } })
    expect(report.latencyMs?.p50).toBeCloseTo(1_000, -1)
    expect(report.latencyMs?.max).toBeCloseTo(2_000, -1)
  })

  test('by a function of the caller', async () => {
    const clock = new FakeClock()
    await using server = await serveIds(() => [1, 2])
    const report = await load({
      url: server.url,
      clients: 2,
      ...AT_ONCE,
      clock,
      sentAt: ({ lastEventId }) => (lastEventId === '2' ? clock.wallTime() - 500 : undefined),
    })
    expect(report.latencyMs?.count).toBe(2)
    expect(report.latencyMs?.p50).toBeCloseTo(500, -1)
  })
})

describe('lasts', () => {
  test('for its duration from the end of the ramp on, and lets go of all connections', async () => {
    const clock = new FakeClock()
    const opened = gate(10)
    const closed = gate(10)
    const progress: LoadProgress[] = []
    await using server = await serve((_, response) => {
      response.on('close', closed.pass)
      // In one piece with the head: who has opened it has read it.
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('id: 1\ndata: a\n\n')
      opened.pass()
    })
    const running = load({
      url: server.url,
      clients: 10,
      rampMs: 2_000,
      durationMs: 3_000,
      clock,
      onProgress: (told) => progress.push(told),
    })
    // It begins when the name of the host is looked up.
    await until(() => clock.pendingTimers === 3)
    // The first stream is open: left are the ramp and the progress.
    await until(() => clock.pendingTimers === 2)
    clock.advance(2_000)
    await opened.passed
    // Each connection that is open has no more timer: left are the end of the load and the progress.
    await until(() => clock.pendingTimers === 2)
    clock.advance(2_999)
    expect(clock.pendingTimers).toBeGreaterThan(0)
    clock.advance(1)
    expect(await running).toMatchObject({
      elapsedMs: 5_000,
      events: 10,
      // Nine, after the ramp.
      eventsPerSecond: 3,
      connections: { opened: 10, open: 10, closed: 0 },
    })
    await closed.passed
    expect(clock.pendingTimers).toBe(0)
    expect(progress.map(({ elapsedMs, started }) => [elapsedMs, started])).toEqual([
      [1_000, 5],
      [2_000, 10],
      [3_000, 10],
      [4_000, 10],
      [5_000, 10],
    ])
  })

  test('until its signal ends it, and leaves nothing behind', async () => {
    const clock = new FakeClock()
    const asked = gate(3)
    const left = gate(3)
    await using server = await serve((_, response) => {
      response.on('close', left.pass)
      asked.pass()
    })
    const stop = new AbortController()
    const running = load({ url: server.url, clients: 3, ...AT_ONCE, clock, signal: stop.signal })
    await asked.passed
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
    stop.abort()
    // Nobody was answered: nothing failed, and still nothing is well.
    expect(await running).toMatchObject({ connections: { opened: 0, failed: 0 }, ok: false })
    await left.passed
    expect(clock.pendingTimers).toBe(0)
    const unused = new AbortController()
    await using other = await serveIds(() => [1])
    await load({ url: other.url, clients: 1, ...AT_ONCE, signal: unused.signal })
    expect(getEventListeners(unused.signal, 'abort')).toEqual([])
  })
})

test('is not well when one of its clients gets no stream', async () => {
  let client = 0
  await using server = await serve((_, response) => {
    if (client++ === 1) return void response.writeHead(503).end()
    openStream(response)
    response.end('id: 1\ndata: a\n\n')
  })
  const { ok, connections } = await load({ url: server.url, clients: 3, ...AT_ONCE })
  expect({ ok, ...connections }).toEqual({ ok: false, opened: 2, failed: 1, closed: 2, open: 0 })
})

test('a client whose stream has ended does not fall behind', async () => {
  const ids = (from: number, to: number): string =>
    Array.from({ length: to - from }, (_, index) => `id: ${from + index}\ndata:\n\n`).join('')
  const streams: ServerResponse[] = []
  const opened = gate(3)
  const left = gate(1)
  await using server = await serve((_, response) => {
    openStream(response)
    streams.push(response)
    response.on('close', left.pass)
    opened.pass()
  })
  let read = 0
  const sentAt = (): undefined => void read++
  const running = load({ url: server.url, clients: 3, ...AT_ONCE, sentAt })
  await opened.passed
  const [one, other, third] = streams
  for (const stream of streams) stream.write(ids(0, 50))
  await until(() => read === 150)
  third?.end()
  await left.passed
  // In steps, so that neither of the others falls behind.
  for (let from = 50; from < 17_050; from += 3_400) {
    for (const stream of [one, other]) stream?.write(ids(from, from + 3_400))
    await until(() => read === 150 + 2 * (from + 3_400 - 50))
  }
  one?.end()
  other?.end()
  const { delivery } = await running
  expect(delivery).toMatchObject({ distinct: 17_050, unchecked: 0, missing: 0, doubled: 0 })
})

describe('with reconnections', () => {
  const again = { ...AT_ONCE, reconnect: true, retryMs: 0 }

  test('goes on after the last event, and finds nothing wrong', async () => {
    await using server = await serveIds((_, last) =>
      last === undefined ? [1, 2, 3] : last === '3' ? [4, 5] : undefined,
    )
    expect(await load({ url: server.url, clients: 5, ...again })).toMatchObject({
      connections: { opened: 10, closed: 10, failed: 0, open: 0 },
      reasons: { 'the server ended the stream': 10, 'status 204': 5 },
      events: 25,
      delivery: { missing: 0, doubled: 0, distinct: 5 },
      ok: true,
    })
  })

  test('finds what a server sends again', async () => {
    await using server = await serveIds((_, last) =>
      last === undefined ? [1, 2, 3] : last === '3' ? [3, 4] : undefined,
    )
    const { delivery } = await load({ url: server.url, clients: 5, ...again })
    expect(delivery).toMatchObject({ missing: 0, doubled: 5, faultyClients: 5 })
  })

  test('finds what a server leaves out for those who were away', async () => {
    await using server = await serveIds((client, last) => {
      if (last === '6') return undefined
      if (last !== undefined) return [5, 6]
      return client === 0 ? [1, 2, 3] : [1, 2, 3, 4, 5, 6]
    })
    const { delivery } = await load({ url: server.url, clients: 5, ...again })
    expect(delivery).toMatchObject({ missing: 1, doubled: 0, examples: [{ kind: 'missing', id: '4' }] })
  })

  test('an event that was cut off does not go on in the next connection', async () => {
    const read: string[] = []
    await using server = await serve(({ headers }, response) => {
      if (headers['last-event-id'] === '2') return void response.writeHead(204).end()
      const isFirst = headers['last-event-id'] === undefined
      openStream(response)
      response.end(isFirst ? 'id: 1\ndata: a\n\nid: 2\ndata: b' : 'data: again\n\nid: 2\ndata: b\n\n')
    })
    const sentAt = ({ lastEventId, data }: { lastEventId: string; data: string }): undefined => {
      read.push(`${lastEventId} ${data}`)
    }
    await load({ url: server.url, clients: 1, ...again, sentAt })
    expect(read).toEqual(['1 a', '1 again', '2 b'])
  })

  test('sends ids as UTF-8, after the time that the server asked for', async () => {
    const clock = new FakeClock()
    const ids: (string | undefined)[] = []
    await using server = await serve(({ headers }: IncomingMessage, response) => {
      ids.push(headers['last-event-id'] as string | undefined)
      if (ids.length > 1) return void response.writeHead(204).end()
      openStream(response)
      response.end('retry: 7000\nid: ü\ndata: a\n\n')
    })
    const running = load({
      url: server.url,
      clients: 1,
      ...again,
      clock,
      random: () => 0.5,
      durationMs: 60_000,
    })
    // The end of the load, and the reconnection.
    await until(() => clock.nextTimerMs === 7_000 * 1.5)
    clock.advance(10_500)
    await running
    expect(ids.map((id) => id && Buffer.from(id, 'latin1').toString())).toEqual([undefined, 'ü'])
  })
})

test('sends the headers of the caller and the credentials of the URL', async () => {
  const asked: IncomingMessage['headers'][] = []
  await using server = await serve(({ headers, url }, response) => {
    asked.push({ ...headers, url })
    response.end()
  })
  const url = `${server.url.replace('//', '//user:p%40ss@')}/stream?a=1#x`
  await load({ url, clients: 1, headers: { 'x-tenant': 'acme' } })
  expect(asked).toMatchObject([
    {
      url: '/stream?a=1',
      host: new URL(server.url).host,
      accept: 'text/event-stream',
      authorization: `Basic ${btoa('user:p@ss')}`,
      'x-tenant': 'acme',
    },
  ])
})

test.each([
  [{ url: 'ws://localhost' }, 'url'],
  [{ url: 'localhost:3000' }, 'url'],
  [{ clients: 0 }, 'clients'],
  [{ clients: 1.5 }, 'clients'],
  [{ durationMs: -1 }, 'durationMs'],
  [{ rampMs: Number.NaN }, 'rampMs'],
  [{ headers: { a: 'b\r\nc: d' } }, 'headers'],
])('refuses %j', async (options, field) => {
  await expect(load({ url: 'http://127.0.0.1:1', ...options })).rejects.toMatchObject({
    name: 'SseError',
    code: 'invalid-option',
    field,
  })
})

/** A server below HTTP. */
async function serveSockets(
  listener: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    // Once it was asked: what is unread when a socket closes makes of the end a reset.
    socket.once('data', () => listener(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  }
}

/** Is passed when so many have passed it. */
function gate(count: number): { readonly pass: () => void; readonly passed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let left = count
  return {
    pass() {
      if (--left === 0) resolve()
    },
    passed: promise,
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => setImmediate(resolve))
}
