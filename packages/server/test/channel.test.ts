import { type DispatchedEvent, defineEvents, parseEventStream, text, type } from '@sse/core'
import { FakeClock, record, turns } from '@sse/testing'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { Channel, type ChannelOptions, EventSourceResponse, type Gap, type StreamEnd } from '../src/index.ts'
import { EventStream } from '../src/stream/event-stream.ts'
import { FakeSink, openStream } from './fake-sink.ts'
import { RawClient } from './raw-client.ts'
import { settled } from './settled.ts'
import { StreamServer } from './stream-server.ts'

const OPENING = 2 // The opening block and the position.

function setUp(options: Omit<ChannelOptions, 'clock'> = {}): {
  clock: FakeClock
  channel: Channel
  subscribe: (start?: 'live' | 'earliest', lastEventId?: string, sink?: FakeSink) => FakeSink
} {
  const clock = new FakeClock({ turns: 'manual' })
  const channel = new Channel(undefined, { ...options, clock })
  return {
    clock,
    channel,
    subscribe: (start = 'live', lastEventId = '', sink = new FakeSink()) =>
      openStream(channel.subscription({ start }), { clock, pingIntervalMs: 0 }, { sink, lastEventId }).sink,
  }
}

function data(sink: FakeSink): string[] {
  return sink.events.map((event) => event.data)
}

function gapOf(event: DispatchedEvent | undefined): Gap {
  expect(event?.type).toBe('gap')
  return JSON.parse(event?.data ?? '') as Gap
}

describe('publishing', () => {
  it('reaches every subscriber, in order, with ids that are a position in the log', () => {
    const { clock, channel, subscribe } = setUp()
    const sinks = [subscribe(), subscribe()]
    const ids = [
      channel.publish('price', { at: 1 }),
      channel.publish('message', 'text'),
      channel.publish('price', 'p'),
    ]
    clock.runTurn()
    const [epoch] = (ids[0] ?? '').split('-')
    expect(epoch).toMatch(/^[0-9a-v]{8}$/)
    expect(ids).toEqual([`${epoch}-1`, `${epoch}-2`, `${epoch}-3`])
    for (const sink of sinks) {
      expect(sink.events).toEqual([
        { type: 'price', data: '{"at":1}', lastEventId: ids[0] },
        { type: 'message', data: 'text', lastEventId: ids[1] },
        { type: 'price', data: 'p', lastEventId: ids[2] },
      ])
    }
    expect(channel.lastEventId).toBe(ids[2])
    expect(sinks[0]?.text).toContain(`id: ${ids[1]}\ndata: text\n\n`)
  })

  it('in one turn of the event loop is one write, of the same bytes for all', () => {
    const { clock, channel, subscribe } = setUp()
    const [a, b] = [subscribe(), subscribe()]
    for (let i = 0; i < 100; i++) channel.publish('n', i)
    expect(a.writes).toHaveLength(OPENING)
    expect(clock.pendingTurn).toBe(1)
    clock.runTurn()
    expect(a.writes).toHaveLength(OPENING + 1)
    expect(data(a)).toHaveLength(100)
    expect(b.writes[OPENING]).toBe(a.writes[OPENING])
    channel.publish('n', 100)
    clock.runTurn()
    expect(b.writes[OPENING + 1]).toBe(a.writes[OPENING + 1])
  })

  it('is so too when the log is full', () => {
    const { clock, channel, subscribe } = setUp({ retention: { events: 5 } })
    const sink = subscribe()
    for (let turn = 0; turn < 5; turn++) {
      for (let i = 0; i < 3; i++) channel.publish('n', i)
      clock.runTurn()
    }
    expect(sink.writes).toHaveLength(OPENING + 5)
  })

  it('keeps one frame, and gives each stream its own line ending', () => {
    const { clock, channel } = setUp()
    const open = (lineEnding: '\n' | '\r\n' | '\r'): FakeSink =>
      openStream(channel, { clock, lineEnding, pingIntervalMs: 0 }).sink
    const endings = ['\n', '\r\n', '\r', '\r\n'] as const
    const sinks = endings.map(open)
    const id = channel.publish('e', 'a\r\nb\rc\nd é')
    channel.publish('e', 1)
    clock.runTurn()
    const expected = `id: ${id}\nevent: e\ndata: a\ndata: b\ndata: c\ndata: d é\n\nid: ${channel.lastEventId}\nevent: e\ndata: 1\n\n`
    for (const [i, ending] of endings.entries()) {
      expect(Buffer.from(sinks[i]?.writes[OPENING] ?? []).toString()).toBe(expected.replaceAll('\n', ending))
    }
    expect(sinks[3]?.writes[OPENING]).toBe(sinks[1]?.writes[OPENING])
    channel.publish('e', 'alone')
    clock.runTurn()
    for (const [i, ending] of endings.entries()) {
      expect(sinks[i]?.text.endsWith(`${ending}event: e${ending}data: alone${ending}${ending}`)).toBe(true)
    }
  })

  it('validates the data of a typed channel: what is refused is not published', () => {
    const clock = new FakeClock({ turns: 'manual' })
    const events = defineEvents({
      price: z.object({ symbol: z.string(), amount: z.number().positive() }),
      tick: type<{ at: number }>(),
      log: text(),
    })
    const channel = new Channel(events, { clock })
    const { sink } = openStream(channel, { clock, pingIntervalMs: 0 })
    const before = channel.lastEventId
    expect(() => channel.publish('price', { symbol: 'X', amount: -1 })).toThrow(
      expect.objectContaining({ code: 'invalid-data', path: 'data.amount' }),
    )
    expect(() => channel.publish('nope' as 'log', '')).toThrow(
      expect.objectContaining({ code: 'unknown-event' }),
    )
    expect([channel.lastEventId, channel.retained, clock.pendingTurn]).toEqual([
      before,
      { events: 0, bytes: 0 },
      0,
    ])
    channel.publish('price', { symbol: 'X', amount: 1 })
    channel.publish('log', 'plain')
    clock.runTurn()
    expect(data(sink)).toEqual(['{"symbol":"X","amount":1}', 'plain'])
  })

  it.each<[string, string, unknown, string | undefined, string]>([
    ['the reserved event', 'gap', 1, undefined, 'reserved-event'],
    ['an empty id', 'e', 1, '', 'reserved-id'],
    ['an id in the form of its own', 'e', 1, 'abcdefgh-7', 'reserved-id'],
    ['an id with a line break', 'e', 1, 'a\nb', 'line-break-in-field'],
    ['a name with a line break', 'a\nb', 1, undefined, 'line-break-in-field'],
    ['data that JSON would lose', 'e', Number.NaN, undefined, 'not-json'],
    ['an event without data', 'e', undefined, undefined, 'event-without-data'],
    [
      'a message without data, which nobody would dispatch',
      'message',
      undefined,
      undefined,
      'event-without-data',
    ],
  ])('refuses %s, and publishes nothing', (_, name, value, id, code) => {
    const { clock, channel } = setUp()
    const before = channel.lastEventId
    expect(() => channel.publish(name, value, { id })).toThrow(
      expect.objectContaining({ name: 'SseError', code }),
    )
    expect([channel.lastEventId, channel.retained.events, clock.pendingTurn]).toEqual([before, 0, 0])
  })

  it('refuses an event map that takes the reserved name', () => {
    expect(() => new Channel(defineEvents({ gap: text() }))).toThrow(
      expect.objectContaining({ code: 'reserved-event' }),
    )
  })

  it.each([
    ['options', { retention: { events: 5 } }],
    ['schemas that nobody made a map of', { price: text() }],
    ['null', null],
  ])('refuses %s in the place of an event map, and says where they belong', (_, events) => {
    expect(() => new Channel(events as never)).toThrow(/^The first argument of a Channel is an event map/)
  })

  it('goes through fetch to a parser', async () => {
    const channel = new Channel()
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(channel, { pingIntervalMs: false }).send(request, response),
    )
    await using stream = await record(server.url, { timeoutMs: 60_000 })
    await expect.poll(() => channel.subscribers).toBe(1)
    const id = channel.publish('price', [1, 2])
    expect(await stream.next()).toMatchObject({ type: 'price', data: '[1,2]', lastEventId: id })
    await stream.close()
    expect((await server.end()).reason).toBe('client-disconnect')
    expect(channel.subscribers).toBe(0)
  })

  it('from inside a pingMessage keeps the order of the stream', () => {
    const clock = new FakeClock({ turns: 'manual' })
    const channel = new Channel(undefined, { clock, retention: { events: 0 } })
    const { sink } = openStream(channel, {
      clock,
      pingIntervalMs: 1_600,
      pingMessage: () => {
        channel.publish('n', 'from the ping')
        return { event: 'ping', data: '' }
      },
    })
    clock.advance(1_600)
    clock.runTurn()
    expect(sink.events.map((event) => event.type)).toEqual(['n', 'ping'])
  })
})

describe('closing', () => {
  it('ends every stream as complete, after what was published, and refuses what comes later', async () => {
    const { clock, channel } = setUp()
    const { sink, ended } = openStream(channel, { clock, pingIntervalMs: 0 })
    channel.publish('n', 1)
    channel.close()
    channel.close()
    expect(await ended).toMatchObject({ reason: 'complete', events: 1 })
    expect(data(sink)).toEqual(['1'])
    expect(sink.state).toBe('ended')
    expect(channel.subscribers).toBe(0)
    expect(() => channel.publish('n', 2)).toThrow(expect.objectContaining({ code: 'channel-closed' }))
    clock.runTurn()
    expect(sink.violations).toEqual([])
  })

  it('lets a stalled reader take all that was published before its stream ends', async () => {
    const { clock, channel } = setUp()
    const sink = new FakeSink(1)
    const { ended } = openStream(channel, { clock, pingIntervalMs: 0 }, { sink })
    sink.stall()
    channel.publish('n', 1)
    clock.runTurn()
    channel.publish('n', 2)
    channel.close()
    expect([sink.state, data(sink)]).toEqual(['open', ['1']])
    sink.sip()
    expect(await ended).toMatchObject({ reason: 'complete', events: 2 })
    expect(data(sink)).toEqual(['1', '2'])
    expect(sink.violations).toEqual([])
  })

  it('from inside a pingMessage ends the stream, and nothing is written after that', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const channel = new Channel(undefined, { clock })
    const { sink, ended } = openStream(channel, {
      clock,
      pingIntervalMs: 1_600,
      pingMessage: () => {
        channel.publish('n', 'last')
        channel.close()
        return { comment: 'ping' }
      },
    })
    clock.advance(1_600)
    expect(await ended).toMatchObject({ reason: 'complete', events: 1 })
    expect([sink.violations, clock.pendingTimers]).toEqual([[], 0])
  })

  it('from inside onClose of one of its streams ends the others', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const channel = new Channel(undefined, { clock })
    const first = openStream(channel, { clock, pingIntervalMs: 0, onClose: () => channel.close() })
    const second = openStream(channel, { clock, pingIntervalMs: 0 })
    channel.publish('n', 1)
    first.sink.disconnect()
    expect(await second.ended).toMatchObject({ reason: 'complete', events: 1 })
    expect((await first.ended).reason).toBe('client-disconnect')
  })

  it('still replays to those who come after it, all of it, however slowly they read', async () => {
    const { clock, channel } = setUp()
    for (let i = 0; i < 10; i++) channel.publish('n', 'x'.repeat(20_000))
    channel.close()
    const sink = new FakeSink(1)
    const { ended } = openStream(
      channel.subscription({ start: 'earliest' }),
      { clock, pingIntervalMs: 0 },
      { sink },
    )
    expect(await ended).toMatchObject({ reason: 'complete', events: 10 })

    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(channel.subscription({ start: 'earliest' }), { clock, pingIntervalMs: 0 }).send(
        request,
        response,
      ),
    )
    await using stream = await record(server.url, { timeoutMs: 60_000 })
    await stream.ended()
    expect(stream.events).toHaveLength(10)
    expect((await server.end()).reason).toBe('complete')
  })
})

describe('retention', () => {
  it('is bounded by events', () => {
    const { channel } = setUp({ retention: { events: 3 } })
    for (let i = 0; i < 5; i++) channel.publish('n', i)
    expect(channel.retained.events).toBe(3)
  })

  it('is bounded by bytes, and counts them', () => {
    const { clock, channel, subscribe } = setUp({ retention: { bytes: 100 } })
    const sink = subscribe()
    const sizes: number[] = []
    for (let i = 0; i < 6; i++) {
      channel.publish('n', 'x'.repeat(i))
      clock.runTurn()
      sizes.push(sink.writes.at(-1)?.byteLength ?? 0)
      let kept = 0
      let events = 0
      for (const size of sizes.toReversed()) {
        if (kept + size > 100) break
        kept += size
        events++
      }
      expect(channel.retained).toEqual({ events, bytes: kept })
    }
  })

  it('is bounded by age', () => {
    const { clock, channel } = setUp({ retention: { ageMs: 1_000 } })
    channel.publish('n', 1)
    clock.advance(600)
    channel.publish('n', 2)
    clock.advance(400)
    channel.publish('n', 3)
    expect(channel.retained.events).toBe(3)
    clock.advance(1)
    channel.publish('n', 4)
    expect(channel.retained.events).toBe(3)
  })

  it('by age holds for who subscribes, also when nothing is published', () => {
    const { clock, channel, subscribe } = setUp({ retention: { ageMs: 1_000 } })
    channel.publish('n', 1)
    clock.advance(1_001)
    const sink = subscribe('earliest')
    expect(sink.events).toEqual([])
    expect(channel.retained).toEqual({ events: 0, bytes: 0 })
  })

  it('is 10,000 events and 8 MiB by default, of any age', () => {
    const { clock, channel } = setUp()
    for (let i = 0; i < 10_001; i++) channel.publish('n', 1)
    expect(channel.retained.events).toBe(10_000)
    const [empty, mebibyte] = ['id: 12345678-10002\nevent: n\ndata: \n\n'.length, 1024 * 1024]
    for (let i = 0; i < 9; i++) channel.publish('n', 'x'.repeat(mebibyte - empty))
    expect(channel.retained).toEqual({ events: 8, bytes: 8 * mebibyte })
    channel.publish('n', 'x'.repeat(mebibyte - empty + 1))
    clock.advance(100 * 365 * 86_400_000)
    channel.publish('n', 1)
    expect(channel.retained.events).toBe(8)
  })

  it.each([
    [{ events: -1 }, 'retention.events'],
    [{ events: 2.5 }, 'retention.events'],
    [{ bytes: Number.NaN }, 'retention.bytes'],
    [{ ageMs: '5' as unknown as number }, 'retention.ageMs'],
  ])('is refused where it makes no sense: %o', (retention, field) => {
    expect(() => new Channel(undefined, { retention })).toThrow(
      expect.objectContaining({ code: 'invalid-option', field }),
    )
  })

  it.each([{ events: 0 }, { events: 3 }, { bytes: 0 }, { bytes: 100 }])(
    'loses nothing of a burst for those who keep up: %o',
    (retention) => {
      const { clock, channel, subscribe } = setUp({ retention })
      const sink = subscribe()
      for (let i = 0; i < 100; i++) channel.publish('n', i)
      clock.runTurn()
      expect(data(sink)).toEqual(Array.from({ length: 100 }, (_, i) => String(i)))
    },
  )
})

describe('where a reader begins', () => {
  it.each<[string, (channel: Channel) => Channel | ReturnType<Channel['subscription']>]>([
    ['a channel', (channel) => channel],
    ['a subscription', (channel) => channel.subscription()],
    ["a subscription with start: 'live'", (channel) => channel.subscription({ start: 'live' })],
  ])('is with what comes from now on: %s', (_, content) => {
    const { clock, channel } = setUp()
    channel.publish('n', 'before')
    const { sink } = openStream(content(channel), { clock, pingIntervalMs: 0 })
    channel.publish('n', 'after')
    clock.runTurn()
    expect(data(sink)).toEqual(['after'])
  })

  it('or with the oldest event retained', () => {
    const { clock, channel, subscribe } = setUp({ retention: { events: 2 } })
    for (const n of [1, 2, 3]) channel.publish('n', n)
    const sink = subscribe('earliest')
    expect(data(sink)).toEqual(['2', '3'])
    channel.publish('n', 4)
    clock.runTurn()
    expect(data(sink)).toEqual(['2', '3', '4'])
  })

  it('is told at once, so that a client that saw no event resumes without losing one', () => {
    const { clock, channel, subscribe } = setUp()
    channel.publish('n', 'seen by nobody')
    const first = subscribe()
    const position = /^id: (.*)\n\n$/m.exec(first.text)?.[1] ?? ''
    expect(position).toBe(channel.lastEventId)
    first.disconnect()
    channel.publish('n', 'meanwhile')
    clock.runTurn()
    expect(data(subscribe('live', position))).toEqual(['meanwhile'])
  })
})

describe('resuming', () => {
  it('goes on right after the last event, from the position before the first one too', () => {
    const { channel, subscribe } = setUp()
    const zero = channel.lastEventId
    const ids = [1, 2, 3].map((n) => channel.publish('n', n))
    expect(data(subscribe('live', ids[1]))).toEqual(['3'])
    expect(data(subscribe('earliest', ids[2]))).toEqual([])
    expect(zero.endsWith('-0')).toBe(true)
    expect(data(subscribe('live', zero))).toEqual(['1', '2', '3'])
  })

  it("goes on after the application's own ids while they are retained", () => {
    const { channel, subscribe } = setUp({ retention: { events: 2 } })
    expect(channel.publish('n', 1, { id: 'a' })).toBe('a')
    channel.publish('n', 2, { id: 'b' })
    expect(subscribe('live', 'b').events).toEqual([])
    expect(subscribe('live', 'a').events).toMatchObject([{ data: '2', lastEventId: 'b' }])
    channel.publish('n', 3)
    // It is gone, but nothing behind it.
    expect(data(subscribe('live', 'a'))).toEqual(['2', '3'])
    channel.publish('n', 4)
    expect(gapOf(subscribe('live', 'a').events[0])).toMatchObject({ reason: 'unknown-id', requestedId: 'a' })
  })

  it("tells a place by the application's id of the event before it, so that a database knows it as well", () => {
    const { channel, subscribe } = setUp({ retention: { events: 2 } })
    for (const id of ['row 1', 'row 2', 'row 3']) channel.publish('n', id, { id })
    expect(channel.lastEventId).toBe('row 3')
    // Cut right here, a client comes back with it.
    expect(subscribe().text).toMatch(/\n\nid: row 3\n\n$/)
    expect(subscribe('earliest').text).toContain('\n\nid: row 1\n\nid: row 2\n')
    expect(data(subscribe('live', 'row 1'))).toEqual(['row 2', 'row 3'])
    expect(gapOf(subscribe('live', 'row 0').events[0])).toMatchObject({ resumedAtId: 'row 1' })
    channel.publish('n', 'without one')
    expect(subscribe().text).toMatch(/\n\nid: [0-9a-v]{8}-4\n\n$/)
  })

  it('refuses an id that a retained event has, and takes it again when that event is gone', () => {
    const { channel } = setUp({ retention: { events: 1 } })
    channel.publish('n', 1, { id: 'a' })
    expect(() => channel.publish('n', 2, { id: 'a' })).toThrow(
      expect.objectContaining({ code: 'duplicate-id' }),
    )
    channel.publish('n', 3)
    expect(channel.publish('n', 4, { id: 'a' })).toBe('a')
  })

  it('after dropped events tells of a gap: how many, from where it goes on, and then goes on', () => {
    const { channel, subscribe } = setUp({ retention: { events: 2 } })
    const ids = [1, 2, 3, 4, 5].map((n) => channel.publish('n', n))
    const { events } = subscribe('live', ids[0])
    expect(gapOf(events[0])).toEqual({
      reason: 'evicted',
      requestedId: ids[0],
      resumedAtId: ids[2],
      missed: 2,
    })
    expect(events[0]?.lastEventId).toBe(ids[2])
    expect(events.slice(1).map((event) => event.data)).toEqual(['4', '5'])
    // The last one whose next event is still there.
    expect(data(subscribe('live', ids[2]))).toEqual(['4', '5'])
  })

  it('in a later life of the channel tells that it was restarted', () => {
    const former = setUp()
    const id = former.channel.publish('n', 1)
    const { channel, subscribe } = setUp()
    channel.publish('n', 'new')
    const { events } = subscribe('live', id)
    expect(gapOf(events[0])).toMatchObject({ reason: 'restarted', requestedId: id, missed: null })
    expect(events[1]?.data).toBe('new')
  })

  it.each<[string, (epoch: string) => string, string | undefined]>([
    ['an offset of the future', (epoch) => `${epoch}-3`, undefined],
    ['a huge offset', (epoch) => `${epoch}-9999999999999999`, undefined],
    ['an offset beyond all numbers', (epoch) => `${epoch}-99999999999999999999`, undefined],
    ['a negative offset', (epoch) => `${epoch}--1`, undefined],
    ['an offset with zeros before it', (epoch) => `${epoch}-01`, undefined],
    ['words', () => 'hello', undefined],
    ['what is a name in every object', () => '__proto__', undefined],
    ['text beyond ASCII', () => 'ключ', undefined],
    ['256 characters', () => 'x'.repeat(256), undefined],
    ['257 characters', () => 'x'.repeat(257), 'null'],
    ['10 KB', () => 'x'.repeat(10_000), 'null'],
  ])('after %s tells that the id is unknown, and begins with the oldest event', (_, make, requested) => {
    const { channel, subscribe } = setUp()
    const ids = [1, 2].map((n) => channel.publish('n', n))
    const id = make((ids[0] ?? '').slice(0, 8))
    const { events } = subscribe('live', id)
    expect(gapOf(events[0])).toEqual({
      reason: 'unknown-id',
      requestedId: requested === 'null' ? null : id,
      resumedAtId: `${(ids[0] ?? '').slice(0, 8)}-0`,
      missed: null,
    })
    expect(events.slice(1).map((event) => event.data)).toEqual(['1', '2'])
  })

  it('reads the id from the header, as UTF-8, or else from the query', async () => {
    const channel = new Channel()
    for (const [n, id] of ['ключ', 'two', 'three'].entries()) channel.publish('n', n, { id })
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(channel, { pingIntervalMs: 0 }).send(request, response),
    )
    const firstAfter = async (path: string, header?: string): Promise<string> => {
      using client = (
        await RawClient.connect(server.port, {
          path,
          headers: header === undefined ? {} : { 'Last-Event-ID': header },
        })
      ).read()
      const first = (): string | undefined => /event: .*\ndata: .*(?=\n\n)/.exec(client.received)?.[0]
      await expect.poll(first).toBeDefined()
      return first() ?? ''
    }
    expect(await firstAfter('/', Buffer.from('ключ').toString('latin1'))).toBe('event: n\ndata: 1')
    expect(await firstAfter(`/?x=1&lastEventId=${encodeURIComponent('ключ')}`)).toBe('event: n\ndata: 1')
    expect(await firstAfter('/?lastEventId=two')).toBe('event: n\ndata: 2')
    expect(await firstAfter('/?lastEventId=two', Buffer.from('ключ').toString('latin1'))).toBe(
      'event: n\ndata: 1',
    )
    expect(await firstAfter('/', 'x'.repeat(10_000))).toContain('"requestedId":null')
    expect(await firstAfter('/?lastEventId=a%0Adata:%20evil')).toContain(
      'event: gap\ndata: {"reason":"unknown-id"',
    )
  })

  it('over fetch, connection after connection, gets each event once and in order', async () => {
    const channel = new Channel()
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(channel, { pingIntervalMs: 0 }).send(request, response),
    )
    const read: string[] = []
    let lastEventId = channel.lastEventId
    for (let n = 0; n < 50; n++) channel.publish('n', n)
    while (read.length < 50) {
      await using stream = await record(server.url, { lastEventId, timeoutMs: 60_000 })
      for (let n = 0; n < 7 && read.length < 50; n++) {
        const event = await stream.next()
        read.push(event.data)
        lastEventId = event.lastEventId
      }
    }
    expect(read).toEqual(Array.from({ length: 50 }, (_, n) => String(n)))
  })
})

describe('a reader that lags', () => {
  it('is told how much it missed when it reads again, and goes on, while the others miss nothing', () => {
    const { clock, channel, subscribe } = setUp({ retention: { events: 3 } })
    const slow = subscribe('live', '', new FakeSink(1))
    const quick = subscribe()
    slow.stall()
    const ids: string[] = []
    for (let n = 1; n <= 10; n++) {
      ids.push(channel.publish('n', n))
      clock.runTurn()
    }
    expect(data(quick)).toHaveLength(10)
    expect(data(slow)).toEqual(['1'])
    slow.drain()
    const { events } = slow
    expect(gapOf(events[1])).toEqual({
      reason: 'lagged',
      requestedId: ids[0],
      resumedAtId: ids[6],
      missed: 6,
    })
    expect(events[1]?.lastEventId).toBe(ids[6])
    expect(events.slice(2).map((event) => event.data)).toEqual(['8', '9', '10'])
    channel.publish('n', 11)
    clock.runTurn()
    expect(data(slow).at(-1)).toBe('11')
    expect(slow.violations).toEqual([])
  })

  it('is told also when nothing is left to go on with', () => {
    const { clock, channel, subscribe } = setUp({ retention: { events: 0 } })
    const slow = subscribe('live', '', new FakeSink(1))
    slow.stall()
    for (let n = 1; n <= 3; n++) {
      channel.publish('n', n)
      clock.runTurn()
    }
    slow.drain()
    const { events } = slow
    expect(events).toHaveLength(2)
    expect(gapOf(events[1])).toMatchObject({ reason: 'lagged', missed: 2, resumedAtId: channel.lastEventId })
    channel.publish('n', 4)
    clock.runTurn()
    expect(data(slow).at(-1)).toBe('4')
  })

  it('waits for its client once, however much is published meanwhile', () => {
    const { clock, channel, subscribe } = setUp({ retention: { events: 3 } })
    using whenWritable = vi.spyOn(EventStream.prototype, 'whenWritable')
    const slow = subscribe('live', '', new FakeSink(1))
    slow.stall()
    for (let sips = 1; sips <= 3; sips++) {
      for (let n = 1; n <= 10; n++) {
        channel.publish('n', n)
        clock.runTurn()
      }
      expect(whenWritable).toHaveBeenCalledTimes(sips)
      slow.sip()
    }
  })

  it('is not written to when the gap has filled it', () => {
    const { clock, channel, subscribe } = setUp({ retention: { events: 1 } })
    const slow = subscribe('live', '', new FakeSink(1))
    slow.stall()
    for (let n = 1; n <= 3; n++) {
      channel.publish('n', n)
      clock.runTurn()
    }
    slow.sip()
    expect(slow.events.map((event) => event.type)).toEqual(['n', 'gap'])
    slow.sip()
    expect(data(slow).at(-1)).toBe('3')
    expect(slow.violations).toEqual([])
  })

  it('costs a bounded memory on a real socket, and delays nobody', async () => {
    const retention = { events: 1_000, bytes: 2 * 1024 * 1024 }
    const channel = new Channel(undefined, { retention })
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(channel, { pingIntervalMs: 0 }).send(request, response),
    )
    const stalled = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(server.port)))
    await expect.poll(() => channel.subscribers).toBe(5)
    const reader = parseEventStream(await fetch(server.url))
    await expect.poll(() => channel.subscribers).toBe(6)

    const payload = 'x'.repeat(64 * 1024)
    const published = 600 // 37 MiB, far more than the kernels take.
    for (let n = 0; n < published; n++) {
      channel.publish('n', `${n} ${payload}`)
      expect((await reader.next()).value?.data.startsWith(`${n} `)).toBe(true)
    }
    expect(channel.retained.bytes).toBeLessThanOrEqual(retention.bytes)
    const accepted = server.responses.slice(0, 5).map((response) => response.socket?.bytesWritten ?? 0)
    for (const [i, response] of server.responses.slice(0, 5).entries()) {
      expect(response.socket?.writableNeedDrain).toBe(true)
      expect(response.writableLength).toBeLessThan(512 * 1024)
      expect(accepted[i]).toBeLessThan(16 * 1024 * 1024)
    }

    const late = stalled[0] as RawClient
    late.read()
    await late.until('event: gap')
    await late.until(`data: ${published - 1} `)
    await settled(() => late.received.length, 'it has read all')
    const numbers = [...late.received.matchAll(/data: (\d+) /g)].map((match) => Number(match[1]))
    const missed = Number(/"reason":"lagged".*"missed":(\d+)/.exec(late.received)?.[1])
    expect(numbers).toHaveLength(published - missed)
    for (const client of stalled) client.leave()
    await reader.return()
    await expect.poll(() => server.ends.length).toBe(6)
    expect(channel.subscribers).toBe(0)
  })
})

describe('the end of a subscription', () => {
  it('frees the place in the channel, whatever ended it', async () => {
    const { clock, channel } = setUp()
    const open = (sink: FakeSink): Promise<StreamEnd> =>
      openStream(channel, { clock, pingIntervalMs: 1_000, sendTimeoutMs: 500 }, { sink }).ended
    const [left, stuck] = [new FakeSink(), new FakeSink(1)]
    const ends = [open(left), open(stuck)]
    expect(channel.subscribers).toBe(2)
    left.disconnect()
    stuck.stall()
    channel.publish('n', 1)
    clock.runTurn()
    clock.advance(500)
    expect((await Promise.all(ends)).map((end) => end.reason)).toEqual(['client-disconnect', 'send-timeout'])
    await turns()
    expect([channel.subscribers, clock.pendingTimers]).toEqual([0, 0])
    channel.publish('n', 2)
    clock.runTurn()
    expect([...left.violations, ...stuck.violations]).toEqual([])
  })

  it('is no subscription when the client has left while the content was made', async () => {
    const { clock, channel } = setUp()
    const made = Promise.withResolvers<Channel>()
    const sink = new FakeSink()
    const { ended } = openStream(() => made.promise, { clock, pingIntervalMs: 0 }, { sink })
    sink.disconnect()
    made.resolve(channel)
    await ended
    await turns()
    expect(channel.subscribers).toBe(0)
  })
})
