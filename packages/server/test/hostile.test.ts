/** What a client sends is hostile input, and when it sends and reads is too. */
import { createServer, type Server, type ServerOptions } from 'node:http'
import { connect } from 'node:net'
import { createEventStreamParser, type DispatchedEvent } from '@sse/core'
import { turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { Channel, EventSourceResponse } from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { captureWarnings } from './captured-warnings.ts'
import { Http1Client } from './http1-client.ts'
import { NodeFaceServer } from './node-face-server.ts'

function serve(channel: Channel, options: ServerOptions = {}): Promise<NodeFaceServer> {
  return serveBy(createServer(options), channel)
}

function serveBy(node: Server, channel: Channel): Promise<NodeFaceServer> {
  return NodeFaceServer.start(
    { name: 'node:http', serve: (listener) => node.on('request', listener) },
    (request, response) =>
      new EventSourceResponse<NodeRequest>(channel, { pingIntervalMs: false }).send(request, response),
  )
}

function events(client: Http1Client): DispatchedEvent[] {
  const all: DispatchedEvent[] = []
  const parser = createEventStreamParser({ onEvent: (event) => all.push(event) })
  parser.feed(client.responses[0]?.body ?? new Uint8Array())
  return all
}

/** That the server still serves: a new client reads the next event. */
async function expectAlive(server: NodeFaceServer, channel: Channel): Promise<void> {
  using client = (await Http1Client.connect(server.port)).send('GET', '/').read()
  await client.response(0, ({ body }) => body.includes('\nid: '))
  channel.publish('alive', true)
  await expect
    .poll(() => events(client).some(({ type }) => type === 'alive'), { message: 'the server serves on' })
    .toBe(true)
}

const wire = (text: string): string => Buffer.from(text).toString('latin1')

describe('a Last-Event-ID', () => {
  const other = new Channel()
  other.publish('price', 1)
  const [epoch = ''] = new Channel().lastEventId.split('-')
  it.each<[string, (own: string) => string]>([
    ['of 10 KB', () => 'x'.repeat(10_000)],
    ['of 10 KB that begins like one of the channel', (own) => `${own}${'0'.repeat(10_000)}`],
    ['of 10 KB beyond ASCII', () => wire('ключ😀'.repeat(700))],
    ['that is no UTF-8', () => '\xff\xfe\xc0\x80'],
    ['of another channel', () => other.lastEventId],
    ['of a channel that never was', () => `${epoch}-7`],
    ['with a negative offset', (own) => `${own}--1`],
    ['with an offset beyond the end', (own) => `${own}-4000000000`],
    ['with an offset beyond all numbers', (own) => `${own}-99999999999999999999`],
    ['with an offset that is no number', (own) => `${own}-NaN`],
    ['with a fraction', (own) => `${own}-1.5`],
    ['like a property of objects', () => '__proto__'],
    ['like the start of a field', () => 'data: x'],
    ['with white space in it', () => 'a \t b'],
  ])('%s is answered with a gap or the whole, and then with what is new', async (_, make) => {
    const channel = new Channel()
    channel.publish('price', 1)
    await using server = await serve(channel, { maxHeaderSize: 64 * 1024 })
    const [own = ''] = channel.lastEventId.split('-')
    using client = (await Http1Client.connect(server.port))
      .send('GET', '/', { 'last-event-id': make(own) })
      .read()
    await client.response(0, ({ body }) => body.includes('id: '))
    channel.publish('price', 2)
    await expect.poll(() => events(client).at(-1)?.data).toBe('2')
    const [first, ...rest] = events(client)
    expect(first?.type).toBe('gap')
    expect(JSON.parse(first?.data ?? '')).toMatchObject({ resumedAtId: expect.stringMatching(/^\w+-\d+$/) })
    expect(rest.map(({ type, data }) => `${type} ${data}`)).toEqual(['price 1', 'price 2'])
    expect(client.responses[0]?.body.length, 'little of what was sent is sent back').toBeLessThan(2_000)
  })

  it.each(['%00', '%0A%0Adata: injected%0A%0A', '%ED%A0%80', '%', '%u0000', '&lastEventId=2'])(
    'in the query is hostile too: %s',
    async (query) => {
      const channel = new Channel()
      await using server = await serve(channel)
      using client = (await Http1Client.connect(server.port))
        .send('GET', `/?lastEventId=${query.replaceAll(' ', '+')}`)
        .read()
      await client.response(0, ({ body }) => body.includes('id: '))
      channel.publish('price', 1)
      await expect.poll(() => events(client).at(-1)?.type).toBe('price')
      expect(events(client).filter(({ type }) => type !== 'gap')).toHaveLength(1)
    },
  )
})

describe('a flood of headers', () => {
  it('is answered with 431 by node, and the server lives', async () => {
    const channel = new Channel()
    await using server = await serve(channel)
    using client = (await Http1Client.connect(server.port))
      .send('GET', '/', { 'last-event-id': 'x'.repeat(100_000) })
      .read()
    expect((await client.response(0)).status).toBe(431)
    await expectAlive(server, channel)
  })

  it('of many short ones is only more headers', async () => {
    const channel = new Channel()
    await using server = await serve(channel, { maxHeaderSize: 256 * 1024 })
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`x-${n}`, String(n)]))
    using client = (await Http1Client.connect(server.port)).send('GET', '/', many).read()
    expect((await client.response(0)).status).toBe(200)
    await expectAlive(server, channel)
  })
})

describe('a connection', () => {
  it('whose client closes its side is closed, and its place in the channel is free', async () => {
    const channel = new Channel()
    await using server = await serve(channel)
    using client = await Http1Client.connect(server.port, { allowHalfOpen: true })
    client.send('GET', '/').read()
    await client.response(0, ({ body }) => body.includes('id: '))
    expect(channel.subscribers).toBe(1)
    client.socket.end()
    expect((await server.end()).reason).toBe('client-disconnect')
    expect(channel.subscribers).toBe(0)
    await expect.poll(() => client.ended).toBe(true)
  })

  it('that sends its request byte by byte, or never whole, holds up nobody, and is closed by node', async () => {
    const channel = new Channel()
    const node = createServer({ connectionsCheckingInterval: 10 })
    await using server = await serveBy(node, channel)
    const slow = await Promise.all(Array.from({ length: 20 }, () => Http1Client.connect(server.port)))
    for (const byte of 'GET / HTTP/1.1\r\nhost: x\r\nlast-event-id: 7') {
      for (const client of slow) client.socket.write(byte)
      await turns(1)
    }
    await expectAlive(server, channel)
    // Their time is up now, and nobody else's.
    Object.assign(node, { headersTimeout: 100, requestTimeout: 100 })
    for (const client of slow) client.read()
    await expect.poll(() => slow.every(({ ended }) => ended), { message: 'node closes them' }).toBe(true)
    expect(channel.subscribers).toBe(0)
  })

  it('that breaks in the middle of its request is no stream', async () => {
    const channel = new Channel()
    await using server = await serve(channel)
    for (const half of ['', 'G', 'GET / HTTP/1.1\r\nho', 'GET / HTTP/1.1\r\nhost: x\r\n']) {
      const client = await Http1Client.connect(server.port)
      client.socket.write(half)
      await turns(1)
      client.reset()
    }
    await expectAlive(server, channel)
    expect(server.responses).toHaveLength(1)
  })

  it('that sends something else after its request does no harm to its stream', async () => {
    using _warnings = captureWarnings()
    const channel = new Channel()
    await using server = await serve(channel)
    using client = (await Http1Client.connect(server.port)).send('GET', '/').read()
    await client.response(0, ({ body }) => body.includes('id: '))
    client.socket.write('\x16\x03\x01\x00 no HTTP\r\n\r\n')
    expect((await server.end()).reason).toBe('client-disconnect')
    expect(channel.subscribers).toBe(0)
    await expectAlive(server, channel)
  })
})

describe('a client that reads one byte in each turn of the event loop', () => {
  it('gets what it reads, exactly, and delays nobody', async () => {
    const channel = new Channel()
    await using server = await serve(channel)
    const slow = connect({ port: server.port, host: '127.0.0.1' })
    slow.on('readable', () => {})
    slow.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    using fast = (await Http1Client.connect(server.port)).send('GET', '/').read()
    await expect.poll(() => channel.subscribers).toBe(2)
    const bytes: Buffer[] = []
    for (let n = 0; n < 200; n++) {
      channel.publish('tick', 'x'.repeat(10_000))
      bytes.push((slow.read(1) as Buffer | null) ?? Buffer.alloc(0))
      await turns(1)
    }
    await expect.poll(() => events(fast).length).toBe(200)
    for (let n = 0; n < 3_000; n++) {
      bytes.push((slow.read(1) as Buffer | null) ?? Buffer.alloc(0))
      if (n % 100 === 0) await turns(1)
    }
    const read = Buffer.concat(bytes).toString()
    const body = fast.raw.toString()
    expect(read.length).toBeGreaterThan(1_000)
    // Their heads differ by nothing but the second in which they were made.
    const afterHead = (text: string): string => text.slice(text.indexOf('\r\n\r\n'))
    expect(afterHead(body).startsWith(afterHead(read))).toBe(true)
    slow.resetAndDestroy()
    await expect.poll(() => channel.subscribers).toBe(1)
  })
})
