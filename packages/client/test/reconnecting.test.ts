/** What follows an attempt, on virtual time and a scripted network. */
import { cut, stall, turns } from '@sse/testing'
import { describe, expect, it, vi } from 'vitest'
import { circuitBreaker, consecutiveFailures, constantBackoff, exponentialBackoff } from '../src/index.ts'
import type { Presence } from '../src/policy/presence.ts'
import { type WatchedSource, watchedSource } from './watched-source.ts'

/** When the watched sources' clock begins. */
const WALL_START = Date.UTC(2026, 0, 1)

const bounds = exponentialBackoff({ jitter: 'none' })

/** Presence as a test wants it. */
class Switch implements Presence {
  away: Presence['away'] = undefined
  readonly callbacks = new Set<() => void>()

  subscribe(callback: () => void): () => void {
    this.callbacks.add(callback)
    return () => this.callbacks.delete(callback)
  }

  turn(away: Presence['away']): void {
    this.away = away
    for (const callback of this.callbacks) callback()
  }
}

/** How long each of its waits is. */
function waits({ states }: WatchedSource): number[] {
  return states.flatMap((state) => (state.status === 'waiting' ? [state.until - WALL_START] : []))
}

describe('waiting', () => {
  it('grows with each attempt that fails, and says for what it waits', async () => {
    const watched = await watchedSource({ backoff: bounds }, () => ({ networkError: true }))
    await watched.clock.advanceAsync(7_000)
    expect(waits(watched)).toEqual([1_000, 3_000, 7_000, 15_000])
    expect(watched.stateNames).toBe(
      'connecting 1, waiting 2, connecting 2, waiting 3, connecting 3, waiting 4, connecting 4, waiting 5',
    )
    expect(watched.source.state).toMatchObject({ error: { code: 'network-error' } })
    expect(watched.clock.keepsAlive).toBe(true)
  })

  it('begins anew after a connection that held for a healthy time, and not before', async () => {
    const watched = await watchedSource({ backoff: bounds, healthyAfterMs: 5_000 }, ({ index }, exchange) =>
      index < 2 ? exchange.cut() : exchange.respond(),
    )
    await watched.clock.advanceAsync(3_000)
    await watched.clock.advanceAsync(4_999)
    watched.last.end()
    await turns()
    expect(watched.source.state).toMatchObject({ status: 'waiting', attempt: 4 })
    await watched.clock.advanceAsync(4_000)
    await watched.clock.advanceAsync(5_000)
    watched.last.end()
    await turns()
    expect(watched.source.state).toMatchObject({ status: 'waiting', attempt: 2 })
    expect(watched.clock.nextTimerMs).toBe(1_000)
  })

  it('is at least the reconnection time that the server gave last, and chance comes on top', async () => {
    const watched = await watchedSource({}, [['retry: 2000\n\nretry: 3000\n\n'], { networkError: true }])
    expect(watched.clock.nextTimerMs).toBe(3_000 + 500)
    await watched.clock.advanceAsync(3_500)
    expect(watched.clock.nextTimerMs).toBe(3_000 + 1_000)
  })

  it.each([
    ['3', 3_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['-1', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
    [undefined, 0],
  ])('is at least what Retry-After %j asks for', async (value, leastMs) => {
    for (const status of [429, 503]) {
      const { clock, states } = await watchedSource({}, [
        { status, headers: { 'retry-after': value ?? null } },
      ])
      expect(clock.nextTimerMs).toBe(leastMs + 500)
      expect(states.at(-1)).toMatchObject({
        status: 'waiting',
        error: { code: 'refused', response: { status } },
      })
    }
  })

  it.each([
    ['retry', { steps: ['retry: 99999999999\n\n'] }],
    ['Retry-After', { status: 503, headers: { 'retry-after': '99999999999' } }],
  ])('is no longer than a timer can be, whatever %s asks for', async (_, answer) => {
    const { clock } = await watchedSource({}, [answer])
    expect(clock.nextTimerMs).toBe(2 ** 31 - 1)
  })

  it('asks for Retry-After only where it was given', async () => {
    const { clock } = await watchedSource({}, [
      { status: 503, headers: { 'retry-after': '60' } },
      { status: 503 },
    ])
    await clock.advanceAsync(60_500)
    expect(clock.nextTimerMs).toBe(1_000)
  })

  it('ends with an error after as many attempts as may fail in a row', async () => {
    const { clock, source, stateNames } = await watchedSource(
      { maxAttempts: 3, backoff: constantBackoff(10) },
      () => ({ status: 500 }),
    ).then(async (watched) => {
      await watched.clock.advanceAsync(1_000)
      return watched
    })
    expect(stateNames).toMatch(/connecting 3, closed failed$/)
    expect(source.state).toMatchObject({
      error: {
        code: 'too-many-attempts',
        message: expect.stringMatching(/^3 attempts failed .* status 500/),
        cause: { code: 'refused' },
        response: { status: 500 },
      },
    })
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('an attempt', () => {
  it('has so long to be answered, its own parts included', async () => {
    for (const options of [{}, { headers: () => new Promise<never>(() => {}) }]) {
      const watched = await watchedSource(options)
      await watched.clock.advanceAsync(29_999)
      expect(watched.source.state.status).toBe('connecting')
      await watched.clock.advanceAsync(1)
      expect(watched.source.state).toMatchObject({ status: 'waiting', error: { code: 'connect-timeout' } })
      for (const exchange of watched.exchanges) expect(exchange.aborted).toBe(true)
    }
  })

  it.each([0, false] as const)(
    'has all the time there is with a connectTimeoutMs of %s',
    async (connectTimeoutMs) => {
      const { clock } = await watchedSource({ connectTimeoutMs })
      expect(clock.pendingTimers).toBe(0)
    },
  )

  it('is not held to that time once it is answered', async () => {
    const { source, clock } = await watchedSource({}, [[stall()]])
    await clock.advanceAsync(100_000)
    expect(source.state).toMatchObject({ status: 'open', since: WALL_START })
  })

  it('goes on after the event that was read last', async () => {
    const watched = await watchedSource({ lastEventId: '3', backoff: constantBackoff(0) }, [
      ['id: 4\ndata: a\n\nid: 5\ndata: cut', cut()],
      ['id: 6\n\n'],
      [stall()],
    ])
    await watched.clock.advanceAsync(1)
    expect(watched.exchanges.map(({ lastEventId }) => lastEventId)).toEqual(['3', '4', '6'])
    expect(watched.data).toEqual(['a'])
    expect(watched.source.lastEventId).toBe('6')
  })

  it.each([
    [204, 'done', undefined],
    [400, 'failed', 'refused'],
    [404, 'failed', 'refused'],
    [200, 'failed', 'not-an-event-stream'],
  ])('is the last when the status is %d without an event stream', async (status, reason, code) => {
    const { source, clock } = await watchedSource({}, [{ status, headers: { 'content-type': 'text/html' } }])
    expect(source.state).toMatchObject({ status: 'closed', reason, ...(code && { error: { code } }) })
    expect(clock.pendingTimers).toBe(0)
  })

  it('renews the credentials at once, with the position kept, and counts no failure', async () => {
    let token = 'old'
    const watched = await watchedSource(
      {
        lastEventId: '7',
        maxAttempts: 1,
        circuitBreaker: circuitBreaker({ trip: consecutiveFailures(1) }),
        headers: () => ({ authorization: token }),
        onUnauthorized: async () => {
          token = 'new'
          return true
        },
      },
      [{ status: 401 }, [stall()]],
    )
    expect(watched.stateNames).toBe('connecting 1, connecting 1, open')
    expect(watched.exchanges.map(({ request }) => request.headers.get('authorization'))).toEqual([
      'old',
      'new',
    ])
    expect(watched.last.lastEventId).toBe('7')
  })
})

describe('credentials', () => {
  it('are renewed again once a connection was open', async () => {
    const renew = vi.fn(() => true)
    const watched = await watchedSource(
      { onUnauthorized: renew, backoff: constantBackoff(1) },
      ({ index }) => (index % 2 === 0 ? { status: 401 } : []),
    )
    await watched.clock.advanceAsync(5)
    expect(renew.mock.calls.length).toBeGreaterThan(2)
  })

  it('may take as long as they like to be renewed: the attempt is over, and no timer of it runs on', async () => {
    const hanging = new Promise<boolean>(() => {})
    const watched = await watchedSource({ onUnauthorized: () => hanging }, () => ({ status: 401 }))
    expect([watched.stateNames, watched.clock.pendingTimers]).toEqual(['connecting 1', 0])
  })
})

describe('a circuit breaker', () => {
  const breaker = circuitBreaker({ trip: consecutiveFailures(2), openMs: 10_000 })

  it('opens, lets one attempt through, opens again, and closes when that one holds', async () => {
    const watched = await watchedSource(
      { circuitBreaker: breaker, backoff: constantBackoff(100), healthyAfterMs: 1_000 },
      ({ index }) => (index < 3 ? { networkError: true } : [stall()]),
    )
    await watched.clock.advanceAsync(100)
    expect(watched.source.state).toMatchObject({
      status: 'suspended',
      reason: 'circuit-open',
      until: WALL_START + 100 + 10_100,
      error: { code: 'network-error' },
    })
    await watched.clock.advanceAsync(10_099)
    expect(watched.exchanges).toHaveLength(2)
    await watched.clock.advanceAsync(1)
    expect(watched.exchanges).toHaveLength(3)
    await watched.clock.advanceAsync(10_100)
    await watched.clock.advanceAsync(1_000)
    const circuits = watched.happenings.flatMap((happening) =>
      happening.type === 'circuit' ? [`${happening.previous.state} → ${happening.circuit.state}`] : [],
    )
    expect(circuits).toEqual([
      'closed → open',
      'open → half-open',
      'half-open → open',
      'open → half-open',
      'half-open → closed',
    ])
    expect(watched.stateNames).toBe(
      'connecting 1, waiting 2, connecting 2, suspended circuit-open, connecting 3, suspended circuit-open, connecting 4, open',
    )
  })

  it('spreads the probes of many clients by chance, and keeps Retry-After', async () => {
    const refuse = { status: 503, headers: { 'retry-after': '60' } }
    const watched = await watchedSource(
      { circuitBreaker: circuitBreaker({ trip: consecutiveFailures(1) }) },
      [refuse],
    )
    expect(watched.clock.nextTimerMs).toBe(60_500)
    const other = await watchedSource({ circuitBreaker: circuitBreaker({ trip: consecutiveFailures(1) }) }, [
      { networkError: true },
    ])
    expect(other.clock.nextTimerMs).toBe(30_500)
  })

  it('may close the source by being told of', async () => {
    const watched = await watchedSource({ circuitBreaker: breaker, backoff: constantBackoff(1) })
    watched.source.observe(({ type }) => type === 'circuit' && watched.source.close())
    watched.last.cut()
    await watched.clock.advanceAsync(1)
    watched.last.cut()
    await turns()
    expect(watched.source.state).toMatchObject({ status: 'closed', reason: 'closed' })
    expect(watched.clock.pendingTimers).toBe(0)
  })
})

describe('presence', () => {
  it('makes no attempt without a network, and one as soon as there is one', async () => {
    const presence = new Switch()
    presence.away = 'offline'
    const watched = await watchedSource({ presence })
    expect([watched.stateNames, watched.exchanges.length]).toEqual(['suspended offline', 0])
    presence.turn('offline')
    presence.turn(undefined)
    await turns()
    expect(watched.stateNames).toBe('suspended offline, connecting 1')
    expect(watched.exchanges).toHaveLength(1)
  })

  it('gives up waiting without a network, and says why it had waited', async () => {
    const presence = new Switch()
    const watched = await watchedSource({ presence }, () => ({ networkError: true }))
    presence.turn('offline')
    expect(watched.source.state).toMatchObject({ reason: 'offline', error: { code: 'network-error' } })
    expect(watched.clock.pendingTimers).toBe(0)
    presence.turn('hidden')
    expect(watched.source.state).toMatchObject({ reason: 'hidden', error: { code: 'network-error' } })
    presence.turn(undefined)
    await turns()
    expect(watched.exchanges).toHaveLength(2)
  })

  it('keeps Retry-After though the network came and went', async () => {
    const presence = new Switch()
    const watched = await watchedSource({ presence }, () => ({
      status: 503,
      headers: { 'retry-after': '60' },
    }))
    presence.turn('offline')
    await watched.clock.advanceAsync(20_000)
    presence.turn(undefined)
    await turns()
    expect(watched.exchanges).toHaveLength(1)
    expect(watched.source.state).toMatchObject({ status: 'waiting', until: WALL_START + 60_000 })
    presence.turn('offline')
    await watched.clock.advanceAsync(40_000)
    presence.turn(undefined)
    await turns()
    expect(watched.exchanges).toHaveLength(2)
  })

  it('leaves a connection alone while the network is said to be away', async () => {
    const presence = new Switch()
    const watched = await watchedSource({ presence }, (_, exchange) => exchange.respond())
    presence.turn('offline')
    watched.last.send('data: still here\n\n')
    await turns()
    expect([watched.source.state.status, watched.data]).toEqual(['open', ['still here']])
  })

  it('gives up the connection of a hidden page, and goes on where it was', async () => {
    const presence = new Switch()
    const watched = await watchedSource({ presence }, () => ['id: 7\ndata: a\n\n', stall()])
    presence.turn('hidden')
    await turns()
    expect([watched.last.aborted, watched.clock.pendingTimers]).toEqual([true, 0])
    presence.turn(undefined)
    await turns()
    expect(watched.last.lastEventId).toBe('7')
    expect(watched.stateNames).toBe('connecting 1, open, suspended hidden, connecting 1, open')
    expect(watched.data).toEqual(['a'])
  })

  it('may change while an attempt is made, which leaves the next one its time to be answered', async () => {
    const presence = new Switch()
    const watched = await watchedSource({ presence })
    presence.turn('hidden')
    presence.turn(undefined)
    await watched.clock.advanceAsync(30_000)
    expect(watched.exchanges).toHaveLength(2)
    expect(watched.source.state).toMatchObject({ status: 'waiting', error: { code: 'connect-timeout' } })
  })

  it('may change while credentials are renewed, which then are of no more interest', async () => {
    const presence = new Switch()
    const renewed = Promise.withResolvers<boolean>()
    const watched = await watchedSource({ presence, onUnauthorized: () => renewed.promise }, ({ index }) =>
      index === 0 ? { status: 401 } : undefined,
    )
    presence.turn('hidden')
    presence.turn(undefined)
    await turns()
    renewed.resolve(true)
    await turns()
    expect([watched.exchanges.length, watched.last.aborted]).toEqual([2, false])
  })

  it('is listened to once, over any number of attempts', async () => {
    const presence = new Switch()
    const watched = await watchedSource({ presence }, () => ({ networkError: true }))
    await watched.clock.advanceAsync(60_000)
    expect(watched.exchanges.length).toBeGreaterThan(3)
    expect(presence.callbacks.size).toBe(1)
  })

  it('does not let an open circuit be passed by', async () => {
    const presence = new Switch()
    const watched = await watchedSource(
      { presence, circuitBreaker: circuitBreaker({ trip: consecutiveFailures(1) }) },
      () => ({ networkError: true }),
    )
    presence.turn('offline')
    presence.turn(undefined)
    await turns()
    expect(watched.source.state).toMatchObject({ reason: 'circuit-open' })
    presence.turn('offline')
    await watched.clock.advanceAsync(30_500)
    expect(watched.source.state).toMatchObject({ reason: 'offline' })
    presence.turn(undefined)
    await turns()
    expect(watched.exchanges).toHaveLength(2)
  })

  it('is listened to from the first attempt until the end, once', async () => {
    const presence = new Switch()
    const loaded = Promise.withResolvers<string>()
    const watched = await watchedSource({
      presence,
      lastEventIdStore: { load: () => loaded.promise, save() {} },
    })
    presence.turn('hidden')
    presence.turn(undefined)
    expect(watched.exchanges).toHaveLength(0)
    loaded.resolve('9')
    await turns()
    expect(watched.exchanges.map(({ lastEventId }) => lastEventId)).toEqual(['9'])
    expect(presence.callbacks.size).toBe(1)
    const [callback] = presence.callbacks
    watched.source.close()
    expect(presence.callbacks.size).toBe(0)
    presence.away = 'hidden'
    callback?.()
    expect(watched.stateNames).toMatch(/closed closed$/)
  })
})

describe('the stall watchdog', () => {
  it('tells whole milliseconds, whatever the clock has', async () => {
    const watched = await watchedSource({ stallTimeoutMs: 1_000.4 }, (_, exchange) => exchange.send(':\n\n'))
    await watched.clock.advanceAsync(1_000.4)
    expect(watched.source.state).toMatchObject({
      error: { message: 'Nothing came for 1000 ms, so the connection is taken for dead.' },
    })
  })

  it('is armed by the pings that the server announces', async () => {
    const watched = await watchedSource({}, (_, exchange) =>
      exchange.send(': open ping-interval-ms=15000\n\n'),
    )
    for (let i = 0; i < 10; i++) {
      await watched.clock.advanceAsync(29_000)
      watched.last.send(': ping\n\n')
    }
    await turns()
    expect(watched.source.state.status).toBe('open')
    await watched.clock.advanceAsync(30_000)
    expect(watched.source.state).toMatchObject({
      status: 'waiting',
      error: { code: 'stalled', message: expect.stringContaining('30000 ms'), response: { status: 200 } },
    })
    expect(watched.exchanges[0]?.aborted).toBe(true)
  })

  it('knows of a connection that freezes before the pings are announced from the one before it', async () => {
    const watched = await watchedSource({ backoff: constantBackoff(0) }, ({ index }) =>
      index === 0 ? [': open ping-interval-ms=100\n\n'] : [': open ping', stall()],
    )
    await watched.clock.advanceAsync(199)
    expect(watched.stateNames).toMatch(/connecting 2, open$/)
    await watched.clock.advanceAsync(1)
    expect(watched.stateNames).toMatch(/connecting 2, open, waiting 3/)
  })

  it('is put off by a server that announces none', async () => {
    const watched = await watchedSource({ backoff: constantBackoff(0) }, [
      [': open ping-interval-ms=100\n\n'],
      [': open\n\n', stall()],
    ])
    await watched.clock.advanceAsync(100_000)
    expect(watched.stateNames).toMatch(/connecting 2, open$/)
  })

  it('keeps to its own time where it has one, and off where it is off', async () => {
    const announce = [': open ping-interval-ms=15000\n\n', stall()]
    const own = await watchedSource({ stallTimeoutMs: 1_000 }, [announce])
    await own.clock.advanceAsync(1_000)
    expect(own.source.state).toMatchObject({ error: { code: 'stalled' } })
    for (const stallTimeoutMs of [0, false] as const) {
      const off = await watchedSource({ stallTimeoutMs }, [announce])
      await off.clock.advanceAsync(1_000_000)
      expect([off.source.state.status, off.clock.pendingTimers]).toEqual(['open', 0])
    }
  })

  it.each([
    ': open\n\n',
    ': open ping-interval-ms=\n\n',
    ': open ping-interval-ms=1.5\n\n',
    ': open ping-interval-ms=99999999999\n\n',
    ': x open ping-interval-ms=5\n\n',
    ': open ping-interval-ms=0\n\n',
    'data: open ping-interval-ms=5\n\n',
  ])('is not armed by %j', async (body) => {
    const { clock } = await watchedSource({}, [[body, stall()]])
    await clock.advanceAsync(5_000)
    expect(clock.pendingTimers).toBe(0)
  })

  it('is asked when the machine wakes', async () => {
    const presence = new Switch()
    const watched = await watchedSource({ presence, stallTimeoutMs: 60_000 }, () => [stall()])
    watched.clock.sleep(59_999)
    presence.turn(undefined)
    expect(watched.source.state.status).toBe('open')
    watched.clock.sleep(1)
    presence.turn(undefined)
    await turns()
    expect(watched.source.state).toMatchObject({ status: 'waiting', error: { code: 'stalled' } })
  })

  it('does not take a reader that is slow for a server that is silent', async () => {
    const watched = await watchedSource({ stallTimeoutMs: 1_000, bufferSize: 1 }, (_, exchange) =>
      exchange.respond(),
    )
    const events = watched.source[Symbol.asyncIterator]()
    watched.last.send('data: a\n\n')
    await watched.clock.advanceAsync(60_000)
    expect([watched.source.state.status, watched.last.isRead]).toEqual(['open', false])
    await events.next()
    await turns()
    expect(watched.last.isRead).toBe(true)
    await watched.clock.advanceAsync(999)
    expect(watched.source.state.status).toBe('open')
    await watched.clock.advanceAsync(1)
    expect(watched.source.state).toMatchObject({ error: { code: 'stalled' } })
  })
})

describe('close()', () => {
  it.each([
    'loading',
    'preparing',
    'connecting',
    'open',
    'waiting',
    'circuit-open',
    'offline',
    'judging',
  ] as const)('is final while it is %s: nothing happens any more, and no timer is left', async (where) => {
    const hanging = new Promise<never>(() => {})
    const presence = new Switch()
    if (where === 'offline') presence.away = 'offline'
    const prepared = vi.fn(() => (where === 'preparing' ? hanging : undefined))
    const watched = await watchedSource(
      {
        presence,
        headers: prepared,
        ...(where === 'loading' && { lastEventIdStore: { load: () => hanging, save() {} } }),
        ...(where === 'judging' && { onUnauthorized: () => hanging }),
        ...(where === 'circuit-open' && { circuitBreaker: circuitBreaker({ trip: consecutiveFailures(1) }) }),
      },
      (_, exchange) => {
        if (where === 'open') exchange.send('data: a\n\n')
        if (where === 'waiting' || where === 'circuit-open') exchange.cut()
        if (where === 'judging') exchange.respond({ status: 401 })
      },
    )
    const { length } = watched.exchanges
    const calls = prepared.mock.calls.length
    watched.source.close()
    watched.source.close()
    const told = watched.happenings.length
    const exchange = watched.exchanges[0]
    if (where === 'open' || where === 'connecting') exchange?.send('data: late\n\n')
    presence.turn('hidden')
    presence.turn(undefined)
    await watched.clock.advanceAsync(1_000_000)
    expect(watched.clock.pendingTimers).toBe(0)
    expect(watched.happenings).toHaveLength(told)
    expect(watched.exchanges).toHaveLength(length)
    expect(prepared).toHaveBeenCalledTimes(calls)
    expect(watched.data).toEqual(where === 'open' ? ['a'] : [])
    expect(await watched.source.closed).toEqual({ status: 'closed', reason: 'closed' })
    expect(exchange?.aborted ?? true).toBe(true)
  })

  it.each(['connecting', 'open', 'waiting', 'suspended'])(
    'may be called by who is told that it is %s',
    async (status) => {
      const presence = new Switch()
      const prepared = vi.fn(() => undefined)
      const watched = await watchedSource(
        { presence, headers: prepared, circuitBreaker: circuitBreaker() },
        ({ index }, exchange) => (index === 0 ? exchange.cut() : exchange.send('data: a\n\n')),
      )
      const calls = prepared.mock.calls.length
      // It waits now: what comes is connecting, open, suspended.
      watched.source.observe((happening) => {
        if (happening.type === 'state' && happening.state.status === status) watched.source.close()
      })
      if (status === 'waiting') {
        presence.turn('offline')
        presence.turn(undefined)
        await turns()
        watched.last.cut()
      } else await watched.clock.advanceAsync(500)
      if (status === 'suspended') presence.turn('hidden')
      await turns()
      expect(watched.source.state.status).toBe('closed')
      expect(watched.clock.pendingTimers).toBe(0)
      if (status === 'connecting') expect(prepared).toHaveBeenCalledTimes(calls)
      if (status === 'open') expect(watched.data).toEqual([])
    },
  )

  it('comes with the signal, also one that has aborted before', async () => {
    const controller = new AbortController()
    const watched = await watchedSource({ signal: controller.signal })
    controller.abort()
    expect(watched.source.state).toEqual({ status: 'closed', reason: 'closed' })
    const before = await watchedSource({ signal: AbortSignal.abort() })
    await before.clock.advanceAsync(10_000)
    expect(before.source.state).toEqual({ status: 'closed', reason: 'closed' })
    expect([before.exchanges.length, before.clock.pendingTimers]).toEqual([0, 0])
  })

  it('comes at the end of a `using` block', async () => {
    const watched = await watchedSource()
    {
      using source = watched.source
      expect(source.state.status).toBe('connecting')
    }
    expect(watched.source.state.status).toBe('closed')
  })
})
