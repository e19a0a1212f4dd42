import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../../packages/testing/test/fixtures/chromium.ts'
import { exportedLog, openWindow, rows, stream, watchStream } from './demo-page.ts'
import { DemoProcess } from './demo-process.ts'
import { startStream, TestStreams } from './test-streams.ts'

describe.skipIf(chromiumPath === undefined)('what leaves the page', () => {
  let browser: Browser
  let demo: DemoProcess
  beforeAll(async () => {
    ;[browser, demo] = await Promise.all([launchChromium(), DemoProcess.start()])
  })
  afterAll(() => Promise.all([browser.close(), demo.end('SIGKILL')]))

  test('its address holds the streams and the filters, and no value of a header or a body', async () => {
    const page = await openWindow(browser, `${demo.url}/?autoconnect=0`)
    await watchStream(page, {
      url: `${demo.url}/nowhere`,
      method: 'QUERY',
      headers: 'Authorization: Bearer secret',
      body: 'private',
    })
    await page.getByTestId('stream-metrics-remove').click()
    await page.getByTestId('event-types').fill('order.created')
    await page.getByTestId('event-types').blur()
    await page.getByTestId('log-search').fill('tea')
    await page.getByTestId('log-comments').uncheck()
    await page.getByTestId('log-stream-filter').selectOption('nowhere')
    const address = await page.evaluate(() => location.href)

    expect(address).not.toMatch(/secret|private/)
    const other = await openWindow(browser, address)
    expect(await other.locator('.stream h3').allTextContents()).toEqual(['main', 'nowhere'])
    expect(await other.getByTestId('stream-nowhere-method').textContent()).toBe('QUERY')
    expect(await other.getByTestId('event-types').inputValue()).toBe('order.created')
    expect(await other.getByTestId('log-search').inputValue()).toBe('tea')
    expect(await other.getByTestId('log-comments').isChecked()).toBe(false)
    expect(await other.getByTestId('log-stream-filter').inputValue()).toBe('nowhere')
    await Promise.all([page.context().close(), other.context().close()])
  })

  test('a link connects what this site serves to a GET, and asks before anything else', async () => {
    using server = await TestStreams.start({ '/theirs': (response) => startStream(response) })
    const shared = [
      ['ours', '/realtime/shared', 'GET', 'EventSource'],
      ['posted', '/stream', 'POST', '@sse/client'],
      ['theirs', `${server.url}/theirs`, 'GET', '@sse/client'],
      ['no address', 'javascript:alert(1)', 'GET', '@sse/client'],
      'no stream',
    ]
    const hash = new URLSearchParams(shared.map((each): [string, string] => ['stream', JSON.stringify(each)]))
    const page = await openWindow(browser, demo.url)
    const sent: string[] = []
    page.on('request', (request) => sent.push(request.method()))
    // Only what follows the # differs, so the page has to be loaded anew.
    await page.goto(`${demo.url}/#${hash}&stream=broken`)
    await page.reload()

    await stream(page, 'ours', 'open').waitFor()
    expect(await page.getByTestId('stream-ours-reader').inputValue()).toBe('EventSource')
    expect(await page.locator('.stream h3').allTextContents()).toEqual(['ours', 'posted', 'theirs'])
    for (const name of ['posted', 'theirs'])
      expect(await page.getByTestId(`stream-${name}`).getAttribute('data-state')).toBe('closed')
    expect(server.requests).toEqual([])
    expect(sent).not.toContain('POST')
    await page.getByTestId('stream-theirs-toggle').click()
    await expect.poll(() => server.requests.length).toBe(1)
    await page.context().close()
  })

  test('exports what the log shows as JSON Lines, oldest first', async () => {
    using server = await TestStreams.start({
      '/exported': (response) =>
        startStream(response).write(
          ': hello\n\nid: 1\nevent: a\ndata: one\\u2028\n\ndata: two\ndata: lines\n\n',
        ),
    })
    const page = await openWindow(browser, `${demo.url}/?autoconnect=0`)
    await watchStream(page, { url: `${server.url}/exported` })
    await rows(page, 'message').waitFor()

    const at = expect.stringMatching(/^\d{4}-.*Z$/)
    expect(await exportedLog(page)).toEqual([
      { at, stream: 'exported', comment: 'hello' },
      { at, stream: 'exported', type: 'a', id: '1', data: 'one\\u2028' },
      { at, stream: 'exported', type: 'message', data: 'two\nlines' },
    ])
    await page.context().close()
  })

  test('tells the request as a curl command, which a shell takes apart as it was', async () => {
    const page = await openWindow(browser, `${demo.url}/?autoconnect=0`)
    await watchStream(page, {
      url: '/stream?a=$(b)&c',
      method: 'POST',
      headers: "X-Note: it's `quoted`",
      body: '{ \'prompt\': "$HOME" }',
      lastEventId: '9',
    })
    await page.getByTestId('stream-stream-curl').click()

    expect(await page.getByTestId('curl-command').textContent()).toBe(
      [
        `curl -N -X POST '${demo.url}/stream?a=$(b)&c'`,
        `-H 'accept: text/event-stream'`,
        `-H 'X-Note: it'\\''s \`quoted\`'`,
        `-H 'last-event-id: 9'`,
        `--data-raw '{ '\\''prompt'\\'': "$HOME" }'`,
      ].join(' \\\n  '),
    )
    await page.getByTestId('curl-close').click()
    expect(await page.getByTestId('curl-dialog').isVisible()).toBe(false)
    await page.context().close()
  })

  test('keys search, pause and show the keys, and are letters while one types', async () => {
    const page = await openWindow(browser, `${demo.url}/?autoconnect=0`)
    const paused = (): Promise<string | null> => page.getByTestId('log-pause').getAttribute('aria-pressed')

    await page.keyboard.press('p')
    expect(await paused()).toBe('true')
    await page.keyboard.press('/')
    expect(await page.getByTestId('log-search').evaluate((input) => input === document.activeElement)).toBe(
      true,
    )
    await page.keyboard.type('p?/')
    expect(await page.getByTestId('log-search').inputValue()).toBe('p?/')
    expect(await paused()).toBe('true')
    await page.getByTestId('log-search').blur()
    await page.keyboard.press('?')
    expect(await page.getByTestId('keys-dialog').isVisible()).toBe(true)
    await page.keyboard.press('p')
    expect(await paused()).toBe('true')
    await page.keyboard.press('Escape')
    await page.getByTestId('keys-dialog').waitFor({ state: 'hidden' })
    await page.context().close()
  })
})
