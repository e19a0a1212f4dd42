import { describe, expect, it } from 'vitest'
import type { PublishedEvent } from '../src/index.ts'
import { ChannelFixture, dataOf, gapOf, lastIdOf, PING_INTERVAL_MS } from './channel-fixture.ts'
import type { FakeSink } from './fake-sink.ts'

describe('topics', () => {
  it('are compared exactly, and one in common is enough', () => {
    const fixture = new ChannelFixture()
    const wanted = [['a'], ['a', 'b'], ['A'], ['a.*'], []]
    const sinks = wanted.map((topics) => fixture.subscribe({ topics }))
    fixture.say('n', 1, ['a'])
    fixture.say('n', 2, ['b', 'c'])
    fixture.say('n', 3, ['ab'])
    fixture.say('n', 4)
    expect(sinks.map(dataOf)).toEqual([['1'], ['1', '2'], [], [], []])
    expect(sinks.at(-1)?.writes, 'the opening block and the position').toHaveLength(2)
    expect(dataOf(fixture.subscribe({ start: 'earliest' }))).toEqual(['1', '2', '3', '4'])
  })

  it('shares the same bytes among those who want the same, in whatever order they name it', () => {
    const fixture = new ChannelFixture()
    const [a, b, c] = [['x', 'y'], ['y', 'x', 'x'], ['x']].map((topics) => fixture.subscribe({ topics }))
    for (const topic of ['x', 'y', 'z', 'x']) fixture.channel.publish('n', topic, { topics: [topic] })
    fixture.clock.runTurn()
    expect([a, b, c].map((sink) => sink && dataOf(sink))).toEqual([
      ['x', 'y', 'x'],
      ['x', 'y', 'x'],
      ['x', 'x'],
    ])
    expect(b?.writes.at(-1)).toBe(a?.writes.at(-1))
  })

  it('are not taken for others that look alike when they are put together', () => {
    const fixture = new ChannelFixture()
    const wanted = [['a', 'b'], ['a,b'], ['a","b'], []]
    const sinks = wanted.map((topics) => fixture.subscribe({ topics }))
    for (const topic of ['a', 'a,b', 'a","b']) fixture.say('n', topic, [topic])
    expect(sinks.map(dataOf)).toEqual([['a'], ['a,b'], ['a","b'], []])
  })

  it('resume: nothing is lost and nothing comes twice', () => {
    const fixture = new ChannelFixture()
    const first = fixture.subscribe({ topics: ['a'] })
    for (let n = 0; n < 6; n++) fixture.say('n', n, [n % 2 === 0 ? 'a' : 'b'])
    first.disconnect()
    for (let n = 6; n < 10; n++) fixture.say('n', n, [n % 2 === 0 ? 'a' : 'b'])
    const second = fixture.subscribe({ topics: ['a'] }, { lastEventId: lastIdOf(first) })
    expect([dataOf(first), dataOf(second)]).toEqual([
      ['0', '2', '4'],
      ['6', '8'],
    ])
  })

  it('are those that were published with, whatever becomes of the array', () => {
    const fixture = new ChannelFixture()
    const topics = ['a']
    fixture.channel.publish('n', 1, { topics })
    topics[0] = 'b'
    fixture.clock.runTurn()
    expect(dataOf(fixture.subscribe({ start: 'earliest', topics: ['a'] }))).toEqual(['1'])
  })

  it.each(['a', [1], {}])('are refused where they are not strings in an array: %j', (topics) => {
    const { channel } = new ChannelFixture()
    const error = expect.objectContaining({ code: 'invalid-option', field: 'topics' })
    expect(() => channel.subscription({ topics: topics as string[] })).toThrow(error)
    expect(() => channel.publish('n', 1, { topics: topics as string[] })).toThrow(error)
    expect(channel.retained.events).toBe(0)
  })
})

describe('a filter', () => {
  it('sees name, topics, id and data, and the stream has what it returned true for', () => {
    const fixture = new ChannelFixture()
    const seen: PublishedEvent[] = []
    const filter = (event: PublishedEvent): boolean => {
      seen.push(event)
      return event.data.length > 3
    }
    const sink = fixture.subscribe({ filter })
    fixture.channel.publish('price', { at: 'é' }, { id: 'mine', topics: ['t'] })
    fixture.channel.publish('message', 'a\r\nb')
    fixture.channel.publish('n', 12)
    fixture.clock.runTurn()
    expect(seen.map(({ name, topics, id, data }) => ({ name, topics, id, data }))).toEqual([
      { name: 'price', topics: ['t'], id: 'mine', data: '{"at":"é"}' },
      { name: 'message', topics: [], id: undefined, data: 'a\nb' },
      { name: 'n', topics: [], id: undefined, data: '12' },
    ])
    expect(dataOf(sink)).toEqual(['{"at":"é"}'])
  })

  it('is that of its reader alone', () => {
    const fixture = new ChannelFixture()
    const sinks = ['1', '2'].map((wanted) => fixture.subscribe({ filter: ({ data }) => data === wanted }))
    for (const n of [1, 2]) fixture.channel.publish('n', n)
    fixture.clock.runTurn()
    expect(sinks.map(dataOf)).toEqual([['1'], ['2']])
  })

  it('sees data of any length', () => {
    const fixture = new ChannelFixture()
    const sink = fixture.subscribe({ filter: ({ data }) => data.length === 2_000_000 })
    fixture.say('n', 'x'.repeat(2_000_000))
    expect([sink.state, sink.writes.at(-1)?.byteLength]).toEqual(['open', expect.closeTo(2_000_000, -2)])
  })

  it('is asked only about events of its topics', () => {
    const fixture = new ChannelFixture()
    const asked: string[] = []
    fixture.subscribe({ topics: ['a'], filter: ({ data }) => asked.push(data) > 0 })
    fixture.say('n', 1, ['b'])
    fixture.say('n', 2, ['a'])
    expect(asked).toEqual(['2'])
  })

  it('that returns nothing selects nothing', () => {
    const fixture = new ChannelFixture()
    const sink = fixture.subscribe({ filter: (() => {}) as unknown as () => boolean })
    fixture.say('n', 1)
    expect(dataOf(sink)).toEqual([])
  })

  it('resumes after an event that was selected, and after one that was not', () => {
    const fixture = new ChannelFixture()
    const ids = [1, 2, 3, 4].map((n) => fixture.say('n', n))
    const filter = ({ data }: PublishedEvent): boolean => Number(data) % 2 === 0
    for (const lastEventId of ids.slice(0, 3)) {
      const expected = lastEventId === ids[0] ? ['2', '4'] : ['4']
      expect(dataOf(fixture.subscribe({ filter }, { lastEventId }))).toEqual(expected)
    }
  })

  it.each(['live', 'earliest'] as const)('that throws ends its own stream alone (%s)', async (start) => {
    const fixture = new ChannelFixture()
    const boom = new Error('boom')
    const told: unknown[] = []
    const before = fixture.subscribe({ start })
    if (start === 'earliest') fixture.say('n', 0)
    const { ended, sink } = fixture.open(
      {
        start,
        filter: () => {
          throw boom
        },
      },
      {
        options: {
          onError: (error) => {
            told.push(error)
            return { event: 'sorry', data: '' }
          },
        },
      },
    )
    const after = fixture.subscribe({ start })
    fixture.say('n', 1)
    expect(await ended).toMatchObject({ reason: 'error', error: boom })
    expect(told).toEqual([boom])
    expect(sink.events).toMatchObject([{ type: 'sorry' }])
    expect(dataOf(before)).toEqual(dataOf(after))
    expect(dataOf(after).at(-1)).toBe('1')
    expect(fixture.channel.subscribers).toBe(2)
  })

  it('that throws when a stalled stream drains ends it, and delays nobody', async () => {
    const fixture = new ChannelFixture()
    let calls = 0
    const filter = (): boolean => {
      if (++calls > 1) throw new Error('boom')
      return true
    }
    const { sink, ended } = fixture.open({ filter }, { options: { onError: () => {} } })
    sink.stall()
    fixture.say('n', 1)
    fixture.say('n', 2)
    sink.drain()
    expect((await ended).reason).toBe('error')
    expect(sink.violations).toEqual([])
  })

  it.each([undefined, { events: 0 }, { events: 1 }])(
    'that publishes gives nobody an event twice (retention %o)',
    (retention) => {
      const fixture = new ChannelFixture({ retention })
      const all = ['first']
      const filter = (): boolean => {
        const data = `from the filter ${all.length}`
        if (all.length < 4 && all.push(data) > 0) fixture.channel.publish('n', data)
        return true
      }
      const [self, other] = [fixture.subscribe({ filter }), fixture.subscribe()]
      fixture.say('n', 'first')
      for (let n = 0; n < 5; n++) fixture.clock.runTurn()
      expect(all.length).toBeGreaterThan(1)
      expect(dataOf(other)).toEqual(all)
      const got = self.events.filter(({ type }) => type !== 'gap').map(({ data }) => data)
      expect(got).toEqual(all.filter((data) => got.includes(data)))
      // What it drove out of the log itself it is told of.
      expect(got.length === all.length || self.events.some(({ type }) => type === 'gap')).toBe(true)
      expect([...self.violations, ...other.violations]).toEqual([])
    },
  )

  it('that publishes each time is asked about that in the next turn, not for ever', () => {
    const fixture = new ChannelFixture()
    let asked = 0
    const sink = fixture.subscribe({
      filter: () => ++asked < 1_000 && fixture.channel.publish('n', asked) !== '',
    })
    fixture.say('n', 0)
    expect(dataOf(sink)).toEqual(['0'])
    fixture.clock.runTurn()
    expect(dataOf(sink)).toEqual(['0', '1'])
  })

  it('that drives out of the log what it would be asked about next is told of a gap', () => {
    const fixture = new ChannelFixture({ retention: { events: 2 } })
    let more = 4
    const filter = (): boolean => {
      while (more > 0) fixture.channel.publish('n', `more ${more--}`)
      return true
    }
    const sink = fixture.subscribe({ filter })
    for (const n of [1, 2]) fixture.channel.publish('n', n)
    for (let n = 0; n < 3; n++) fixture.clock.runTurn()
    expect(gapOf(sink.events[1]).reason).toBe('lagged')
    expect(dataOf(sink).toSpliced(1, 1)).toEqual(['1', 'more 2', 'more 1'])
    expect(sink.state).toBe('open')
  })

  it('that publishes takes nothing from those who were asked before it', () => {
    const fixture = new ChannelFixture({ retention: { events: 2 } })
    const before = fixture.subscribe()
    fixture.subscribe({ filter: ({ data }) => data !== '1' || fixture.channel.publish('n', 2) !== '' })
    fixture.say('n', 1)
    for (const n of [3, 4]) fixture.channel.publish('n', n)
    fixture.clock.runTurn()
    expect(dataOf(before)).toEqual(['1', '2', '3', '4'])
  })

  it('that throws, with an onError that publishes, is asked once', async () => {
    const fixture = new ChannelFixture({ retention: { events: 0 } })
    let errors = 0
    const { ended } = fixture.open(
      {
        filter: () => {
          throw new Error('boom')
        },
      },
      {
        options: {
          onError: () => {
            if (++errors < 100) fixture.channel.publish('n', 'about the error')
          },
        },
      },
    )
    const other = fixture.subscribe()
    fixture.say('n', 1)
    fixture.clock.runTurn()
    expect([(await ended).reason, errors, dataOf(other)]).toEqual(['error', 1, ['1', 'about the error']])
  })

  it('may close the channel, or let somebody else in', async () => {
    const fixture = new ChannelFixture()
    let late: FakeSink | undefined
    const { sink, ended } = fixture.open({
      filter: () => {
        late ??= fixture.subscribe({ start: 'earliest' })
        fixture.channel.close()
        return true
      },
    })
    fixture.say('n', 1)
    expect(await ended).toMatchObject({ reason: 'complete', events: 1 })
    expect([dataOf(sink), late && dataOf(late), late?.state]).toEqual([['1'], ['1'], 'ended'])
  })
})

describe('a gap with a selection', () => {
  it.each(['topics', 'filter'])('does not say how many were missed (%s)', (which) => {
    const fixture = new ChannelFixture({ retention: { events: 1 } })
    const selection = which === 'topics' ? { topics: ['a'] } : { filter: () => true }
    const zero = fixture.channel.lastEventId
    const slow = fixture.stalled(selection)
    for (let n = 0; n < 4; n++) fixture.say('n', n, ['a'])
    slow.drain()
    expect(gapOf(slow.events[1])).toMatchObject({ reason: 'lagged', missed: null })
    const late = fixture.subscribe(selection, { lastEventId: zero })
    expect(gapOf(late.events[0])).toMatchObject({ reason: 'evicted', missed: null })
  })
})

describe('a reader that was passed over', () => {
  it.each([
    ['nothing it wanted', []],
    ['something it wanted before that, in the same batch', ['a']],
  ])('is told its position by a ping: %s', (_, first) => {
    const fixture = new ChannelFixture({ retention: { events: 2 } })
    const sink = fixture.subscribe({ topics: ['a'] })
    for (const topic of [...first, 'b', 'b', 'b', 'b'])
      fixture.channel.publish('n', topic, { topics: [topic] })
    fixture.clock.runTurn()
    expect(lastIdOf(sink)).not.toBe(fixture.channel.lastEventId)
    fixture.clock.advance(PING_INTERVAL_MS)
    expect(sink.text).toMatch(/: ping - .*\nid: .*\n\n$/)
    expect(lastIdOf(sink)).toBe(fixture.channel.lastEventId)
    expect(dataOf(sink)).toEqual(first)
    sink.disconnect()
    expect(fixture.subscribe({ topics: ['a'] }, { lastEventId: lastIdOf(sink) }).events).toEqual([])
  })

  it('is told once, and not when it knows', () => {
    const fixture = new ChannelFixture()
    const [picky, all] = [fixture.subscribe({ topics: ['a'] }), fixture.subscribe()]
    fixture.say('n', 1, ['b'])
    for (let n = 0; n < 3; n++) fixture.clock.advance(2 * PING_INTERVAL_MS)
    expect(picky.text.match(/: ping.*\nid: /g)).toHaveLength(1)
    expect(all.text.match(/: ping.*\nid: /g)).toBeNull()
  })

  it('keeps the id that a pingMessage has of its own, and is told in a later ping', () => {
    const fixture = new ChannelFixture()
    const ids = ['own', undefined]
    const pingMessage = (): { comment: string; id?: string | undefined } => ({
      comment: 'p',
      id: ids.shift(),
    })
    const sink = fixture.subscribe({ topics: ['a'] }, { options: { pingMessage } })
    fixture.say('n', 1, ['b'])
    fixture.clock.advance(PING_INTERVAL_MS)
    expect(lastIdOf(sink)).toBe('own')
    fixture.clock.advance(PING_INTERVAL_MS)
    expect(lastIdOf(sink)).toBe(fixture.channel.lastEventId)
  })
})
