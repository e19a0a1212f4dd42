import type { Socket } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../packages/server/test/brokers/free-port.ts'
import { chromiumPath, launchChromium } from '../../../packages/testing/test/fixtures/chromium.ts'
import { createDemo } from '../src/demo.ts'
import { listen } from '../src/listen.ts'
import { broadcast, exportedLog, hasRead, openWindow, rows, stream, streamNot } from './demo-page.ts'
import { DemoProcess } from './demo-process.ts'

describe.skipIf(chromiumPath === undefined)('the page in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  async function openPage(url: string): Promise<Page> {
    const page = await openWindow(browser, url)
    await stream(page, 'main', 'open').waitFor()
    return page
  }

  test('shows in two windows what one of them broadcasts, as text', async () => {
    await using demo = await DemoProcess.start()
    const [one, two] = await Promise.all([openPage(demo.url), openPage(demo.url)])
    const hostile = '<img src=x onerror="document.title = \'owned\'"> & "friends"'

    await broadcast(one, hostile)

    for (const page of [one, two]) {
      await rows(page, 'broadcast').filter({ hasText: hostile }).waitFor()
      expect(await page.title()).not.toBe('owned')
    }
    await expect.poll(() => one.getByTestId('broadcast-result').textContent()).toMatch(/[0-9a-z]{8}-\d+/)
  })

  test('draws the metrics as they come', async () => {
    await using demo = await DemoProcess.start()
    const page = await openPage(demo.url)

    const points = async (): Promise<number> =>
      Number(await page.getByTestId('chart-load').getAttribute('data-points'))
    const before = await points()
    await expect.poll(points).toBeGreaterThan(before + 1)

    await expect.poll(() => page.getByTestId('metric-cpu').textContent()).toMatch(/\d/)
    const canvas = page.getByTestId('chart-load').locator('canvas').first()
    await expect.poll(() => canvas.evaluate(hasInk)).toBe(true)
  })

  test('resumes with nothing missed and nothing doubled when its connection is cut while events go on', async () => {
    const demo = createDemo({ corsOrigin: '*' })
    const sockets = new Set<Socket>()
    demo.server.on('request', ({ url, socket }) => url?.startsWith('/stream') && sockets.add(socket))
    const url = `http://localhost:${await listen(demo.server, { host: '127.0.0.1', port: 0 })}`
    const page = await openPage(url)
    const total = 60
    let latest = ''

    for (let n = 1; n <= total; n++) {
      // The first cut is followed by events that nobody receives, the second by events and a reconnection meanwhile.
      if (n === 20 || n === 40) for (const socket of sockets) socket.resetAndDestroy()
      if (n === 30) await expect.poll(() => sockets.size).toBe(2)
      latest = await publish(url, `numbered ${n}`)
    }

    // By what the page shows anyway: one export of the whole log after the other would be all that it has time for.
    await hasRead(page, 'main', latest)
    await page.getByTestId('log-type-filter').fill('broadcast')
    await rows(page, 'broadcast')
      .filter({ hasText: `numbered ${total}` })
      .waitFor()
    const shown = async (): Promise<string[]> =>
      (await exportedLog(page)).map(({ data }) => String(JSON.parse(data ?? '').message))
    const sent = Array.from({ length: total }, (_, i) => `numbered ${i + 1}`)
    expect((await shown()).sort(byNumber)).toEqual(sent)
    expect(await page.getByTestId('stream-main-gaps').textContent()).toMatch(/\b0\b/)
    expect(sockets.size).toBe(3)
    await page.context().close()
    await demo.close()
  })

  test('comes back after the server was killed and started again, and is told of the gap', async () => {
    const first = await DemoProcess.start({ PORT: String(await freePort()) })
    const pages = await Promise.all([openPage(first.url), openPage(first.url)])
    const [one] = pages
    await broadcast(one, 'before the crash')
    for (const page of pages) await rows(page, 'broadcast').filter({ hasText: 'before the crash' }).waitFor()

    await first.end('SIGKILL')
    for (const page of pages) await streamNot(page, 'main', 'open').waitFor()
    await using second = await DemoProcess.start({ PORT: first.port })
    for (const page of pages) {
      await stream(page, 'main', 'open').waitFor()
      await page.getByTestId('log-type-filter').fill('gap')
      await rows(page, 'gap').and(page.locator('[data-stream="main"]')).first().waitFor()
      await page.getByTestId('log-type-filter').fill('')
    }

    await broadcast(one, 'after the crash')
    for (const page of pages) {
      const after = rows(page, 'broadcast').filter({ hasText: 'after the crash' })
      await after.waitFor()
      expect(await after.count()).toBe(1)
    }
    expect(second.url).toBe(first.url)
  })
})

/** Returns the id of the event. */
async function publish(url: string, message: string): Promise<string> {
  const response = await fetch(`${url}/api/broadcast`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message }),
  })
  expect(response.status).toBe(202)
  return ((await response.json()) as { id: string }).id
}

function byNumber(a: string, b: string): number {
  return Number(a.split(' ')[1]) - Number(b.split(' ')[1])
}

/** Runs in the page: whether anything but the background was drawn on a canvas. */
function hasInk(canvas: Element): boolean {
  const { width, height } = canvas as HTMLCanvasElement
  const pixels = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height).data ?? []
  const colours = new Set<number>()
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i + 3] !== 0)
      colours.add(((pixels[i] ?? 0) << 16) | ((pixels[i + 1] ?? 0) << 8) | (pixels[i + 2] ?? 0))
  }
  return colours.size > 1
}
