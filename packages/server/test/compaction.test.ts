import { FakeClock } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { Channel, type CompactedEvent, type UntypedEvents } from '../src/index.ts'
import { ChannelFixture, dataOf, gapOf, lastIdOf, PING_INTERVAL_MS } from './channel-fixture.ts'
import { FakeSink } from './fake-sink.ts'

/** Data is `<key><version>`, and what follows a space is ballast. */
function compactBy({ data }: CompactedEvent<UntypedEvents>): string {
  return String(data).slice(0, 1)
}

function versions(sink: FakeSink): string[] {
  return dataOf(sink).map((data) => data.slice(0, 2))
}

const BALLAST = 'x'.repeat(40_000)

describe('a snapshot', () => {
  it.each([{ events: 10_000 }, { events: 2 }, { events: 0 }])(
    'is the latest event of each key in the order of publishing, then what comes (retention %o)',
    (retention) => {
      const fixture = new ChannelFixture({ compactBy, retention })
      for (const data of ['a1', 'b1', 'a2', 'c1', 'b2']) fixture.say('n', data)
      fixture.channel.publish('n', 'd1')
      const sink = fixture.subscribe({ start: 'snapshot' })
      expect(versions(sink)).toEqual(['a2', 'c1', 'b2', 'd1'])
      fixture.clock.runTurn()
      fixture.say('n', 'a3')
      expect(versions(sink)).toEqual(['a2', 'c1', 'b2', 'd1', 'a3'])
    },
  )

  it('of an empty channel is empty', () => {
    const fixture = new ChannelFixture({ compactBy })
    const sink = fixture.subscribe({ start: 'snapshot' })
    fixture.say('n', 'a1')
    expect(versions(sink)).toEqual(['a1'])
  })

  it('larger than a batch waits for a slow reader, who gets what was renewed meanwhile once and last', () => {
    const fixture = new ChannelFixture({ compactBy, retention: { events: 1 } })
    for (const key of 'abcdef') fixture.say('n', `${key}1 ${BALLAST}`)
    const sink = fixture.stalled({ start: 'snapshot' }, { sink: stalledFromStart() })
    expect(versions(sink)).toEqual(['a1'])
    fixture.say('n', 'c2')
    fixture.say('n', 'a2')
    for (let n = 0; n < 10; n++) sink.sip()
    expect(versions(sink)).toEqual(['a1', 'b1', 'd1', 'e1', 'f1', 'c2', 'a2'])
    expect(sink.violations).toEqual([])
  })

  it('of events that are each larger than a batch is whole', () => {
    const fixture = new ChannelFixture({ compactBy, retention: { events: 0 } })
    for (const key of 'abc') fixture.say('n', `${key}1 ${BALLAST}${BALLAST}`)
    expect(versions(fixture.subscribe({ start: 'snapshot' }))).toEqual(['a1', 'b1', 'c1'])
  })

  it('that breaks off is resumed where it was', () => {
    const fixture = new ChannelFixture({ compactBy, retention: { events: 1 } })
    for (const key of 'abcdef') fixture.say('n', `${key}1 ${BALLAST}`)
    const first = fixture.stalled({ start: 'snapshot' }, { sink: stalledFromStart() })
    first.sip()
    first.disconnect()
    fixture.say('n', 'd2')
    const second = fixture.subscribe({ start: 'snapshot' }, { lastEventId: lastIdOf(first) })
    expect([versions(first), versions(second)]).toEqual([
      ['a1', 'b1'],
      ['c1', 'e1', 'f1', 'd2'],
    ])
  })

  it('has the topics that its reader wants', () => {
    const fixture = new ChannelFixture({ compactBy, retention: { events: 1 } })
    fixture.say('n', 'a1', ['x'])
    fixture.say('n', 'b1', ['y'])
    fixture.say('n', 'c1', ['x', 'y'])
    fixture.say('n', 'd1', ['z'])
    const sink = fixture.subscribe({ start: 'snapshot', topics: ['x'] })
    expect(versions(sink)).toEqual(['a1', 'c1'])
    const all = fixture.subscribe({ start: 'snapshot' })
    expect(lastIdOf(sink)).not.toBe(fixture.channel.lastEventId)
    fixture.clock.advance(PING_INTERVAL_MS)
    expect(lastIdOf(sink)).toBe(fixture.channel.lastEventId)
    // Who was given the last event knows where it is.
    expect(all.text).toMatch(/: ping - \S+\n\n$/)
  })

  it('is refused by a channel without compactBy', () => {
    const channel = new Channel()
    expect(() => channel.subscription({ start: 'snapshot' })).toThrow(
      expect.objectContaining({ code: 'invalid-option', field: 'start' }),
    )
  })
})

describe('a reader of a channel with compactBy', () => {
  it('who comes back late gets the latest event of each key, and no gap', () => {
    const fixture = new ChannelFixture({ compactBy, retention: { events: 1 } })
    const [id] = ['a1', 'b1', 'b2', 'c1', 'a2', 'c2'].map((data) => fixture.say('n', data))
    expect(versions(fixture.subscribe({}, { lastEventId: id as string }))).toEqual(['b2', 'a2', 'c2'])
  })

  it('who comes back in time gets the history', () => {
    const fixture = new ChannelFixture({ compactBy, retention: { events: 3 } })
    const [id] = ['a1', 'b1', 'b2', 'a2'].map((data) => fixture.say('n', data))
    expect(versions(fixture.subscribe({}, { lastEventId: id as string }))).toEqual(['b1', 'b2', 'a2'])
  })

  it('who lags gets the latest event of each key, and no gap', () => {
    const fixture = new ChannelFixture({ compactBy, retention: { events: 1 } })
    const sink = fixture.stalled()
    for (const data of ['a1', 'b1', 'b2', 'c1', 'a2', 'b3']) fixture.say('n', data)
    expect(versions(sink)).toEqual(['a1'])
    sink.drain()
    expect(versions(sink)).toEqual(['a1', 'c1', 'a2', 'b3'])
    fixture.say('n', 'b4')
    expect(versions(sink).at(-1)).toBe('b4')
  })

  it('of a former life is told so, and then has the whole state', () => {
    const former = new ChannelFixture({ compactBy })
    const lastEventId = former.say('n', 'a1')
    const fixture = new ChannelFixture({ compactBy })
    for (const data of ['a1', 'b1', 'a2']) fixture.say('n', data)
    const { events } = fixture.subscribe({}, { lastEventId })
    expect(gapOf(events[0])).toMatchObject({ reason: 'restarted', missed: null })
    expect(events.slice(1).map(({ data }) => data)).toEqual(['b1', 'a2'])
  })
})

describe('the bound on keys', () => {
  const bounded = (): ChannelFixture => new ChannelFixture({ compactBy, retention: { events: 1, keys: 2 } })

  it('tells those who cannot have the whole state, once', () => {
    const fixture = bounded()
    const ids = ['a1', 'b1', 'c1', 'd1'].map((data) => fixture.say('n', data))
    for (const connection of [{}, { lastEventId: ids[0] as string }]) {
      const sink = fixture.subscribe({ start: 'snapshot' }, connection)
      expect(gapOf(sink.events[0])).toMatchObject({ reason: 'evicted', missed: null, resumedAtId: ids[1] })
      expect(versions(sink).slice(1)).toEqual(['c1', 'd1'])
    }
    // Behind the gap, and from where the state is whole, nothing is missing.
    expect(versions(fixture.subscribe({}, { lastEventId: ids[1] as string }))).toEqual(['c1', 'd1'])
  })

  it('is not what a renewed key counts against', () => {
    const fixture = bounded()
    for (const data of ['a1', 'b1', 'a2', 'b2', 'a3']) fixture.say('n', data)
    expect(versions(fixture.subscribe({ start: 'snapshot' }))).toEqual(['b2', 'a3'])
  })

  it('tells a reader whose snapshot stalled while a key was given up that it had not read', () => {
    const fixture = new ChannelFixture({ compactBy, retention: { events: 1, keys: 3 } })
    for (const key of 'abc') fixture.say('n', `${key}1 ${BALLAST}`)
    const sink = fixture.stalled({ start: 'snapshot' }, { sink: stalledFromStart() })
    for (const data of ['d1', 'e1', 'f1']) fixture.say('n', data)
    for (let n = 0; n < 10; n++) sink.sip()
    expect(sink.events.map(({ type }) => type)).toEqual(['n', 'gap', 'n', 'n', 'n'])
    expect(gapOf(sink.events[1])).toMatchObject({ reason: 'lagged', missed: null })
    expect(versions(sink).slice(2)).toEqual(['d1', 'e1', 'f1'])
  })

  it('loses nothing that the log still has', () => {
    const fixture = new ChannelFixture({ compactBy, retention: { keys: 1 } })
    for (const data of ['a1', 'b1', 'c1']) fixture.say('n', data)
    expect(versions(fixture.subscribe({ start: 'snapshot' }))).toEqual(['a1', 'b1', 'c1'])
  })

  it.each([0, 1])('can be %i', (keys) => {
    const fixture = new ChannelFixture({ compactBy, retention: { events: 0, keys } })
    fixture.say('n', 'a1')
    fixture.say('n', 'b1')
    const sink = fixture.subscribe({ start: 'snapshot' })
    expect(gapOf(sink.events[0]).reason).toBe('evicted')
    expect(versions(sink).slice(1)).toEqual(keys === 0 ? [] : ['b1'])
    fixture.say('n', 'c1')
    expect(versions(sink).at(-1)).toBe('c1')
  })

  it('is 10,000 by default', () => {
    const fixture = new ChannelFixture({ compactBy: ({ data }) => String(data), retention: { events: 0 } })
    const first = (): string | undefined => fixture.subscribe({ start: 'snapshot' }).events[0]?.type
    for (let n = 0; n < 10_000; n++) fixture.channel.publish('n', n)
    expect(first()).toBe('n')
    fixture.channel.publish('n', 10_000)
    expect(first()).toBe('gap')
  })

  it.each([-1, 1.5, Number.NaN])('is refused: %d', (keys) => {
    expect(() => new Channel(undefined, { retention: { keys } })).toThrow(
      expect.objectContaining({ code: 'invalid-option', field: 'retention.keys' }),
    )
  })
})

describe('compactBy', () => {
  it.each([undefined, 1, null, {}])('that returns no string publishes nothing: %j', (key) => {
    const clock = new FakeClock({ turns: 'manual' })
    const channel = new Channel(undefined, { clock, compactBy: () => key as unknown as string })
    const before = channel.lastEventId
    expect(() => channel.publish('n', 1)).toThrow(
      expect.objectContaining({ code: 'invalid-option', field: 'compactBy' }),
    )
    expect([channel.lastEventId, channel.retained.events, clock.pendingTurn]).toEqual([before, 0, 0])
  })

  it('that throws publishes nothing', () => {
    const boom = new Error('boom')
    const channel = new Channel(undefined, {
      compactBy: () => {
        throw boom
      },
    })
    expect(() => channel.publish('n', 1)).toThrow(boom)
    expect(channel.retained.events).toBe(0)
  })

  it('that publishes, and toJSON that does, take offsets and ids of their own', () => {
    let inner = 0
    let dataIsAudited = false
    const fixture = new ChannelFixture({
      compactBy: ({ data }) => {
        if (data === 'outer') fixture.channel.publish('n', 'inner', { id: 'inner' })
        return String(inner++)
      },
    })
    const sink = fixture.subscribe()
    fixture.channel.publish('n', 'outer')
    // It is called more than once.
    const toJSON = (): string => {
      if (!dataIsAudited) fixture.channel.publish('n', 'audit')
      dataIsAudited = true
      return 'published'
    }
    fixture.channel.publish('n', { toJSON })
    fixture.clock.runTurn()
    expect(dataOf(sink)).toEqual(['inner', 'outer', 'audit', '"published"'])
    expect(new Set(sink.events.map(({ lastEventId }) => lastEventId)).size).toBe(4)
    expect(() => fixture.channel.publish('n', 'outer', { id: 'inner' })).toThrow(
      expect.objectContaining({ code: 'duplicate-id' }),
    )
  })
})

/** A client that is full with the first events that it gets. */
function stalledFromStart(): FakeSink {
  const sink = new FakeSink(1_000)
  sink.stall()
  return sink
}
