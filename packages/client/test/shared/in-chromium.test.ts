import { seeded } from '@sse/testing'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../../testing/test/fixtures/chromium.ts'
import { CounterServer } from './counter-server.ts'
import type { Seen } from './page.ts'

/** What `page.ts` offers. */
declare const join: (path: string, options?: object) => Promise<void>
declare const joinSlowly: (path: string, options?: object) => Promise<void>
declare const seen: () => Seen
declare const block: () => void
declare const tellPage: (type: string) => void
declare const leave: () => void
declare const release: () => void

describe.skipIf(chromiumPath === undefined)('shared by the tabs of Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  /** A tab that has joined. */
  async function openTab(
    context: BrowserContext,
    server: CounterServer,
    options: object = {},
  ): Promise<Page> {
    const page = await context.newPage()
    await page.goto(server.url)
    await page.evaluate((given) => join('/events', given), options)
    return page
  }

  async function openTabs(
    context: BrowserContext,
    server: CounterServer,
    tabs: number,
    options: object = {},
  ): Promise<Page[]> {
    const pages: Page[] = []
    for (let n = 0; n < tabs; n++) pages.push(await openTab(context, server, options))
    return pages
  }

  for (const seed of [1, 2]) {
    test(`gives each of 8 tabs every event once and in order while leaders close and crash (seed ${seed})`, async () => {
      await using server = await CounterServer.start()
      await using context = await browser.newContext()
      const random = seeded(seed)
      const stop = server.stream(400)
      // None of them freezes, however busy the machine is.
      const pages = await openTabs(context, server, 8, { leaderTimeoutMs: 20_000 })
      expect(server.streams).toBe(1)

      for (let round = 0; round < 6; round++) {
        await sleep(100 + 300 * random())
        const leader = await leaderOf(pages)
        // Its own: that of the leader before it is closed, and the server knows.
        await expect.poll(() => server.streams).toBe(1)
        pages.splice(pages.indexOf(leader), 1)
        if (random() < 0.5) await leader.close()
        else await crash(leader)
        if (random() < 0.3) server.cut()
        // Another one joins in the middle of the hand-over.
        if (random() < 0.5) pages.push(await openTab(context, server, { leaderTimeoutMs: 20_000 }))
        expect(server.streams).toBeLessThanOrEqual(2)
      }
      await sleep(300)
      stop()

      await expectAllSeen(pages, server)
      await expect.poll(() => server.streams).toBe(1)
      expect(server.mostStreams).toBeLessThanOrEqual(2)
      expect(server.requests).toBeGreaterThanOrEqual(7)
    })
  }

  test('passes the connection on when the leading tab closes its source', async () => {
    await using server = await CounterServer.start()
    await using context = await browser.newContext()
    const [leader, ...others] = await openTabs(context, server, 3)
    const stop = server.stream(400)
    for (const page of others) await readsOn(page, server)

    await leader?.evaluate(() => leave())
    await leaderOf(others)
    for (const page of others) await readsOn(page, server)
    stop()

    await expectAllSeen(others, server)
    await expect.poll(() => server.streams).toBe(1)
    expect(await leader?.evaluate(() => seen().status)).toBe('closed')
  })

  const FREEZES = {
    // With a timeout that would never be reached: it says so itself.
    'is told that it will be frozen': { leaderTimeoutMs: 60_000, freeze },
    'is frozen without being told': { leaderTimeoutMs: 2_000, freeze: hold },
  }

  for (const [happens, { leaderTimeoutMs, freeze }] of Object.entries(FREEZES)) {
    test(`replaces a leader that ${happens}, and gives it all that it missed when it is back`, async () => {
      await using server = await CounterServer.start()
      await using context = await browser.newContext()
      const pages = await openTabs(context, server, 4, { leaderTimeoutMs })
      const stop = server.stream(200)
      for (const page of pages) await readsOn(page, server)

      const leader = await leaderOf(pages)
      const others = pages.filter((page) => page !== leader)
      const thaw = await freeze(leader, server)
      await leaderOf(others)
      for (const page of others) await readsOn(page, server)
      // The connection of one that is frozen stays open where nobody could close it.
      await expect.poll(() => server.streams).toBeLessThanOrEqual(2)
      await thaw()
      await expect.poll(() => leader.evaluate(() => seen().modes)).toContain('following')
      await readsOn(leader, server)
      stop()

      await expectAllSeen(pages, server)
      const leading = async (): Promise<number> =>
        (await Promise.all(pages.map(leads))).filter((each) => each).length
      await expect.poll(leading).toBe(1)
      await expect.poll(() => server.streams).toBe(1)
    })
  }

  test('tells a tab that was away for longer than anything is kept of the gap', async () => {
    await using server = await CounterServer.start()
    await using context = await browser.newContext()
    const options = { retention: { events: 20 }, leaderTimeoutMs: 60_000 }
    const [leader, away] = (await openTabs(context, server, 2, options)) as [Page, Page]
    server.publish(5)
    await reached(away, 5)

    const thaw = await freeze(away, server)
    server.publish(100)
    await reached(leader, 105)
    await thaw()
    await reached(away, 105)

    const { counts, gaps } = await away.evaluate(() => seen())
    expect(gaps).toMatchObject([{ reason: 'evicted', missed: null }])
    expect(counts).toEqual([...run(1, 5), ...run(86, 105)])
  })

  test('lets no slow tab hold up the others, and tells it what it was too slow for', async () => {
    await using server = await CounterServer.start()
    await using context = await browser.newContext()
    const slow = await context.newPage()
    await slow.goto(server.url)
    const options = { retention: { events: 50 }, bufferSize: 10, leaderTimeoutMs: 60_000 }
    await slow.evaluate((given) => joinSlowly('/events', given), options)
    const quick = await openTab(context, server, options)
    expect(await slow.evaluate(() => seen().mode)).toBe('leading')

    for (let n = 0; n < 100; n++) {
      server.publish(5)
      await sleep(2)
    }
    await reached(quick, 500)
    await slow.evaluate(() => release())
    await reached(slow, 500)

    const { counts, gaps } = await slow.evaluate(() => seen())
    const [gap] = gaps
    expect(gaps).toMatchObject([{ reason: 'lagged' }])
    expect(counts.length + (gap?.missed ?? 0)).toBe(500)
    expect(new Set(counts).size).toBe(counts.length)
    await expectAllSeen([quick], server)
  })

  test('tells every tab at a hand-over that events without ids may have been missed', async () => {
    await using server = await CounterServer.start()
    await using context = await browser.newContext()
    const pages: Page[] = []
    for (let n = 0; n < 3; n++) {
      const page = await context.newPage()
      await page.goto(server.url)
      await page.evaluate(() => join('/idless', { leaderTimeoutMs: 60_000 }))
      pages.push(page)
    }
    const stop = server.stream(200)
    for (const page of pages) await readsOn(page, server)
    await pages.shift()?.close()
    await leaderOf(pages)
    for (const page of pages) await readsOn(page, server)
    stop()

    for (const page of pages) {
      await reached(page, server.count)
      const { counts, gaps } = await page.evaluate(() => seen())
      expect(gaps).toMatchObject([{ reason: 'unknown-id', missed: null }])
      expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b))
    }
  })

  test('goes alone, and says so, where there are no Web Locks', async () => {
    await using server = await CounterServer.start()
    await using context = await browser.newContext()
    await context.addInitScript(() => {
      // As a page that is not served securely.
      type Prototype = { prototype: { locks?: unknown; randomUUID?: unknown } }
      const { Navigator, Crypto } = globalThis as unknown as { Navigator: Prototype; Crypto: Prototype }
      delete Navigator.prototype.locks
      delete Crypto.prototype.randomUUID
    })
    const pages = await openTabs(context, server, 3)
    server.publish(10)

    await expectAllSeen(pages, server)
    expect(server.streams).toBe(3)
    for (const page of pages) expect((await page.evaluate(() => seen())).modes).toEqual(['alone'])
  })

  test('control: of 8 native EventSources 6 open, and the others wait for ever', async () => {
    await using server = await CounterServer.start()
    await using context = await browser.newContext()
    const pages = await Promise.all(Array.from({ length: 8 }, () => context.newPage()))
    for (const page of pages) await page.goto(server.url)
    for (const page of pages)
      await page.evaluate(() => Object.assign(globalThis, { native: new EventSource('/events') }))
    const states = (): Promise<number[]> =>
      Promise.all(
        pages.map((page) =>
          page.evaluate(() => (globalThis as unknown as { native: EventSource }).native.readyState),
        ),
      )
    await expect.poll(async () => (await states()).toSorted()).toEqual([0, 0, 1, 1, 1, 1, 1, 1])
    expect(server.requests).toBe(6)

    // Nothing but the place of another one lets the next in.
    await pages.splice((await states()).indexOf(1), 1)[0]?.close()
    await expect.poll(async () => (await states()).toSorted()).toEqual([0, 1, 1, 1, 1, 1, 1])
    expect(server.requests).toBe(7)
  })
})

/**
 * What the page sees of a freeze. Chromium freezes no page that is visible, and Playwright keeps all of them visible.
 * Returns what lets it run again.
 */
async function freeze(page: Page, server: CounterServer): Promise<() => Promise<void>> {
  const tell = (type: string): Promise<unknown> => page.evaluate((told) => tellPage(told), type)
  await tell('freeze')
  const release = await hold(page, server)
  return async () => {
    await release()
    await tell('resume')
  }
}

/** Nothing runs in it, and nothing told it so. Settles when it stands still. */
async function hold(page: Page, server: CounterServer): Promise<() => Promise<void>> {
  const held = page.evaluate(() => block())
  await expect.poll(() => server.held).toBe(1)
  return async () => {
    server.release()
    await held
  }
}

/** In order, each once, from when they joined to the end, and no gap. */
async function expectAllSeen(pages: readonly Page[], server: CounterServer): Promise<void> {
  for (const page of pages) await reached(page, server.count)
  for (const page of pages) {
    const { counts, gaps } = await page.evaluate(() => seen())
    expect(gaps).toEqual([])
    expect(counts).toEqual(run(counts[0] ?? 0, server.count))
  }
}

/** The counts from one to another. */
function run(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, n) => from + n)
}

/** Which of them leads, once it does, by a connection that is open. */
async function leaderOf(pages: readonly Page[]): Promise<Page> {
  const find = async (): Promise<Page | undefined> => {
    for (const page of pages) if (await leads(page)) return page
    return undefined
  }
  let leader: Page | undefined
  await expect
    .poll(
      async () => {
        leader = await find()
        return leader !== undefined
      },
      { message: 'one of them leads', interval: 20 },
    )
    .toBe(true)
  return leader as Page
}

function leads(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const { mode, status } = seen()
    return mode === 'leading' && status === 'open'
  })
}

/** The process of the page is gone, as after a bug in the browser. */
async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const crashed = new Promise((resolve) => page.once('crash', resolve))
  session.send('Page.crash').catch(() => {})
  await crashed
}

async function reached(page: Page, count: number): Promise<void> {
  await expect.poll(() => page.evaluate(() => seen().counts.at(-1))).toBe(count)
}

/** Settles when it has read something that came after this. */
async function readsOn(page: Page, { count }: CounterServer): Promise<void> {
  await expect.poll(() => page.evaluate(() => seen().counts.at(-1) ?? 0)).toBeGreaterThan(count)
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
