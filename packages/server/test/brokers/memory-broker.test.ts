import { describe, expect, it } from 'vitest'
import { Channel, MemoryBroker } from '../../src/index.ts'
import { eventually } from '../eventually.ts'
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

  it('knows the age of events from the broker, not from when they came here', async () => {
    const old = new MemoryBroker({ clock: { ...systemLike(), wallTime: () => Date.now() - 60_000 } })
    await old.publish({ payload: '{"name":"n"}\nold' })
    const channel = new Channel(undefined, { broker: old, retention: { ageMs: 30_000 } })
    await channel.ready
    await eventually(() => channel.retained.events === 0, 'what is too old is not kept')
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
