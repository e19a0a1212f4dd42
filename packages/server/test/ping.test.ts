import { FakeClock, turns } from '@sse/testing'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { EventSourceResponse, type StreamContext } from '../src/index.ts'
import { cancelPings, schedulePings } from '../src/stream/ping-schedule.ts'
import { FakeSink, never, openStream } from './fake-sink.ts'
import { RawClient } from './raw-client.ts'
import { StreamServer } from './stream-server.ts'

const INTERVAL = 1_600
const SLOT = INTERVAL / 16

/** A stream whose source waits, and a way to write on it. */
async function openIdle(
  clock: FakeClock,
  options: Parameters<typeof openStream>[1] = {},
): Promise<{ sink: FakeSink; pings: () => number; context: StreamContext<undefined> }> {
  const made = Promise.withResolvers<StreamContext<undefined>>()
  const { sink } = openStream(
    (ctx) => {
      made.resolve(ctx)
      return never()
    },
    { clock, pingIntervalMs: INTERVAL, pingMessage: () => ({ comment: 'ping' }), ...options },
  )
  return { sink, pings: () => sink.text.split(': ping\n\n').length - 1, context: await made.promise }
}

describe('pings', () => {
  it('come once for each interval of silence', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { pings } = await openIdle(clock)
    clock.advance(INTERVAL - 1)
    expect(pings()).toBe(0)
    clock.advance(1)
    expect(pings()).toBe(1)
    clock.advance(INTERVAL - 1)
    expect(pings()).toBe(1)
    clock.advance(1)
    expect(pings()).toBe(2)
    clock.advance(10 * INTERVAL)
    expect(pings()).toBe(12)
  })

  it('do not come while events flow, and come again when they stop', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { pings, context } = await openIdle(clock)
    for (let i = 0; i < 20; i++) {
      clock.advance(INTERVAL - 1)
      await context.send({ data: String(i) })
    }
    expect(pings()).toBe(0)
    clock.advance(INTERVAL - 1)
    expect(pings()).toBe(0)
    clock.advance(1 + SLOT)
    expect(pings()).toBe(1)
  })

  it('are a comment with the time by default', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { sink } = await openIdle(clock, { pingMessage: undefined })
    clock.advance(INTERVAL)
    expect(sink.text).toMatch(/\n\n: ping - 2026-01-01T00:00:01\.600Z\n\n$/)
  })

  it('are what pingMessage makes, and not counted as events', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { sink, ended } = openStream(never(), {
      clock,
      pingIntervalMs: INTERVAL,
      pingMessage: () => ({ event: 'ping', data: { at: clock.now() } }),
    })
    clock.advance(INTERVAL)
    expect(sink.events).toEqual([{ type: 'ping', data: '{"at":1600}', lastEventId: '' }])
    sink.disconnect()
    await turns()
    clock.runTurn()
    expect(await ended).toMatchObject({ events: 0, bytes: Buffer.concat(sink.writes).length })
  })

  it("come at a fixed cadence, whatever flows, where pingWhen is 'always'", async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { pings, context } = await openIdle(clock, { pingWhen: 'always' })
    for (let i = 0; i < 40; i++) {
      clock.advance(INTERVAL / 4)
      await context.send({ data: String(i) })
    }
    expect(pings()).toBe(10)
    clock.advance(10 * INTERVAL)
    expect(pings()).toBe(20)
  })

  it.each([0, false] as const)('are off at %s', async (pingIntervalMs) => {
    const clock = new FakeClock({ turns: 'manual' })
    const { sink } = await openIdle(clock, { pingIntervalMs })
    clock.advance(1e6)
    expect([sink.writes.length, clock.scheduled]).toEqual([1, 0])
  })

  it('come every 15 seconds by default', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { pings } = await openIdle(clock, { pingIntervalMs: undefined })
    clock.advance(14_999)
    expect(pings()).toBe(0)
    clock.advance(1)
    expect(pings()).toBe(1)
  })

  it('end with the stream, and leave no timer', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const streams = [await openIdle(clock), await openIdle(clock)]
    expect(clock.pendingTimers).toBe(1)
    streams[0]?.sink.disconnect()
    expect(clock.pendingTimers).toBe(1)
    streams[1]?.sink.disconnect()
    expect(clock.pendingTimers).toBe(0)
    clock.advance(10 * INTERVAL)
    expect(streams.map(({ pings }) => pings())).toEqual([0, 0])
  })

  it('begin again after all streams of the clock had ended', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const first = await openIdle(clock)
    first.sink.disconnect()
    clock.advance(100 * INTERVAL + 7)
    const { pings } = await openIdle(clock)
    clock.advance(INTERVAL - 1)
    expect(pings()).toBe(0)
    clock.advance(1 + SLOT)
    expect(pings()).toBe(1)
  })

  it('end the stream with the error when pingMessage throws, and leave the others alone', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const failure = new Error('in pingMessage')
    const broken = openStream(never(), {
      clock,
      pingIntervalMs: INTERVAL,
      pingMessage: () => {
        throw failure
      },
    })
    const healthy = await openIdle(clock)
    clock.advance(INTERVAL)
    await turns()
    clock.runTurn()
    expect(await broken.ended).toMatchObject({ reason: 'error', error: failure, events: 0 })
    expect(broken.sink.state).toBe('ended')
    expect(healthy.pings()).toBe(1)
  })

  it('are not made for a stream that the pingMessage of another one ended', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const victim = new FakeSink()
    const pingMessage = vi.fn(() => ({ comment: 'ping' }))
    await openIdle(clock, {
      pingMessage: () => {
        victim.disconnect()
        return { comment: 'ping' }
      },
    })
    openStream(never(), { clock, pingIntervalMs: INTERVAL, pingMessage }, { sink: victim })
    clock.advance(INTERVAL)
    expect(victim.state).toBe('left')
    expect(pingMessage).not.toHaveBeenCalled()
    expect(victim.violations).toEqual([])
  })

  it('are skipped while the sink is full', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { sink, pings, context } = await openIdle(clock)
    sink.stall()
    void context.send({ data: 'fills it' })
    clock.advance(5 * INTERVAL)
    expect(pings()).toBe(0)
    sink.drain()
    clock.advance(INTERVAL)
    expect(pings()).toBe(1)
    expect(sink.violations).toEqual([])
  })

  it('go out on a socket', async () => {
    const clock = new FakeClock()
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(never(), { clock, pingIntervalMs: INTERVAL }).send(request, response),
    )
    using client = (await RawClient.connect(server.port)).read()
    await client.until(': open')
    clock.advance(INTERVAL)
    await client.until(': ping - 2026-01-01T00:00:01.600Z')
    client.leave()
    expect((await server.end()).reason).toBe('client-disconnect')
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('the one timer of all streams', () => {
  it('costs no more calls for a hundred streams than for one', async () => {
    const callsWith = async (streams: number): Promise<number> => {
      const clock = new FakeClock({ turns: 'manual' })
      for (let i = 0; i < streams; i++) await openIdle(clock)
      clock.advance(10 * INTERVAL)
      return clock.scheduled
    }
    const one = await callsWith(1)
    expect(one).toBeLessThanOrEqual(10 * 16 + 1)
    expect(await callsWith(100)).toBe(one)
  })

  it('holds one pending call for each interval in use', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    await openIdle(clock)
    await openIdle(clock)
    expect([clock.scheduled, clock.pendingTimers]).toEqual([1, 1])
    await openIdle(clock, { pingIntervalMs: 999 })
    expect(clock.pendingTimers).toBe(2)
  })

  it('pings each stream after an interval of silence, never before it, and at most a sixteenth later', () => {
    const schedule = fc.record({
      interval: fc.integer({ min: 16, max: 20_000 }),
      start: fc.double({ min: 0, max: 1e6, noNaN: true }),
      // Times in intervals.
      streams: fc.array(
        fc.record({
          opensAt: fc.double({ min: 0, max: 3, noNaN: true }),
          writesAfter: fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { maxLength: 6 }),
        }),
        { minLength: 1, maxLength: 12 },
      ),
    })
    fc.assert(
      fc.property(schedule, ({ interval, start, streams }) => {
        // The slots are a sixteenth of an interval apart, timers at least 1 ms; and the sums of floats are not exact.
        const latest = interval + Math.max(interval / 16, 1) + 1e-6
        const clock = new FakeClock({ now: start, turns: 'manual' })
        const cancels: (() => void)[] = []
        const active: { silentSince: number }[] = []
        const silences: number[] = []
        for (const { opensAt, writesAfter } of streams) {
          clock.schedule(() => {
            const stream = {
              silentSince: clock.now(),
              ping(): void {
                silences.push(clock.now() - stream.silentSince)
                stream.silentSince = clock.now()
              },
            }
            active.push(stream)
            schedulePings(stream, clock, interval)
            cancels.push(() => cancelPings(stream, clock, interval))
            let at = 0
            for (const after of writesAfter) {
              at += after * interval
              clock.schedule(() => {
                stream.silentSince = clock.now()
              }, at)
            }
          }, opensAt * interval)
        }
        clock.advance(20 * interval)
        expect(silences.length).toBeGreaterThanOrEqual(streams.length)
        expect(Math.min(...silences)).toBeGreaterThanOrEqual(interval)
        expect(Math.max(...silences)).toBeLessThanOrEqual(latest)
        // Nobody was forgotten.
        for (const { silentSince } of active) expect(clock.now() - silentSince).toBeLessThanOrEqual(latest)
        for (const cancel of cancels) cancel()
        expect(clock.pendingTimers).toBe(0)
      }),
      { numRuns: 300, seed: 20_260_102 },
    )
  })

  it('catches up after the event loop was held up, with one ping for each stream', () => {
    const clock = new FakeClock({ turns: 'manual' })
    // Time that jumps: timers fire late, all at once.
    let now = 0
    const jumping = { ...bind(clock), now: () => now }
    let pings = 0
    const stream = {
      silentSince: 0,
      ping: () => {
        pings++
        stream.silentSince = now
      },
    }
    schedulePings(stream, jumping, INTERVAL)
    now = 50 * INTERVAL
    clock.advance(SLOT)
    expect(pings).toBe(1)
    cancelPings(stream, jumping, INTERVAL)
    expect(clock.pendingTimers).toBe(0)
  })
})

function bind(clock: FakeClock): Pick<FakeClock, 'now' | 'wallTime' | 'schedule' | 'nextTurn'> {
  return {
    now: () => clock.now(),
    wallTime: () => clock.wallTime(),
    schedule: (callback, delayMs) => clock.schedule(callback, delayMs),
    nextTurn: (callback) => clock.nextTurn(callback),
  }
}
