import type { Browser, Page } from 'playwright-core'
import { createElement, Fragment } from 'react'
import { renderToString } from 'react-dom/server'
import { beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../../testing/test/fixtures/chromium.ts'
import { CounterServer } from '../shared/counter-server.ts'
import { Status, Weather } from './components.ts'

type Name = 'Status' | 'Weather' | 'Log'

/** What `page.ts` offers. */
declare const show: (names: readonly Name[], props?: object) => void
declare const hydrate: (html: string, names: readonly Name[]) => void
declare const unmount: () => void
declare const seen: () => { renders: Record<string, number>; opened: string[]; errors: string[] }
declare const countFrames: () => () => { frames: number; ms: number }

describe.skipIf(chromiumPath === undefined)('useEventSource in Chromium, in StrictMode', () => {
  let browser: Browser
  let server: CounterServer
  let page: Page
  beforeAll(async () => {
    browser = await launchChromium()
    return () => browser.close()
  })

  async function setUp(): Promise<AsyncDisposable> {
    server = await CounterServer.start({ page: new URL('page.ts', import.meta.url) })
    page = await browser.newPage()
    page.on('pageerror', (error) => expect.fail(`The page threw: ${error.message}`))
    await page.goto(server.url)
    return {
      async [Symbol.asyncDispose]() {
        await page.close()
        await server[Symbol.asyncDispose]()
      },
    }
  }

  const shows = (id: string, text: string | RegExp): Promise<void> =>
    page.locator(`#${id}`).filter({ hasText: text }).waitFor({ timeout: 60_000 })

  test('opens one connection for all components with one key, and closes it after the last', async () => {
    await using _ = await setUp()
    await page.evaluate(() => show(['Status', 'Weather', 'Status']))
    await shows('weather', '-')
    await expect.poll(() => server.streams).toBe(1)
    server.publish()
    server.publishOther('weather', 'sunny')
    await shows('weather', 'sunny')
    expect(await page.locator('#status').allTextContents()).toEqual(['open 1 ', 'open 1 '])

    // All are gone, and some are back soon: the connection is still there.
    const now = await page.evaluate(() => Date.now())
    await page.clock.install({ time: now })
    await page.clock.pauseAt(now + 1_000)
    await page.evaluate(() => show([]))
    await page.locator('#weather').waitFor({ state: 'detached' })
    await page.clock.runFor(500)
    await page.evaluate(() => show(['Weather']))
    await shows('weather', 'sunny')
    expect(server.requests).toBe(1)

    await page.evaluate(() => unmount())
    await page.clock.runFor(500)
    // Behind this, the server would know of a connection that was closed before.
    await page.evaluate(() => fetch('/missing'))
    expect(server.streams).toBe(1)
    await expect
      .poll(async () => {
        await page.clock.runFor(100)
        return server.streams
      })
      .toBe(0)
    expect((await page.evaluate(() => seen())).opened).toEqual(['/events'])
  })

  test('does not render a component again for events that leave what it selects as it is', async () => {
    await using _ = await setUp()
    await page.evaluate(() => show(['Status', 'Weather']))
    await shows('status', 'open')
    server.publishOther('weather', 'sunny')
    await shows('weather', 'sunny')
    const before = (await page.evaluate(() => seen())).renders

    for (let n = 1; n <= 10; n++) {
      if (n === 10) server.publishOther('weather', 'sunny')
      server.publish()
      await shows('status', new RegExp(`^open ${n} $`))
    }

    const after = (await page.evaluate(() => seen())).renders
    expect(after['weather']).toBe(before['weather'])
    expect(after['status']).toBeGreaterThanOrEqual((before['status'] ?? 0) + 10)
  })

  test('renders at most once per frame, and reduces every event', async () => {
    await using _ = await setUp()
    await page.evaluate(() => show(['Log']))
    await expect.poll(() => server.streams).toBe(1)
    const before = (await page.evaluate(() => seen())).renders['log'] ?? 0
    const counted = await page.evaluateHandle(() => countFrames())
    for (let n = 0; n < 100; n++) {
      server.publish(25)
      await sleep(5)
    }
    await shows('log', '2500 50 2500')

    const { frames, ms } = await counted.evaluate((stop) => stop())
    const renders = ((await page.evaluate(() => seen())).renders['log'] ?? 0) - before
    // StrictMode renders each twice, and where a frame takes long, what is new is shown without one, every 100 ms.
    expect(renders / 2).toBeLessThanOrEqual(frames + ms / 100 + 1)
  })

  test('takes over what a server has rendered', async () => {
    await using _ = await setUp()
    const html = renderToString(createElement(Fragment, null, createElement(Status), createElement(Weather)))
    await page.evaluate((given) => hydrate(given, ['Status', 'Weather']), html)
    await shows('status', 'open')
    expect((await page.evaluate(() => seen())).errors).toEqual([])
  })

  test('follows its key, and tells why there is no connection', async () => {
    await using _ = await setUp()
    await page.evaluate(() => show(['Status'], { path: null }))
    await shows('status', 'connecting')
    expect((await page.evaluate(() => seen())).opened).toEqual([])

    await page.evaluate(() => show(['Status'], { path: '/events' }))
    await shows('status', 'open')
    await page.evaluate(() => show(['Status'], { path: '/missing' }))
    await shows('status', 'closed - refused')
    await expect.poll(() => server.streams).toBe(0)
  })
})

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
