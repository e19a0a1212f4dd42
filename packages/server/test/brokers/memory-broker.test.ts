import { turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { type BrokerFollower, type BrokerRecord, Channel, MemoryBroker } from '../../src/index.ts'
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
    await expect.poll(() => channel.retained.events).toBe(0)
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
