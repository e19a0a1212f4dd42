import type { ServerResponse } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../../packages/testing/test/fixtures/chromium.ts'
import { exportedLog, openWindow, rows, stream, watchStream } from './demo-page.ts'
import { DemoProcess } from './demo-process.ts'
import { startStream, TestStreams } from './test-streams.ts'

describe.skipIf(chromiumPath === undefined)('the log of the page', () => {
  let browser: Browser
  let demo: DemoProcess
  beforeAll(async () => {
    ;[browser, demo] = await Promise.all([launchChromium(), DemoProcess.start()])
  })
  afterAll(() => Promise.all([browser.close(), demo.end('SIGKILL')]))

  /** A page that watches one stream, which the test writes. */
  async function watchWritten(): Promise<{ page: Page; written: ServerResponse; server: TestStreams }> {
    const started = Promise.withResolvers<ServerResponse>()
    const server = await TestStreams.start({
      '/written': (response) => started.resolve(startStream(response)),
    })
    const page = await openWindow(browser, `${demo.url}/?autoconnect=0`)
    await watchStream(page, { url: `${server.url}/written` })
    const written = await started.promise
    written.write(': begin\n\n')
    await stream(page, 'written', 'open').waitFor()
    return { page, written, server }
  }

  test('filters by type, by text, by stream, and hides comments', async () => {
    const { page, written, server: _server } = await watchWritten()
    using server = _server
    written.write('id: a1\nevent: apple\ndata: Red\n\nevent: pear\ndata: green\n\ndata: red wine\n\n')
    await rows(page, 'pear').waitFor()
    const shown = async (): Promise<(string | undefined)[]> =>
      (await exportedLog(page)).map(({ data, comment }) => data ?? `: ${comment}`)

    await expect.poll(shown).toEqual([': begin', 'Red', 'green', 'red wine'])
    await page.getByTestId('log-comments').uncheck()
    await expect.poll(shown).toEqual(['Red', 'green', 'red wine'])
    await page.getByTestId('log-search').fill('RED')
    await expect.poll(shown).toEqual(['Red', 'red wine'])
    await page.getByTestId('log-type-filter').fill('app')
    await expect.poll(shown).toEqual(['Red'])
    await page.getByTestId('log-type-filter').fill('')
    await page.getByTestId('log-search').fill('a1')
    await expect.poll(shown).toEqual(['Red'])
    await page.getByTestId('log-stream-filter').selectOption('main')
    await expect.poll(shown).toEqual([])
    expect(server.requests).toHaveLength(1)
    await page.context().close()
  })

  test('counts what comes while it is paused, and then shows it', async () => {
    const { page, written, server: _server } = await watchWritten()
    using _ = _server
    await rows(page, ':').waitFor()
    await page.keyboard.press('p')
    await expect.poll(() => page.getByTestId('log-pause').textContent()).toBe('Continue')
    written.write('data: while paused\n\n'.repeat(3))

    await page.locator('#log-panel [data-field=status]').getByText('Paused, 3 new').waitFor()
    // Another filter does not let in what waits.
    await page.getByTestId('log-search').fill('e')
    await expect.poll(() => rows(page, ':').count()).toBe(1)
    expect(await rows(page, 'message').count()).toBe(0)
    await page.getByTestId('log-search').blur()
    await page.keyboard.press('p')
    await expect.poll(() => rows(page, 'message').count()).toBe(3)
    await page.context().close()
  })

  test('shows an event as indented JSON, and as it goes on the wire', async () => {
    const { page, written, server: _server } = await watchWritten()
    using _ = _server
    written.write('id: 5\nevent: order\ndata: {"item":\ndata: "tea"}\n\n')
    await rows(page, 'order').locator('button').click()
    const text = (): Promise<string | null> => page.getByTestId('inspector-text').textContent()

    expect(await page.getByTestId('inspector-title').textContent()).toBe('order on written, id 5')
    expect(await text()).toBe('{\n  "item": "tea"\n}')
    await page.getByTestId('view-wire').click()
    expect(await text()).toBe('id: 5\nevent: order\ndata: {"item":\ndata: "tea"}\n\n')
    await rows(page, ':').locator('button').click()
    expect(await text()).toBe(': begin\n\n')
    await page.getByTestId('inspector-close').click()
    expect(await page.getByTestId('inspector').isVisible()).toBe(false)
    await page.context().close()
  })

  test('whatever a stream says is text: in types, data, ids, comments, names', async () => {
    const { page, written, server: _server } = await watchWritten()
    using server = _server
    const hostile = `<img src=x onerror="document.title='owned'">`
    written.write(
      `id: ${hostile}\nevent: ${hostile}\ndata: ${hostile}\n\n: ${hostile}\n\nevent: gap\ndata: ${hostile}\n\n`,
    )
    written.write(
      `event: metrics\ndata: {"at":"2026-01-01T00:00:00Z","cpuPercent":"${hostile.replaceAll('"', "'")}"}\n\n`,
    )
    await rows(page, 'metrics').waitFor()
    // A name from the address, as a link of somebody else could have it.
    const link = new URLSearchParams({
      stream: JSON.stringify([hostile, `${server.url}/written`, 'GET']),
      search: hostile,
    })
    const other = await page.context().newPage()
    await other.goto(`${demo.url}/?autoconnect=0#${link}`)
    await other.getByRole('heading', { name: hostile }).waitFor()
    expect(await other.title()).not.toBe('owned')
    expect(await other.locator('img[src=x]').count()).toBe(0)
    // A page behind another one is not drawn.
    await other.close()

    await page.locator('[data-testid=log-row]').filter({ hasText: hostile }).first().waitFor()
    for (const row of await page.locator('[data-testid=log-row] button').all()) {
      await row.click()
      await page.getByTestId('view-wire').click()
      await page.getByTestId('view-json').click()
    }
    await page.getByTestId('stream-written-curl').click()
    expect(await page.title()).not.toBe('owned')
    expect(await page.locator('img[src=x]').count()).toBe(0)
    await page.context().close()
  })

  test('10,000 events a second: all are counted, memory is bounded and the page goes on drawing', async () => {
    const total = 24_000
    const { page, written, server: _server } = await watchWritten()
    using _ = _server
    await page.evaluate(watchFrames)
    const started = performance.now()
    await feed(written, total, 10_000)
    const fedMs = performance.now() - started

    await page.getByTestId('stream-written-events').getByText(String(total), { exact: true }).waitFor()
    const { frames, longestGapMs } = await page.evaluate(framesSeen)
    process.stdout.write(
      `  ${total} events in ${Math.round(fedMs)} ms: ${frames} frames, the longest gap ${Math.round(longestGapMs)} ms\n`,
    )
    // A page that freezes has one gap as long as the feeding. Even a machine that is busy with other things draws more often.
    expect(longestGapMs).toBeLessThan(1_000)
    expect(frames).toBeGreaterThan(10)

    // The card of the stream may be a frame ahead of the log.
    const status = page.locator('#log-panel [data-field=status]')
    await status.getByText('20,000 kept of 24,001').waitFor()
    expect(await page.getByTestId('log-row').count()).toBeLessThan(100)
    const log = await exportedLog(page)
    expect(log.map(({ data }) => Number(data))).toEqual(Array.from({ length: 20_000 }, (_, i) => i + 4_000))

    // What is looked at stays in place while more comes in above.
    const viewport = page.getByTestId('log')
    await viewport.evaluate((list) => list.scrollTo(0, 100_000))
    await rows(page, 'message').first().waitFor()
    await expect.poll(() => page.getByText('23999', { exact: true }).count()).toBe(0)
    const looked = await page.getByTestId('log-row').nth(10).getByTestId('log-row-data').textContent()
    written.write('event: late\ndata: 1\n\n'.repeat(5))
    await page
      .getByTestId('stream-written-events')
      .getByText(String(total + 5), { exact: true })
      .waitFor()
    await status.getByText('20,000 kept of 24,006').waitFor()
    await expect
      .poll(() => page.getByTestId('log-row').nth(10).getByTestId('log-row-data').textContent())
      .toBe(looked)
    await page.context().close()
  })
})

/** Writes numbered events at this rate, in the steps that the timer gives, and no faster than they are taken. */
async function feed(written: ServerResponse, total: number, perSecond: number): Promise<void> {
  const started = performance.now()
  let sent = 0
  while (sent < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - started) / 1_000) * perSecond) + 100)
    let chunk = ''
    for (; sent < due; sent++) chunk += `data: ${sent}\n\n`
    if (chunk !== '') written.write(chunk)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Runs in the page. */
function watchFrames(): void {
  const seen = { frames: 0, longestGapMs: 0 }
  let last = performance.now()
  const frame = (now: number): void => {
    seen.frames += 1
    seen.longestGapMs = Math.max(seen.longestGapMs, now - last)
    last = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  Object.assign(globalThis, { framesSeen: seen })
}

/** Runs in the page. */
function framesSeen(): { frames: number; longestGapMs: number } {
  return (globalThis as unknown as { framesSeen: { frames: number; longestGapMs: number } }).framesSeen
}
