import diagnostics from 'node:diagnostics_channel'
import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FakeClock, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { BrokeredLog } from '../../src/channel/brokered-log.ts'
import { Log } from '../../src/channel/log.ts'
import {
  type BrokerFollower,
  type BrokerReading,
  type BrokerRecord,
  Channel,
  MemoryBroker,
} from '../../src/index.ts'
import { describeBroker } from './broker-contract.ts'
import { ChannelReader } from './channel-reader.ts'

describeBroker('memory', () => ({
  trimmingSlack: 0,
  log({ maxLength } = {}) {
    const broker = new MemoryBroker({ maxLength })
    return { process: async () => broker, async [Symbol.asyncDispose]() {} }
  },
}))

describe('a channel with a broker', () => {
  it('takes no compactBy, because no process knows the latest of each key', () => {
    const broker = new MemoryBroker()
    expect(() => new Channel(undefined, { broker, compactBy: () => 'k' })).toThrow(
      expect.objectContaining({ code: 'invalid-option', field: 'compactBy' }),
    )
  })

  it('leaves out what is no event of a channel, and goes on behind it', async () => {
    const broker = new MemoryBroker()
    const channel = new Channel(undefined, { broker, retention: { events: 2 } })
    const first = await channel.publish('n', '1')
    for (const payload of ['', 'no json', '{"name":7}\nx', '{"name":"a\\nb"}\nx'])
      await broker.publish({ payload })
    const early = await new ChannelReader(channel, { lastEventId: first }).placed()
    await channel.publish('n', '2')
    await channel.publish('n', '3')
    await channel.publish('n', '4')
    const late = new ChannelReader(channel, { lastEventId: first })
    for (const reader of [early, late]) (await reader.has(3)).expectData(['2', '3', '4'])
    channel.close()
  })

  it('knows where it is also when its log keeps nothing', async () => {
    const channel = new Channel(undefined, { broker: new MemoryBroker(), retention: { events: 0 } })
    await channel.ready
    const ids = [await channel.publish('n', '1'), await channel.publish('n', '2')]
    expect(channel.retained.events).toBe(0)
    expect(channel.lastEventId).toBe(ids[1])
    const live = await new ChannelReader(channel).placed()
    expect(live.lastEventId).toBe(ids[1])
    const resumed = await new ChannelReader(channel, { lastEventId: ids[0] ?? '' }).has(1)
    await channel.publish('n', '3')
    for (const reader of [live, resumed]) await expect.poll(() => reader.data.at(-1)).toBe('3')
    live.expectData(['3'])
    resumed.expectData(['2', '3'])
    channel.close()
  })

  it('knows the age of events from the broker, not from when they came here', async () => {
    const old = new MemoryBroker({ clock: { ...systemLike(), wallTime: () => Date.now() - 60_000 } })
    await old.publish({ payload: '{"name":"n"}\nold' })
    const channel = new Channel(undefined, { broker: old, retention: { ageMs: 30_000 } })
    await channel.ready
    expect(channel.retained.events).toBe(0)
    channel.close()
  })
})

function systemLike(): { now(): number; schedule(): () => void; nextTurn(callback: () => void): void } {
  return {
    now: () => performance.now(),
    schedule: () => () => {},
    nextTurn: (callback) => setImmediate(callback),
  }
}

/** A log that its followers hear of only when they are let. */
class HeldBroker extends MemoryBroker {
  readonly #held: BrokerRecord[] = []
  #follower: BrokerFollower | undefined

  override follow(follower: BrokerFollower, backlog: number): () => void {
    this.#follower = follower
    return super.follow(
      {
        begin: (page) => follower.begin(page),
        append: (records) => this.#held.push(...records),
        interrupted: () => {},
        recovered: () => {},
      },
      backlog,
    )
  }

  /** Lets so many come, at once. */
  release(count: number): void {
    this.#follower?.append(this.#held.splice(0, count))
  }
}

describe('a reader that is ahead of the log of its process', () => {
  it('gets the rest from the broker, and waits for the log: nothing comes twice', async () => {
    const broker = new HeldBroker()
    const channel = new Channel(undefined, { broker })
    await channel.ready
    const ids: string[] = []
    for (const data of ['1', '2', '3', '4']) ids.push(await channel.publish('n', data))
    const reader = await new ChannelReader(channel, { lastEventId: ids[1] ?? '' }).has(2)
    const atEnd = new ChannelReader(channel, { lastEventId: ids[3] ?? '' })
    await turns()
    broker.release(2)
    await turns()
    broker.release(2)
    await channel.publish('n', '5')
    broker.release(1)
    await reader.has(3)
    await atEnd.has(1)
    reader.expectData(['3', '4', '5'])
    atEnd.expectData(['5'])
    channel.close()
  })

  it.each(Array.from({ length: 12 }, (_, steps) => steps))(
    'finds its place also if the log drops it while it joins, %i steps later',
    async (steps) => {
      const broker = new HeldBroker()
      const channel = new Channel(undefined, { broker, retention: { events: 2 } })
      await channel.ready
      const ids: string[] = []
      for (let n = 1; n <= 9; n++) ids.push(await channel.publish('n', String(n)))
      const reader = new ChannelReader(channel, { lastEventId: ids[8] ?? '' })
      await turns()
      for (let n = 10; n <= 20; n++) await channel.publish('n', String(n))
      const fresh = new ChannelReader(channel, { lastEventId: ids[8] ?? '' })
      broker.release(9)
      for (let step = 0; step < steps; step++) await Promise.resolve()
      broker.release(11)
      for (const one of [reader, fresh])
        (await one.has(11)).expectData(Array.from({ length: 11 }, (_, i) => String(i + 10)))
      channel.close()
    },
  )
})

/** One that cannot be read, or not yet followed. */
class TroubledBroker extends MemoryBroker {
  reads = 0
  readable = true
  follower: BrokerFollower | undefined
  #begin: (() => void) | undefined

  override async read(after: string | undefined, limit: number): Promise<BrokerReading> {
    this.reads++
    if (!this.readable) throw new Error('It cannot be read.')
    return super.read(after, limit)
  }

  override follow(follower: BrokerFollower, backlog: number): () => void {
    this.follower = follower
    this.#begin = () => super.follow(follower, backlog)
    return () => {}
  }

  fill(): void {
    this.#begin?.()
  }
}

/** One that takes its time to read. */
class SlowBroker extends MemoryBroker {
  reads = 0
  atOnce = 0
  #reading = 0

  override async read(after: string | undefined, limit: number): Promise<BrokerReading> {
    this.reads++
    this.atOnce = Math.max(this.atOnce, ++this.#reading)
    await turns()
    this.#reading--
    return super.read(after, limit)
  }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

describe('readers who come back at once', () => {
  it('share a page where they are at one place, and a channel asks for eight at a time', async () => {
    const broker = new SlowBroker()
    const channel = new Channel(undefined, { broker, retention: { events: 1 } })
    await channel.ready
    const ids: string[] = []
    for (let n = 0; n < 60; n++) ids.push(await channel.publish('n', String(n)))
    const same = Array.from({ length: 50 }, () => new ChannelReader(channel, { lastEventId: ids[0] ?? '' }))
    for (const reader of same) (await reader.has(59)).expectData(same[0]?.data ?? [])
    expect([broker.reads, broker.atOnce]).toEqual([1, 1])
    const apart = ids.slice(0, 40).map((lastEventId) => new ChannelReader(channel, { lastEventId }))
    for (const [n, reader] of apart.entries()) await reader.has(59 - n)
    expect([broker.reads, broker.atOnce]).toEqual([41, 8])
    channel.close()
  })
})

describe('a reader that waits', () => {
  it('for the channel to be filled, and leaves, is forgotten: nothing is read for it', async () => {
    const clock = new FakeClock()
    const broker = new TroubledBroker()
    const channel = new Channel(undefined, { broker, clock })
    const gone = Array.from({ length: 10 }, (_, n) => {
      const waiting = [
        new ChannelReader(channel, { start: 'earliest' }),
        new ChannelReader(channel, { lastEventId: `nothing ${n}` }),
        new ChannelReader(channel),
      ]
      for (const { sink } of waiting) sink.disconnect()
      return waiting.map(({ sink }) => new WeakRef(sink))
    }).flat()
    await turns()
    collectGarbage()
    expect(gone.map((sink) => sink.deref())).toEqual(gone.map(() => undefined))
    expect(channel.subscribers).toBe(0)
    broker.fill()
    await channel.ready
    await turns()
    expect([broker.reads, clock.pendingTimers]).toEqual([0, 0])
    channel.close()
  })

  it('for a broker that cannot be read, and leaves, is not read for any more', async () => {
    const clock = new FakeClock()
    const broker = new TroubledBroker()
    const channel = new Channel(undefined, { broker, clock, retention: { events: 1 } })
    const first = await channel.publish('n', '1')
    for (const n of ['2', '3', '4']) await channel.publish('n', n)
    broker.readable = false
    broker.fill()
    const [leaver, stayer] = [0, 0].map(() => new ChannelReader(channel, { lastEventId: first }))
    await turns()
    const states: unknown[] = []
    const onBroker = (message: unknown): void => void states.push((message as { state: unknown }).state)
    diagnostics.subscribe('sse:channel:broker', onBroker)
    await clock.advanceAsync(60_000)
    leaver?.sink.disconnect()
    await turns()
    expect(clock.pendingTimers).toBe(1)
    // Who is still there gets what it waits for; what is told of the broker is true again.
    broker.readable = true
    await clock.advanceAsync(3_000)
    await stayer?.has(3)
    stayer?.expectData(['2', '3', '4'])
    expect(states).toEqual(['following'])
    diagnostics.unsubscribe('sse:channel:broker', onBroker)
    const { reads } = broker
    stayer?.sink.disconnect()
    await clock.advanceAsync(60_000)
    expect([broker.reads, clock.pendingTimers]).toEqual([reads, 0])
    channel.close()
  })

  it.each(Array.from({ length: 8 }, (_, steps) => steps))(
    'and leaves in the middle of a read that fails leaves nothing behind, %i steps later',
    async (steps) => {
      const clock = new FakeClock()
      const broker = new TroubledBroker()
      const channel = new Channel(undefined, { broker, clock })
      broker.readable = false
      broker.fill()
      await channel.ready
      const reader = new ChannelReader(channel, { lastEventId: 'nothing' })
      for (let step = 0; step < steps; step++) await Promise.resolve()
      reader.sink.disconnect()
      await turns()
      expect(clock.pendingTimers).toBe(0)
      channel.close()
    },
  )

  it('listens once for its own leaving, however often it has to try', async () => {
    const clock = new FakeClock()
    const broker = new TroubledBroker()
    broker.readable = false
    const owner = { logVoid: () => {}, logAppended: () => {}, brokerState: () => {} }
    const log = new BrokeredLog(broker, new Log(undefined), owner, clock)
    broker.fill()
    const left = new AbortController()
    const step = log.next({ after: 'nothing' }, left.signal)
    await clock.advanceAsync(60_000)
    expect(broker.reads).toBeGreaterThan(15)
    expect(getEventListeners(left.signal, 'abort').length).toBe(1)
    left.abort()
    expect(await step).toBeUndefined()
    log.close()
  })

  it('for the log to have what the broker has, and leaves, is forgotten', async () => {
    const broker = new HeldBroker()
    const channel = new Channel(undefined, { broker })
    await channel.ready
    const id = await channel.publish('n', '1')
    const gone = (() => {
      const reader = new ChannelReader(channel, { lastEventId: id })
      return new WeakRef(reader.sink)
    })()
    await turns()
    gone.deref()?.disconnect()
    await turns()
    collectGarbage()
    expect(gone.deref()).toBeUndefined()
    channel.close()
  })

  it('hears that the broker can be read, but not that it can be followed', async () => {
    const broker = new TroubledBroker()
    const channel = new Channel(undefined, { broker, name: 'troubled' })
    broker.fill()
    await channel.ready
    const states: unknown[] = []
    const onBroker = (message: unknown): void => void states.push((message as { state: unknown }).state)
    diagnostics.subscribe('sse:channel:broker', onBroker)
    broker.follower?.interrupted(new Error('cut off'))
    await new ChannelReader(channel, { lastEventId: 'nothing' }).has(1)
    expect([broker.reads, states]).toEqual([1, ['interrupted']])
    broker.follower?.recovered()
    expect(states).toEqual(['interrupted', 'following'])
    diagnostics.unsubscribe('sse:channel:broker', onBroker)
    channel.close()
  })

  it('closes with its channel, also after a broker that could not be read', async () => {
    const clock = new FakeClock()
    const broker = new TroubledBroker()
    const channel = new Channel(undefined, { broker, clock })
    broker.readable = false
    broker.fill()
    const reader = new ChannelReader(channel, { lastEventId: 'nothing' })
    await turns()
    expect(clock.pendingTimers).toBe(1)
    channel.close()
    await turns()
    expect([reader.sink.state, clock.pendingTimers, broker.reads]).toEqual(['ended', 0, 1])
  })
})

describe('dedupeKey without a broker', () => {
  it('means the same: one event for one key, while it is retained', () => {
    const channel = new Channel(undefined, { retention: { events: 2 } })
    const first = channel.publish('n', '1', { dedupeKey: 'a' })
    expect(channel.publish('n', '1', { dedupeKey: 'a' })).toBe(first)
    expect(channel.publish('n', '2', { dedupeKey: 'b', id: 'mine' })).toBe('mine')
    expect(channel.publish('n', '2', { dedupeKey: 'b' })).toBe('mine')
    channel.publish('n', '3')
    expect(channel.publish('n', '1', { dedupeKey: 'a' })).not.toBe(first)
  })
})
