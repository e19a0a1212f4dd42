/**
 * The law of a reader: every event once, in order, or a gap that says what is missing; states form only legal transitions;
 * when faults cease it catches up; after `close()` nothing happens any more, and no timer is left.
 *
 * Random schedules of faults run on virtual time against a model server; each event is held against the law when it comes.
 */
import { parseGap } from '@sse/core'
import { FakeClock, type FetchExchange, scriptedFetch, seeded } from '@sse/testing'
import { expect, it } from 'vitest'
import {
  circuitBreaker,
  consecutiveFailures,
  createEventSource,
  exponentialBackoff,
  failureRate,
  type Presence,
} from '../src/index.ts'
import { ModelServer } from './model-server.ts'
import { ReaderLaw } from './reader-law.ts'

const { CI } = process.env
const SCHEDULES = CI === undefined || CI === '' ? 250 : 1_000
const STEPS = 60

interface Chance {
  (): number
  readonly of: (probability: number) => boolean
  readonly upTo: (bound: number) => number
  readonly pick: <T>(values: readonly T[]) => T
}

function chance(seed: number): Chance {
  const random = seeded(seed)
  return Object.assign(() => random(), {
    of: (probability: number) => random() < probability,
    upTo: (bound: number) => Math.floor(random() * bound),
    pick: <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T,
  })
}

/** How the server meets a request, while there are faults. */
function meet(exchange: FetchExchange, server: ModelServer, random: Chance): void {
  const how = random()
  if (how < 0.55) server.answer(exchange)
  else if (how < 0.65) exchange.cut()
  else if (how < 0.8) {
    const retryAfter = random.pick([undefined, '1', '2', '-1', 'Sun, 06 Nov 1994 08:49:37 GMT', 'later'])
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
    exchange.respond({ status: random.pick([500, 502, 503, 429, 408]), headers })
  } else if (how < 0.85) exchange.respond({ status: 401 })
  else if (how < 0.9) exchange.send('retry: 0\n: nothing else').end()
  // And some are never answered.
}

async function run(seed: number): Promise<ReaderLaw> {
  const random = chance(seed)
  const clock = new FakeClock()
  const law = new ReaderLaw()
  const server = new ModelServer({ random, now: () => clock.now(), repeatsLast: random.of(0.3) })
  server.fate = () => ({
    kind: random.pick(['end', 'break', 'break', 'freeze', 'none'] as const),
    // One that freezes before any connection has announced its pings is open for ever: nobody can know better.
    afterBytes: (law.seen.has('comment') ? 0 : 40) + random.upTo(400),
  })
  let faulty = true
  const fetch = scriptedFetch(
    (_, exchange) => {
      if (faulty) meet(exchange, server, random)
      else server.answer(exchange)
    },
    { obeysSignal: random.of(0.8) },
  )
  const told = new Set<() => void>()
  const presence = {
    away: undefined as Presence['away'],
    subscribe(callback: () => void) {
      told.add(callback)
      return () => told.delete(callback)
    },
  }
  const source = createEventSource('/events', {
    fetch,
    clock,
    random,
    presence,
    backoff: exponentialBackoff({
      maxMs: 4_000,
      jitter: random.pick(['full', 'equal', 'decorrelated', 'none']),
    }),
    circuitBreaker: random.pick([
      undefined,
      circuitBreaker({ trip: consecutiveFailures(3), openMs: 3_000 }),
      circuitBreaker({ trip: failureRate({ rate: 0.5, windowMs: 10_000, minimum: 3 }), openMs: 3_000 }),
    ]),
    connectTimeoutMs: 3_000,
    healthyAfterMs: random.pick([0, 2_000]),
    onUnauthorized: async () => true,
    // A second 401 in a row ends it, unless it is judged here.
    retryWhen: ({ response }) => (response?.status === 401 ? true : undefined),
    bufferSize: random.pick([1, 3, 100]),
    lastEventId: random.of(0.5) ? server.position : undefined,
  })
  source.observe((happening) => law.happening(happening))
  const iterates = random.of(0.5)
  let takes = 0
  const events = iterates ? source[Symbol.asyncIterator]() : undefined
  const take = async (): Promise<void> => {
    const { value } = (await events?.next()) ?? {}
    const gap = value && parseGap(value)
    if (gap !== undefined) law.gap(gap)
    else if (value !== undefined) law.event(value.data)
    takes--
  }
  const takeAll = (count: number): void => {
    for (; takes < count && events !== undefined; takes++) void take()
  }
  if (!iterates) {
    source.on('message', (data) => law.event(data as string))
    source.on('gap', (gap) => law.gap(gap))
  }

  for (let step = 0; step < STEPS; step++) {
    const what = random()
    if (what < 0.45) for (let n = random.upTo(4); n >= 0; n--) server.publish()
    else if (what < 0.5) server.evict(random.upTo(5))
    else if (what < 0.53) server.restart()
    else if (what < 0.58) server.breakOffAll()
    else if (what < 0.62) {
      presence.away = random.pick(['offline', 'hidden', undefined])
      for (const callback of told) callback()
    } else if (what < 0.64) clock.sleep(random.upTo(10_000))
    else takeAll(random.upTo(5))
    for (let ms = random.upTo(3_000); ms > 0; ms -= 500) {
      server.tick()
      await clock.advanceAsync(Math.min(ms, 500))
    }
    if (law.failures.length > 0) break
  }

  // The faults cease, and it must catch up.
  faulty = false
  server.fate = () => ({ kind: 'none', afterBytes: 0 })
  presence.away = undefined
  for (const callback of told) callback()
  for (let second = 0; second < 40; second++) {
    if (second === 20) for (let n = 0; n < 3; n++) server.publish()
    takeAll(100)
    server.tick()
    await clock.advanceAsync(1_000)
  }
  if (source.state.status !== 'open') law.failures.push(`it is ${source}`)
  if (law.position !== server.position)
    law.failures.push(`it is at ${law.position}, not at ${server.position}`)

  source.close()
  law.closed()
  server.publish()
  server.restart()
  presence.away = 'hidden'
  for (const callback of told) callback()
  const requests = fetch.exchanges.length
  await clock.advanceAsync(100_000)
  if (fetch.exchanges.length !== requests) law.failures.push('a request after close()')
  if (clock.pendingTimers > 0) law.failures.push('a timer after close()')
  if (told.size > 0) law.failures.push('it still listens to the presence')
  return law
}

it(`holds over ${SCHEDULES} random schedules of faults`, async () => {
  const seen = new Map<string, number>()
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    const law = await run(seed)
    expect(law.failures, `schedule ${seed}`).toEqual([])
    for (const [what, count] of law.seen) seen.set(what, (seen.get(what) ?? 0) + count)
  }
  // A law that nothing ever tried would hold as well.
  for (const what of [
    ...['event', 'gap: restarted', 'gap: evicted', 'dropped: duplicate'],
    ...['circuit: open', 'circuit: half-open', 'circuit: closed'],
    ...['suspended: offline', 'suspended: hidden', 'suspended: circuit-open', 'closed: closed'],
    ...['because: network-error', 'because: stream-ended', 'because: stalled', 'because: connect-timeout'],
    'because: refused',
  ]) {
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(SCHEDULES / 25)
  }
})
