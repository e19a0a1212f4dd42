import type { ServerSentEvent } from '@sse/core'
import { turns } from '@sse/testing'
import { describe, expect, it, vi } from 'vitest'
import { Channel, type Gap, type LagPolicy, type StreamContext } from '../src/index.ts'
import { ChannelFixture, dataOf, gapOf, lastIdOf, PING_INTERVAL_MS } from './channel-fixture.ts'
import { FakeSink, openStream } from './fake-sink.ts'

const retention = { events: 1 }

/** Publishes more than is retained. */
function overflow(fixture: ChannelFixture): void {
  for (let n = 1; n <= 4; n++) fixture.say('n', n)
}

/** A reader that is told of a gap as soon as it comes. */
const GONE = { lastEventId: 'gone' }

describe("lagPolicy 'gap'", () => {
  it('is the default', () => {
    const fixture = new ChannelFixture({ retention })
    const sink = fixture.stalled()
    overflow(fixture)
    sink.drain()
    expect(gapOf(sink.events[1]).reason).toBe('lagged')
  })
})

describe("lagPolicy 'disconnect'", () => {
  it('ends the stream of who lags, who is told of the gap when it comes back', async () => {
    const fixture = new ChannelFixture({ retention, lagPolicy: 'disconnect' })
    const { sink, ended } = fixture.open()
    sink.stall()
    overflow(fixture)
    sink.drain()
    expect(await ended).toMatchObject({ reason: 'lagged', events: 1 })
    expect([sink.state, sink.violations, fixture.channel.subscribers]).toEqual(['ended', [], 0])
    const back = fixture.subscribe({}, { lastEventId: lastIdOf(sink) })
    expect(gapOf(back.events[0])).toMatchObject({ reason: 'evicted', missed: 2 })
    expect(dataOf(back).slice(1)).toEqual(['4'])
  })

  it('of the subscription goes before that of the channel, and the other way round', async () => {
    const fixture = new ChannelFixture({ retention, lagPolicy: 'disconnect' })
    const [gap, end] = [fixture.open({ lagPolicy: 'gap' }), fixture.open()]
    for (const { sink } of [gap, end]) sink.stall()
    overflow(fixture)
    for (const { sink } of [gap, end]) sink.drain()
    expect(gapOf(gap.sink.events[1]).reason).toBe('lagged')
    expect((await end.ended).reason).toBe('lagged')
  })

  it('is that of a channel which is content itself', async () => {
    const { channel, clock } = new ChannelFixture({ retention, lagPolicy: 'disconnect' })
    const { sink, ended } = openStream(channel, { clock })
    sink.stall()
    for (let n = 0; n < 4; n++) {
      channel.publish('n', n)
      clock.runTurn()
    }
    sink.drain()
    expect((await ended).reason).toBe('lagged')
  })

  it('does not end who reads everything', () => {
    const fixture = new ChannelFixture({ retention: { events: 0 }, lagPolicy: 'disconnect' })
    const sink = fixture.subscribe()
    overflow(fixture)
    expect([sink.state, dataOf(sink)]).toEqual(['open', ['1', '2', '3', '4']])
  })
})

describe('a lagPolicy that is a function', () => {
  it.each<[string, (events: ServerSentEvent[]) => ReturnType<Exclude<LagPolicy, string>>]>([
    ['an array', (events) => events],
    ['a promise', async (events) => events],
    ['a generator', (events) => events.values()],
  ])('supplies what was missed in place of the gap: %s', async (_, give) => {
    const gaps: Gap[] = []
    const lagPolicy = vi.fn((gap: Gap) => {
      gaps.push(gap)
      return give([{ event: 'state', data: 's1' }, { data: 's2' }])
    })
    const fixture = new ChannelFixture({ retention, lagPolicy })
    overflow(fixture)
    const position = fixture.channel.lastEventId
    const sink = fixture.subscribe({}, GONE)
    fixture.say('n', 'meanwhile')
    expect(dataOf(sink)).toEqual([])
    await turns()
    expect(dataOf(sink)).toEqual(['s1', 's2', 'meanwhile'])
    expect(gaps).toEqual([{ reason: 'unknown-id', requestedId: 'gone', resumedAtId: position, missed: null }])
    expect(sink.text).toContain(`data: s2\n\nid: ${position}\n\n`)
    // Until it is up to date it has the position that it had.
    expect(sink.events.slice(0, 2).map(({ lastEventId }) => lastEventId)).toEqual(['', ''])
  })

  it('is called for who lags while it is connected', async () => {
    const lagPolicy = vi.fn((gap: Gap) => [{ data: `missed ${gap.missed}` }])
    const fixture = new ChannelFixture({ retention, lagPolicy })
    const sink = fixture.stalled()
    overflow(fixture)
    sink.drain()
    await turns()
    fixture.say('n', 5)
    expect(dataOf(sink)).toEqual(['1', 'missed 2', '5'])
    expect(lagPolicy).toHaveBeenCalledOnce()
  })

  it.each<[string, () => never | Promise<never>]>([
    ['throws', () => fail()],
    ['rejects', async () => fail()],
    ['returns nothing that can be sent', () => undefined as never],
    ['returns what cannot be encoded', () => [{ event: 'a\nb', data: '' }] as never],
  ])('that %s ends the stream with the error', async (_, lagPolicy) => {
    const fixture = new ChannelFixture({ retention, lagPolicy })
    const onError = vi.fn(() => ({ event: 'sorry', data: '' }))
    const { sink, ended } = fixture.open({}, { ...GONE, options: { onError } })
    const other = fixture.subscribe()
    fixture.say('n', 1)
    expect(await ended).toMatchObject({ reason: 'error', error: expect.any(Error) })
    expect(onError).toHaveBeenCalledOnce()
    expect(sink.events).toMatchObject([{ type: 'sorry' }])
    expect([dataOf(other), fixture.channel.subscribers]).toEqual([['1'], 1])
  })

  it('may return many events: they wait for a slow reader', async () => {
    let given = 0
    const lagPolicy = function* (): Iterable<ServerSentEvent> {
      for (; given < 1_000; given++) yield { data: `s${given}` }
    }
    const fixture = new ChannelFixture({ retention, lagPolicy })
    const sink = fixture.stalled({}, GONE)
    await turns()
    const taken = given
    expect(taken).toBeLessThan(3)
    fixture.say('n', 'live')
    sink.drain()
    for (let n = 0; n < 40; n++) await turns()
    expect(dataOf(sink)).toHaveLength(1_001)
    expect(dataOf(sink).at(-1)).toBe('live')
    expect(sink.violations).toEqual([])
  })

  it('is let go of when the stream ends on the way', async () => {
    const log: string[] = []
    const lagPolicy = function* (): Iterable<ServerSentEvent> {
      try {
        for (;;) yield { data: 's' }
      } finally {
        log.push('finally')
      }
    }
    const fixture = new ChannelFixture({ retention, lagPolicy })
    const { sink, ended } = fixture.open({}, GONE)
    sink.stall()
    await turns()
    sink.disconnect()
    expect((await ended).reason).toBe('client-disconnect')
    await turns()
    expect([log, sink.violations, fixture.channel.subscribers]).toEqual([['finally'], [], 0])
  })

  it('that settles after the end writes nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<ServerSentEvent[]>()
    const fixture = new ChannelFixture({ retention, lagPolicy: () => promise })
    const { sink, ended } = fixture.open({}, GONE)
    sink.disconnect()
    resolve([{ data: 'late' }])
    await ended
    await turns()
    expect([sink.events, sink.violations]).toEqual([[], []])
  })

  it('does not write to a stream that a ping has filled meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<ServerSentEvent[]>()
    const fixture = new ChannelFixture({ retention, lagPolicy: () => promise })
    const sink = fixture.stalled({}, GONE)
    fixture.clock.advance(PING_INTERVAL_MS)
    expect(sink.full).toBe(true)
    resolve([{ data: 's' }])
    await turns()
    expect([sink.events, sink.violations]).toEqual([[], []])
    sink.drain()
    await turns()
    expect([dataOf(sink), sink.violations]).toEqual([['s'], []])
  })

  it.each([0, 1, 2, 3, 4, 5, 6])('does not either when it was filled %i microtasks later', async (ticks) => {
    const fixture = new ChannelFixture({ retention, lagPolicy: () => [{ data: 's1' }, { data: 's2' }] })
    const context = Promise.withResolvers<StreamContext<undefined>>()
    const options = { dataSender: async (made: StreamContext<undefined>) => context.resolve(made) }
    const sink = fixture.stalled({}, { ...GONE, options, sink: new FakeSink(200) })
    const { send } = await context.promise
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
    void send({ data: 'x'.repeat(200) })
    expect(sink.full).toBe(true)
    await turns()
    sink.drain()
    await turns()
    expect(dataOf(sink).filter((data) => data.startsWith('s'))).toEqual(['s1', 's2'])
    expect(sink.violations).toEqual([])
  })

  it('finishes before the channel that closes meanwhile ends the stream', async () => {
    const { promise, resolve } = Promise.withResolvers<ServerSentEvent[]>()
    const fixture = new ChannelFixture({ retention, lagPolicy: () => promise })
    const { sink, ended } = fixture.open({}, GONE)
    fixture.channel.publish('n', 'last')
    fixture.channel.close()
    expect(sink.state).toBe('open')
    resolve([{ data: 's' }])
    expect(await ended).toMatchObject({ reason: 'complete', events: 2 })
    expect(dataOf(sink)).toEqual(['s', 'last'])
  })

  it('is called again for what was dropped while it worked', async () => {
    const calls: Gap[] = []
    const fixture = new ChannelFixture({
      retention,
      lagPolicy: async (gap) => [{ data: `s${calls.push(gap)}` }],
    })
    const sink = fixture.subscribe({}, GONE)
    overflow(fixture)
    await turns()
    expect(dataOf(sink)).toEqual(['s1', 's2'])
    expect(calls.map(({ reason }) => reason)).toEqual(['unknown-id', 'lagged'])
    expect(lastIdOf(sink)).toBe(fixture.channel.lastEventId)
  })

  it('supplies the state where keys were given up; what comes meanwhile is compacted, and no reason to ask again', async () => {
    const gaps: Gap[] = []
    const fixture = new ChannelFixture({
      compactBy: ({ data }) => String(data).slice(0, 1),
      retention: { events: 0, keys: 2 },
      lagPolicy: (gap) => {
        gaps.push(gap)
        return [{ data: 'state' }]
      },
    })
    for (const data of ['a1', 'b1', 'c1']) fixture.say('n', data)
    const resumedAtId = fixture.channel.lastEventId
    const sink = fixture.subscribe({ start: 'snapshot' })
    for (const data of ['b2', 'c2', 'b3']) fixture.say('n', data)
    await turns()
    fixture.say('n', 'c3')
    expect(dataOf(sink)).toEqual(['state', 'c2', 'b3', 'c3'])
    expect(gaps).toEqual([{ reason: 'evicted', requestedId: null, resumedAtId, missed: null }])
  })

  it('may publish', async () => {
    const fixture = new ChannelFixture({
      retention,
      lagPolicy: () => {
        fixture.channel.publish('n', 'from the policy')
        return [{ data: 's' }]
      },
    })
    const sink = fixture.subscribe({}, GONE)
    fixture.clock.runTurn()
    await turns()
    expect(dataOf(sink)).toEqual(['s', 'from the policy'])
  })
})

it.each(['drop', 1, null])('a lagPolicy that is none is refused: %j', (lagPolicy) => {
  const error = expect.objectContaining({ code: 'invalid-option', field: 'lagPolicy' })
  const refused = lagPolicy as unknown as LagPolicy
  expect(() => new Channel(undefined, { lagPolicy: refused })).toThrow(error)
  if (lagPolicy !== null) expect(() => new Channel().subscription({ lagPolicy: refused })).toThrow(error)
})

function fail(): never {
  throw new Error('The database is down.')
}
