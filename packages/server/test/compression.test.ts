/** What compression means to those who ask for a stream: by every face, the head, and what is in the body when. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { constants, gunzipSync } from 'node:zlib'
import { createMemoryChannel } from '@sse/core'
import { FakeClock, seeded, turns } from '@sse/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Compressor } from '../src/compression/compressor.ts'
import { GzipEncoder } from '../src/compression/gzip-encoder.ts'
import { Channel, EventSourceResponse } from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { type Content, honoFace, nodeFace, type Options, webFace, whole } from './faces.ts'
import { FakeSink, never, openStream } from './fake-sink.ts'
import { deflate } from './gzip-reader.ts'
import { NodeFaceServer } from './node-face-server.ts'
import { NODE_FACES } from './node-faces.ts'
import { StreamServer } from './stream-server.ts'

const AUTO = { pingIntervalMs: false, compression: 'auto' } as const
const GZIP = { headers: { 'accept-encoding': 'gzip, deflate, br' } }

/** What can be read of a body until now, which has one character for each byte. */
function decoded(body: string): string {
  if (body === '') return ''
  return gunzipSync(Buffer.from(body, 'latin1'), { finishFlush: constants.Z_SYNC_FLUSH }).toString()
}

/** All of a body, with its checksum and length. */
function decodedWhole(body: string): string {
  return gunzipSync(Buffer.from(body, 'latin1')).toString()
}

function quotes(channel: Channel, count: number): void {
  for (let n = 0; n < count; n++)
    channel.publish('quote', { symbol: 'ACME', price: n / 7, venue: 'the same one' })
}

/** Text that compression makes little shorter. */
function noise(seed: number, length: number): string {
  const random = seeded(seed)
  let text = ''
  while (text.length < length) text += random().toString(36).slice(2)
  return text.slice(0, length)
}

describe.each([nodeFace, webFace, honoFace])('compression by $name', (face) => {
  it("sends a channel's events to those who accept gzip and those who do not, each at once, and ends properly", async () => {
    const channel = new Channel(undefined, { compression: 'auto' })
    await using server = await face.serve(channel, { pingIntervalMs: false })
    using zipped = (await server.ask(GZIP)).read()
    using plain = (await server.ask()).read()
    await expect.poll(() => channel.subscribers).toBe(2)
    for (let round = 0; round < 40; round++) {
      quotes(channel, 1 + (round % 3))
      const id = `id: ${channel.lastEventId}\n`
      await expect.poll(() => plain.body).toContain(id)
      await expect.poll(() => decoded(zipped.body)).toContain(id)
    }
    channel.close()
    const text = decodedWhole(await whole(zipped))
    expect(text).toBe(await whole(plain))
    await expect.poll(() => server.ends.length).toBe(2)
    const [small, large] = server.ends.toSorted((a, b) => a.wireBytes - b.wireBytes)
    expect(small).toMatchObject({ reason: 'complete', bytes: text.length, wireBytes: zipped.body.length })
    expect(large).toMatchObject({ reason: 'complete', bytes: text.length, wireBytes: text.length })
    expect(zipped.body.length).toBeLessThan(text.length / 2)
  })

  it('replays compressed what a client missed, and is resumed like any other', async () => {
    const channel = new Channel()
    quotes(channel, 3_000)
    const since = channel.lastEventId
    quotes(channel, 2_000)
    await using server = await face.serve(channel, AUTO)
    using zipped = await server.ask({ headers: { ...GZIP.headers, 'last-event-id': since } })
    using plain = await server.ask({ headers: { 'last-event-id': since } })
    zipped.read()
    plain.read()
    const last = `id: ${channel.lastEventId}\n`
    await expect.poll(() => plain.body).toContain(last)
    await expect.poll(() => decoded(zipped.body)).toContain(last)
    expect(decoded(zipped.body)).toBe(plain.body)
    expect(zipped.body.length).toBeLessThan(plain.body.length / 4)
  })

  it('gives a client that did not read for a while all of it when it reads again', async () => {
    const channel = new Channel(undefined, { compression: 'auto', retention: { bytes: 64 * 1024 * 1024 } })
    await using server = await face.serve(channel, { pingIntervalMs: false })
    using stalled = (await server.ask(GZIP)).read()
    using reading = (await server.ask(GZIP)).read()
    await expect.poll(() => channel.subscribers).toBe(2)
    stalled.stall()
    // More than what stands between the two can hold.
    for (let n = 0; n < 250; n++) {
      channel.publish('noise', noise(n, 30_000))
      await turns(1)
    }
    channel.close()
    stalled.read()
    const text = decodedWhole(await whole(reading))
    expect(text.length).toBeGreaterThan(250 * 30_000)
    // Not by `toBe`, which would show them.
    expect(decodedWhole(await whole(stalled)) === text).toBe(true)
  })

  it('brings each event of a source that shares nothing when it is given, not with the next one', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    await using server = await face.serve(receiver, AUTO)
    using client = (await server.ask(GZIP)).read()
    for (let n = 0; n < 20; n++) {
      await sender.send(`token ${n} of the same kind`)
      const event = `\n\ndata: token ${n} of the same kind\n\n`
      await expect.poll(() => decoded(client.body)).toContain(event)
    }
    sender.close()
    const text = decodedWhole(await whole(client))
    expect(client.body.length).toBeLessThan(text.length * 0.9)
    expect(await server.end()).toMatchObject({ bytes: text.length, wireBytes: client.body.length })
  })

  const filtered = new Channel().subscription({ filter: () => true })
  const secret = new Channel(undefined, { compression: false })
  const open = new Channel(undefined, { compression: 'auto' })
  const heads: [string, Content, Options, Record<string, string>, string | null, string | null][] = [
    ['is asked for', never, AUTO, GZIP.headers, 'gzip', 'accept-encoding'],
    ['is not accepted', never, AUTO, { 'accept-encoding': 'br, gzip;q=0' }, null, 'accept-encoding'],
    ['is not spoken of', never, AUTO, {}, null, 'accept-encoding'],
    ['is left to the default', never, {}, GZIP.headers, null, null],
    ['is ruled out by the response', open, { compression: false }, GZIP.headers, null, null],
    ['is ruled out by the channel', secret, AUTO, GZIP.headers, null, null],
    ['is asked for by the channel', open, {}, GZIP.headers, 'gzip', 'accept-encoding'],
    [
      'is asked for by the channel of a subscription',
      open.subscription(),
      {},
      GZIP.headers,
      'gzip',
      'accept-encoding',
    ],
    ['would be for one reader only', filtered, AUTO, GZIP.headers, null, null],
    [
      'stands beside a Vary',
      never,
      { ...AUTO, headers: { vary: 'Origin' } },
      GZIP.headers,
      'gzip',
      'Origin, accept-encoding',
    ],
    [
      'stands beside a Vary that says it',
      never,
      { ...AUTO, headers: { vary: 'Accept-Encoding' } },
      GZIP.headers,
      'gzip',
      'Accept-Encoding',
    ],
    [
      'stands beside a Vary of everything',
      never,
      { ...AUTO, headers: { vary: '*' } },
      GZIP.headers,
      'gzip',
      '*',
    ],
    [
      'is the application’s own',
      never,
      { ...AUTO, headers: { 'Content-Encoding': 'br' } },
      GZIP.headers,
      'br',
      null,
    ],
  ]
  it.each(heads)('that %s has the right head', async (_, content, options, headers, encoding, vary) => {
    await using server = await face.serve(content, { pingIntervalMs: false, ...options })
    using client = await server.ask({ headers })
    const head = await client.head()
    expect([head.headers.get('content-encoding'), head.headers.get('vary')]).toEqual([encoding, vary])
    expect(head.headers.get('cache-control')).toBe('no-store, no-transform')
    using asking = await server.ask({ method: 'HEAD', headers })
    const { headers: same } = await asking.head()
    expect([same.get('content-encoding'), same.get('vary')]).toEqual([encoding, vary])
  })

  it('keeps to the word of a channel that only a function knows: its text is stored', async () => {
    const channel = new Channel(undefined, { compression: false })
    await using server = await face.serve(() => channel, AUTO)
    using client = (await server.ask(GZIP)).read()
    await expect.poll(() => channel.subscribers).toBe(1)
    quotes(channel, 50)
    channel.close()
    const text = decodedWhole(await whole(client))
    expect(client.body.length).toBeGreaterThan(text.length)
    expect(client.body).toContain('"venue":"the same one"')
  })

  it('is done without when there are as many compressors as there may be, and says so', async () => {
    const told: unknown[] = []
    const listener = (message: unknown): void => void told.push(message)
    subscribe('sse:stream:uncompressed', listener)
    const taken: Compressor[] = []
    for (let one = Compressor.take(); one !== undefined; one = Compressor.take()) taken.push(one)
    try {
      await using known = await face.serve(['one'], AUTO)
      using plain = await known.ask(GZIP)
      expect((await plain.head()).headers.get('content-encoding')).toBeNull()
      expect(await whole(plain)).toBe(': open\n\ndata: one\n\n')
      expect(told).toMatchObject([{ request: { method: 'GET' } }])

      await using made = await face.serve(() => ['one'], AUTO)
      using stored = await made.ask(GZIP)
      expect(decodedWhole(await whole(stored))).toBe(': open\n\ndata: one\n\n')
      expect(stored.body).toContain(': open\n\n')
      expect(stored.body).toContain('data: one\n\n')
      expect(told).toMatchObject([{}, { request: { method: 'GET' } }])

      // A channel needs none.
      await using shared = await face.serve(new Channel(), AUTO)
      using reader = await shared.ask(GZIP)
      expect((await reader.head()).headers.get('content-encoding')).toBe('gzip')

      taken.pop()?.[Symbol.dispose]()
      await using free = await face.serve(['one'], AUTO)
      using zipped = await free.ask(GZIP)
      expect(decodedWhole(await whole(zipped))).toBe(': open\n\ndata: one\n\n')
      await free.end()
      expect(Compressor.available).toBe(true)
      expect(told).toHaveLength(2)
    } finally {
      unsubscribe('sse:stream:uncompressed', listener)
      for (const compressor of taken) compressor[Symbol.dispose]()
    }
  })
})

it('compresses a snapshot once for all who begin with it, as far as it is the same', () => {
  const clock = new FakeClock({ turns: 'manual' })
  const compactBy = ({ data }: { readonly data: unknown }): string => String(data).slice(0, 4)
  const channel = new Channel(undefined, { clock, compactBy, retention: { events: 10 } })
  const write = (key: number): void => {
    channel.publish('state', `${String(key).padStart(4)} ${noise(key, 1_000)}`)
    clock.runTurn()
  }
  for (let key = 0; key < 100; key++) write(key)
  const begin = (): { readonly sink: FakeSink; readonly text: string } => {
    const sink = new FakeSink()
    openStream(
      channel.subscription({ start: 'snapshot' }),
      { clock },
      { sink, encoder: new GzipEncoder(deflate()) },
    )
    return { sink, text: decoded(Buffer.concat(sink.writes).toString('latin1')) }
  }
  const one = begin()
  write(99)
  write(100)
  const other = begin()
  // Behind the opening block and the position: 64 KiB that are the same, and the rest, which is not.
  const [, , first, second] = one.sink.writes
  expect(other.sink.writes[2]).toBe(first)
  expect(other.sink.writes[3]).not.toBe(second)
  expect(one.text.match(/^data: /gm)).toHaveLength(100)
  expect(other.text.match(/^data: /gm)).toHaveLength(101)
  expect(other.text).toContain(`data:  100 ${noise(100, 1_000)}\n`)
})

describe('the last compressor', () => {
  let taken: Compressor[] = []
  beforeEach(() => {
    for (let one = Compressor.take(); one !== undefined; one = Compressor.take()) taken.push(one)
    taken.pop()?.[Symbol.dispose]()
  })
  afterEach(() => {
    for (const compressor of taken) compressor[Symbol.dispose]()
    taken = []
  })

  it('is not held by a response that nobody reads', async () => {
    await using server = await webFace.serve(['one'], AUTO)
    await server.ask(GZIP)
    expect(Compressor.available).toBe(true)
  })

  it('is held by a stream while it is open, however it ends', async () => {
    const sink = new FakeSink()
    const { ended } = openStream(never(), {}, { sink, encoder: new GzipEncoder(deflate()) })
    expect(Compressor.available).toBe(false)
    sink.disconnect()
    await ended
    expect(Compressor.available).toBe(true)
  })

  it('is not taken for a client that has left before its content was made', async () => {
    const sink = new FakeSink()
    const made = Promise.withResolvers<string[]>()
    const { ended } = openStream(() => made.promise, {}, { sink, encoder: new GzipEncoder(deflate()) })
    sink.disconnect()
    made.resolve(['one'])
    await ended
    await turns(1)
    expect(Compressor.available).toBe(true)
  })
})

it('heeds what middleware has set of the head', async () => {
  const asks = [
    ['vary', 'Origin'],
    ['content-encoding', 'identity'],
  ] as const
  for (const [name, value] of asks) {
    await using server = await StreamServer.start((request, response) => {
      response.setHeader(name, value)
      return new EventSourceResponse(['one'], AUTO).send(request, response)
    })
    const { headers } = await fetch(server.url)
    const expected = name === 'vary' ? ['gzip', 'Origin, accept-encoding'] : ['identity', null]
    expect([headers.get('content-encoding'), headers.get('vary')]).toEqual(expected)
  }
})

it('refuses an option that it does not know', () => {
  const compression = 'gzip' as 'auto'
  expect(() => new Channel(undefined, { compression })).toThrow("compression must be 'auto' or false")
  expect(() => new EventSourceResponse([], { compression })).toThrow("compression must be 'auto' or false")
})

describe.each(NODE_FACES)('a compressed channel by $name', (face) => {
  it('is the same for each reader, and ends as a gzip member ends', async () => {
    const channel = new Channel(undefined, { compression: 'auto' })
    await using server = await NodeFaceServer.start(face, (request, response) =>
      new EventSourceResponse<NodeRequest>(channel, { pingIntervalMs: false }).send(request, response),
    )
    using one = (await server.ask(GZIP)).read()
    using other = (await server.ask(GZIP)).read()
    await expect.poll(() => channel.subscribers).toBe(2)
    for (let round = 0; round < 20; round++) {
      quotes(channel, 3)
      await new Promise(setImmediate)
    }
    channel.close()
    await expect.poll(() => [one.complete, other.complete]).toEqual([true, true])
    expect((await one.head()).headers).toContainEqual(['content-encoding', 'gzip'])
    // The client of HTTP/1 decodes by itself.
    const text = face.http2 ? gunzipSync(one.body).toString() : one.body.toString()
    expect(text.match(/^id: .*-60$/m)).not.toBeNull()
    expect(other.body.equals(one.body)).toBe(true)
    await expect.poll(() => server.ends.length).toBe(2)
    const through = face.name.includes('compression') ? text.length : server.ends[1]?.wireBytes
    expect(server.ends[0]).toMatchObject({ bytes: text.length, wireBytes: through })
  })
})
