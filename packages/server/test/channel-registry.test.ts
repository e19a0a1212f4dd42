import { FakeClock, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { Channel, ChannelRegistry, type ChannelRegistryOptions } from '../src/index.ts'
import { type FakeSink, openStream } from './fake-sink.ts'

const IDLE_MS = 1_000

function setUp(options: ChannelRegistryOptions = {}): {
  clock: FakeClock
  made: string[]
  registry: ChannelRegistry
  listen: (name: string) => FakeSink
} {
  const clock = new FakeClock({ turns: 'manual' })
  const made: string[] = []
  const create = (name: string): Channel => {
    made.push(name)
    return new Channel(undefined, { clock })
  }
  const registry = new ChannelRegistry(create, { idleMs: IDLE_MS, clock, ...options })
  const listen = (name: string): FakeSink => openStream(registry.get(name), { clock, pingIntervalMs: 0 }).sink
  return { clock, made, registry, listen }
}

const names = (registry: ChannelRegistry): string[] => Array.from(registry, ([name]) => name)

describe('a registry of channels', () => {
  it('makes a channel when it is first asked for, and gives the same one while it is there', () => {
    const { made, registry } = setUp()
    expect([registry.size, registry.peek('a')]).toEqual([0, undefined])
    const channel = registry.get('a')
    expect([registry.get('a'), registry.peek('a')]).toEqual([channel, channel])
    expect(registry.get('__proto__')).not.toBe(channel)
    expect(made).toEqual(['a', '__proto__'])
    expect([...registry]).toEqual([
      ['a', channel],
      ['__proto__', registry.peek('__proto__')],
    ])
  })

  it('closes a channel that nobody asked for and nobody listened to, and makes a new one after that', () => {
    const { clock, made, registry } = setUp()
    const idle = registry.get('idle')
    registry.get('used')
    clock.advance(IDLE_MS - 1)
    expect(registry.get('used')).toBe(registry.peek('used'))
    expect(registry.peek('idle')).toBe(idle)
    clock.advance(1)
    expect(names(registry)).toEqual(['used'])
    expect(() => idle.publish('n', 1)).toThrow(expect.objectContaining({ code: 'channel-closed' }))
    expect(registry.get('idle')).not.toBe(idle)
    expect(made).toEqual(['idle', 'used', 'idle'])
  })

  it('does not take a look for use', () => {
    const { clock, registry } = setUp()
    registry.get('a')
    clock.advance(IDLE_MS - 1)
    registry.peek('a')
    clock.advance(1)
    expect(registry.size).toBe(0)
  })

  it('never closes one that is listened to, and counts its idleness from then on', async () => {
    const { clock, registry, listen } = setUp()
    const sink = listen('a')
    clock.advance(100 * IDLE_MS)
    expect(names(registry)).toEqual(['a'])
    sink.disconnect()
    await turns()
    clock.advance(IDLE_MS - 1)
    expect(sink.violations).toEqual([])
    expect(registry.size).toBe(1)
    clock.advance(IDLE_MS)
    expect(registry.size).toBe(0)
  })

  it.each([0, 3])(
    'does not close one whose last listener has just left, after %i looks at it',
    async (looks) => {
      const { clock, registry, listen } = setUp()
      const sinks = [listen('a'), listen('a')]
      clock.advance((looks + 1) * IDLE_MS - 1)
      for (const sink of sinks) sink.disconnect()
      await turns()
      clock.advance(IDLE_MS - 1)
      expect(registry.size).toBe(1)
      clock.advance(IDLE_MS)
      expect(registry.size).toBe(0)
    },
  )

  it('leaves no timer when it is empty', () => {
    const { clock, registry } = setUp()
    registry.get('a')
    registry.get('b')
    expect(clock.pendingTimers).toBe(1)
    clock.advance(10 * IDLE_MS)
    expect([registry.size, clock.pendingTimers]).toEqual([0, 0])
    registry.get('a')
    clock.advance(IDLE_MS)
    expect([registry.size, clock.pendingTimers]).toEqual([0, 0])
  })

  it('that is full closes the one whose use is the longest ago, but none that is listened to', () => {
    const { registry, listen } = setUp({ max: 3 })
    const listened = listen('listened')
    for (const name of ['a', 'b', 'a', 'c']) registry.get(name)
    expect(names(registry)).toEqual(['listened', 'a', 'c'])
    expect(listened.state).toBe('open')
  })

  it('that is full of channels with listeners refuses another, and still gives those', () => {
    const { made, registry, listen } = setUp({ max: 2 })
    listen('a')
    listen('b')
    expect(() => registry.get('c')).toThrow(
      expect.objectContaining({ name: 'SseError', code: 'too-many-channels' }),
    )
    expect(registry.get('a')).toBe(registry.peek('a'))
    expect(made).toEqual(['a', 'b'])
  })

  it('forgets a channel that the application closes, at once, and makes a new one', () => {
    const { made, registry, listen } = setUp({ max: 1 })
    const stalled = listen('a')
    stalled.stall()
    const closed = registry.get('a')
    for (let n = 0; n < 2; n++) closed.publish('n', n)
    closed.close()
    expect([registry.size, registry.peek('a'), names(registry)]).toEqual([0, undefined, []])
    const fresh = registry.get('a')
    expect([fresh.publish('n', 1), made]).toEqual([expect.stringMatching(/-1$/), ['a', 'a']])
    // The readers of the old one still take what is left; that it is closed again is nothing to the new one.
    closed.close()
    stalled.drain()
    expect([registry.peek('a'), stalled.events.length]).toEqual([fresh, 2])
  })

  it('stays within its bound when a channel asks for others while it is made', () => {
    const clock = new FakeClock({ turns: 'manual' })
    const registry: ChannelRegistry = new ChannelRegistry(
      (name) => {
        if (name.length < 5) registry.get(`${name}+`)
        return new Channel(undefined, { clock })
      },
      { clock, max: 3 },
    )
    registry.get('unused')
    expect(() => registry.get('a')).toThrow(expect.objectContaining({ code: 'too-many-channels' }))
    registry.get('abc')
    expect(names(registry)).toEqual(['abc++', 'abc+', 'abc'])
    registry.get('abcd')
    expect(names(registry)).toEqual(['abc', 'abcd+', 'abcd'])
  })

  it('keeps nothing of a channel that could not be made', () => {
    const clock = new FakeClock({ turns: 'manual' })
    const registry = new ChannelRegistry(
      () => {
        throw new Error('no such room')
      },
      { clock },
    )
    expect(() => registry.get('a')).toThrow('no such room')
    expect([registry.size, clock.pendingTimers]).toEqual([0, 0])
  })

  it('is closed with all its channels, and can be used again', () => {
    const { clock, registry, listen } = setUp()
    const sinks = [listen('a'), listen('b')]
    registry.close()
    expect(sinks.map(({ state }) => state)).toEqual(['ended', 'ended'])
    expect([registry.size, clock.pendingTimers]).toEqual([0, 0])
    expect(registry.get('a').publish('n', 1)).toMatch(/-1$/)
    clock.advance(IDLE_MS)
    expect(registry.size).toBe(0)
  })

  it('lets go of one that was closed when it was made, as of any other', () => {
    const clock = new FakeClock({ turns: 'manual' })
    const closed = new Channel()
    closed.close()
    const registry = new ChannelRegistry(() => closed, { idleMs: IDLE_MS, clock })
    registry.get('a')
    clock.advance(IDLE_MS)
    expect([registry.size, clock.pendingTimers]).toEqual([0, 0])
  })

  it('stays within its bound, whatever names clients think of', () => {
    const { clock, made, registry } = setUp({ max: 100 })
    for (let n = 0; n < 100_000; n++) registry.get(`name ${n}`)
    expect([registry.size, made.length, clock.pendingTimers]).toEqual([100, 100_000, 1])
    expect(names(registry).at(0)).toBe('name 99900')
  })

  it('has room for 10,000 channels, and five minutes of patience, by default', () => {
    const { clock, registry } = setUp({ idleMs: undefined })
    for (let n = 0; n < 10_001; n++) registry.get(`name ${n}`)
    expect(registry.size).toBe(10_000)
    clock.advance(5 * 60_000 - 1)
    expect(registry.size).toBe(10_000)
    clock.advance(1)
    expect(registry.size).toBe(0)
  })

  it.each([
    [{ max: -1 }, 'max'],
    [{ max: 1.5 }, 'max'],
    [{ idleMs: -1 }, 'idleMs'],
    [{ idleMs: Number.POSITIVE_INFINITY }, 'idleMs'],
  ])('refuses %o', (options, field) => {
    expect(() => setUp(options)).toThrow(expect.objectContaining({ code: 'invalid-option', field }))
  })
})
