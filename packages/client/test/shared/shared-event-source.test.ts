import { FakeClock, type FetchExchange, scriptedFetch, turns } from '@sse/testing'
import { afterEach, expect, test } from 'vitest'
import { ConnectionError } from '../../src/errors.ts'
import { createSharedEventSource, type SharedEventSource } from '../../src/shared/index.ts'
import { type HubTab, TabHub } from './tab-hub.ts'

interface Tab {
  readonly hub: HubTab
  readonly source: SharedEventSource
  readonly exchanges: readonly FetchExchange[]
  /** Of its requests. */
  readonly last: FetchExchange
  readonly seen: string[]
  readonly modes: string[]
}

const clock = new FakeClock()
const opened: Tab[] = []

afterEach(async () => {
  for (const { source } of opened.splice(0)) source.close()
  await clock.advanceAsync(10_000, settle)
})

/** Messages, and what they set off. */
async function settle(): Promise<void> {
  for (let round = 0; round < 6; round++) await turns()
}

async function openTab(tabs: TabHub, options: object = {}): Promise<Tab> {
  const hub = tabs.tab()
  const fetch = scriptedFetch()
  const given = { fetch, clock, random: () => 0, presence: false, ...options } as const
  const source = hub.run(() => createSharedEventSource('http://localhost/events', given))
  const tab: Tab = {
    hub,
    source,
    exchanges: fetch.exchanges,
    get last() {
      return fetch.last
    },
    seen: [],
    modes: [],
  }
  source.observe((happening) => happening.type === 'mode' && tab.modes.push(happening.mode))
  opened.push(tab)
  await settle()
  return tab
}

function listen(tab: Tab): Tab {
  tab.source.on('message', (data) => tab.seen.push(data))
  tab.source.on('gap', ({ reason, missed }) => tab.seen.push(`gap ${reason} ${missed}`))
  return tab
}

function message(n: number): string {
  return `id: e-${n}\ndata: ${n}\n\n`
}

/** A leader whose connection is open, and tabs that follow. */
async function openTabs(count: number, options: object = {}): Promise<[Tab, ...Tab[]]> {
  const tabs = new TabHub()
  const all: Tab[] = []
  for (let n = 0; n < count; n++) all.push(listen(await openTab(tabs, options)))
  const [leader] = all as [Tab]
  leader.last.respond()
  await settle()
  return all as [Tab, ...Tab[]]
}

test('one tab leads, the others follow, and each is given what it reads', async () => {
  const [leader, follower] = (await openTabs(2)) as [Tab, Tab]
  leader.last.send(message(1) + message(2))
  await settle()

  expect(leader.seen).toEqual(['1', '2'])
  expect(follower.seen).toEqual(['1', '2'])
  expect([leader.source.mode, follower.source.mode]).toEqual(['leading', 'following'])
  expect(follower.source.lastEventId).toBe('e-2')
  expect(follower.source.state).toMatchObject({ status: 'open', response: { status: 200 } })
  expect(follower.exchanges).toHaveLength(0)
})

test('who leads next goes on after what any tab has read', async () => {
  const [leader, behind, ahead] = (await openTabs(3)) as [Tab, Tab, Tab]
  const hearAgain = behind.hub.deafen()
  leader.last.send(message(1) + message(2))
  await settle()
  hearAgain()
  leader.hub.crash()
  await settle()
  await clock.advanceAsync(100, settle)

  expect(behind.source.mode).toBe('leading')
  expect(behind.last.lastEventId).toBe('e-2')
  behind.last.respond().send(message(3))
  await settle()
  expect(behind.seen).toEqual(['1', '2', '3'])
  expect(ahead.seen).toEqual(['1', '2', '3'])
})

/** The last messages of the leader never reach `behind`, which leads next, and `ahead` cannot tell it. */
async function takeOverFromBefore(listening = true): Promise<[Tab, Tab]> {
  const tabs = new TabHub()
  const leader = listen(await openTab(tabs))
  const behind = listen(await openTab(tabs))
  const ahead = await openTab(tabs)
  if (listening) listen(ahead)
  leader.last.respond()
  leader.last.send(message(1))
  await settle()
  const hearAgain = behind.hub.deafen()
  leader.last.send(message(2) + message(3))
  await settle()
  hearAgain()
  ahead.hub.hold()
  leader.hub.crash()
  await settle()
  await clock.advanceAsync(100, settle)
  expect(behind.last.lastEventId).toBe('e-1')
  return [behind, ahead]
}

test.each(['reads at once', 'lags'])(
  'a tab that has read more than who leads next gets nothing twice, when it %s',
  async (when) => {
    const [behind, ahead] = await takeOverFromBefore(when !== 'lags')
    behind.last.respond().send(message(2))
    await settle()
    ahead.hub.letGo()
    await settle()
    behind.last.send(message(3) + message(4))
    await settle()
    if (when === 'lags') listen(ahead)
    await settle()

    expect(behind.seen).toEqual(['1', '2', '3', '4'])
    expect(ahead.seen).toEqual(['1', '2', '3', '4'])
  },
)

test('a tab that has read more is given what comes instead of what it has', async () => {
  const [behind, ahead] = await takeOverFromBefore()
  ahead.hub.letGo()
  await settle()
  behind.last.respond().send(message(2) + message(5))
  await settle()
  expect(ahead.seen).toEqual(['1', '2', '3', '5'])
})

test('a leader that was deposed while it slept doubles nothing, for nobody', async () => {
  const [leader, follower, third] = (await openTabs(3)) as [Tab, Tab, Tab]
  leader.last.send(message(1))
  await settle()
  leader.hub.hold()
  await clock.advanceAsync(10_000, settle)
  const next = [follower, third].find(({ source }) => source.mode === 'leading') as Tab
  next.last.respond().send(message(2) + message(3))
  await settle()

  // It reads on before it hears anything of that.
  leader.last.send(message(2))
  await settle()
  expect(leader.seen).toEqual(['1', '2'])
  leader.hub.letGo()
  await settle()
  next.last.send(message(4))
  await settle()

  for (const { seen } of [leader, follower, third]) expect(seen).toEqual(['1', '2', '3', '4'])
  expect(leader.source.mode).toBe('following')
  expect(leader.last.aborted).toBe(true)
})

test('a leader that was deposed and heard nothing of it is told by who leads', async () => {
  const [leader, follower] = (await openTabs(2)) as [Tab, Tab]
  const hearAgain = leader.hub.deafen()
  await clock.advanceAsync(10_000, settle)
  follower.last.respond().send(message(1))
  await settle()
  hearAgain()
  leader.last.send(message(1))
  await settle()
  expect([leader.source.mode, follower.source.mode]).toEqual(['following', 'leading'])

  follower.last.send(message(2))
  await settle()
  expect(leader.seen).toEqual(['1', '2'])
  expect(follower.seen).toEqual(['1', '2'])
})

test('a tab that slept does not replace a leader that is well', async () => {
  const [leader, follower] = (await openTabs(2)) as [Tab, Tab]
  for (let n = 0; n < 10; n++) await clock.advanceAsync(3_000, settle)
  clock.sleep(60_000)
  for (let n = 0; n < 10; n++) await clock.advanceAsync(3_000, settle)
  expect(leader.source.mode).toBe('leading')
  expect(follower.modes).toEqual(['following'])
})

test('a tab with a position of its own is caught up from what was relayed, or told of the gap', async () => {
  const tabs = new TabHub()
  const leader = listen(await openTab(tabs, { retention: { events: 3 } }))
  leader.last.respond()
  for (let n = 1; n <= 5; n++) leader.last.send(message(n))
  await settle()

  const near = listen(await openTab(tabs, { lastEventId: 'e-4' }))
  const far = listen(await openTab(tabs, { lastEventId: 'e-1' }))
  await settle()
  expect(near.seen).toEqual(['5'])
  expect(far.seen).toEqual(['gap evicted null', '3', '4', '5'])
})

test('a position without an event is relayed as well', async () => {
  const [leader, follower] = (await openTabs(2)) as [Tab, Tab]
  leader.last.send('id: e-7\n\n')
  await settle()
  expect(follower.source.lastEventId).toBe('e-7')

  leader.hub.crash()
  await settle()
  await clock.advanceAsync(100, settle)
  expect(follower.last.lastEventId).toBe('e-7')
})

test('events that the server repeats are not relayed, though a tab lags', async () => {
  const tabs = new TabHub()
  const leader = listen(await openTab(tabs))
  const lagging = await openTab(tabs)
  leader.last.respond().send(message(1) + message(2))
  await settle()
  leader.last.cut()
  await clock.advanceAsync(5_000, settle)
  leader.last.respond().send(message(2) + message(3))
  await settle()
  listen(lagging)
  await settle()
  expect(leader.seen).toEqual(['1', '2', '3'])
  expect(lagging.seen).toEqual(['1', '2', '3'])
})

test('a tab that takes nothing holds the server up when it is the only one', async () => {
  const tabs = new TabHub()
  const only = await openTab(tabs)
  only.last.respond().send(message(1))
  await settle()
  expect(only.last.isRead).toBe(false)

  const other = listen(await openTab(tabs))
  only.last.send(message(2))
  await settle()
  expect(other.seen).toEqual(['2'])
  listen(only)
  await settle()
  expect(only.seen).toEqual(['1', '2'])
})

test('a burst of more than is kept is a gap for nobody who is quick', async () => {
  const [leader, follower] = (await openTabs(2, { retention: { events: 10 } })) as [Tab, Tab]
  const burst = Array.from({ length: 100 }, (_, n) => n + 1)
  leader.last.send(burst.map(message).join(''))
  await settle()
  expect(leader.seen).toEqual(burst.map(String))
  expect(follower.seen).toEqual(burst.map(String))
})

test('the end of the stream is the end in every tab, after its last event', async () => {
  const [leader, follower] = (await openTabs(2)) as [Tab, Tab]
  leader.last.send(message(1)).cut()
  await clock.advanceAsync(5_000, settle)
  leader.last.respond({ status: 404 })
  await settle()
  for (const { source, seen } of [leader, follower]) {
    expect(seen).toEqual(['1'])
    const { reason, error } = await source.closed
    expect(reason).toBe('failed')
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error?.response?.status).toBe(404)
  }
  expect(follower.exchanges).toHaveLength(0)
})

test('closing the leading tab closes no other', async () => {
  const [leader, follower] = (await openTabs(2)) as [Tab, Tab]
  leader.last.send(message(1))
  await settle()
  leader.source.close()
  await settle()
  await clock.advanceAsync(100, settle)
  expect(leader.last.aborted).toBe(true)
  expect(follower.source.mode).toBe('leading')
  expect(follower.last.lastEventId).toBe('e-1')
})

test('closed while it tells that it leads or follows, it does neither', async () => {
  const tabs = new TabHub()
  const hub = tabs.tab()
  const fetch = scriptedFetch()
  const leading = hub.run(() => createSharedEventSource('http://localhost/events', { fetch, clock }))
  leading.observe(({ type }) => type === 'mode' && leading.close())
  await settle()
  expect(fetch.exchanges).toHaveLength(0)
  expect(clock.pendingTimers).toBe(0)

  const leader = await openTab(tabs)
  const follower = await openTab(tabs)
  follower.source.observe(({ type }) => type === 'mode' && follower.source.close())
  leader.source.close()
  await settle()
  await clock.advanceAsync(200, settle)
  expect(follower.source.state.status).toBe('closed')
  expect(follower.exchanges).toHaveLength(0)
  expect(clock.pendingTimers).toBe(0)
})

test('goes alone where locks are refused', async () => {
  const tabs = new TabHub()
  const hub = tabs.tab()
  tabs.locks = () => ({
    request: () => {
      throw new DOMException('no origin', 'SecurityError')
    },
    query: async () => ({}),
  })
  const fetch = scriptedFetch()
  const source = hub.run(() => createSharedEventSource('http://localhost/', { fetch, presence: false }))
  const seen: string[] = []
  source.on('message', (data) => void seen.push(data))
  await settle()
  expect(source.mode).toBe('alone')
  fetch.last.respond().send(message(1))
  await settle()
  expect(seen).toEqual(['1'])
  source.close()
  expect(fetch.last.aborted).toBe(true)
})

test('a URL that is a function needs a name', () => {
  expect(() => createSharedEventSource(() => '/')).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  )
  expect(() => createSharedEventSource('http://localhost/', { leaderTimeoutMs: -1 })).toThrow(
    /leaderTimeoutMs/,
  )
  expect(() => createSharedEventSource('http://localhost/', { retention: { events: 0 } })).toThrow(
    /retention/,
  )
})
