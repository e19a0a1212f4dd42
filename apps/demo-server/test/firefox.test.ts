import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Firefox, type FirefoxPage, firefoxPath } from '../../../packages/testing/test/firefox.ts'
import { createDemo, type Demo } from '../src/demo.ts'
import { listen } from '../src/listen.ts'

const named = (id: string): string => `[data-testid="${id}"]`

describe.skipIf(firefoxPath === undefined)('the page in Firefox', () => {
  const sockets = new Set<Socket>()
  let firefox: Firefox
  let demo: Demo
  let url: string
  // On a busy machine Firefox takes its time to start.
  beforeAll(async () => {
    demo = createDemo({ corsOrigin: '*' })
    demo.server.on('request', ({ url, socket }) => url?.startsWith('/stream') && sockets.add(socket))
    const port = listen(demo.server, { host: '127.0.0.1', port: 0 })
    ;[firefox, url] = await Promise.all([Firefox.launch(), port.then((port) => `http://localhost:${port}`)])
  })
  afterAll(async () => {
    await firefox?.[Symbol.asyncDispose]()
    await demo.close()
  })

  async function openPage(): Promise<FirefoxPage> {
    sockets.clear()
    const page = await firefox.openPage(url)
    await state(page, 'open')
    // From where on nothing may be missing.
    await expect.poll(() => text(page, 'stream-main-last-id')).toMatch(/-\d+$/)
    return page
  }

  function text(page: FirefoxPage, id: string): Promise<string> {
    return page.evaluate(`document.querySelector('${named(id)}').textContent`)
  }

  async function state(page: FirefoxPage, wanted: string, reader = '@sse/client'): Promise<void> {
    const read = (): Promise<string> =>
      page.evaluate(
        `(({ state, reader }) => state + ', read by ' + reader)(document.querySelector('${named('stream-main')}').dataset)`,
      )
    await expect.poll(read, { message: 'of main' }).toBe(`${wanted}, read by ${reader}`)
  }

  /** What the rows of the log in view say, newest first. */
  function rows(page: FirefoxPage, type: string): Promise<string[]> {
    const selector = `${named('log-row')}[data-type="${type}"] ${named('log-row-data')}`
    return page.evaluate(`[...document.querySelectorAll('${selector}')].map((row) => row.textContent)`)
  }

  async function fill(page: FirefoxPage, id: string, value: string): Promise<void> {
    await page.click(named(id))
    await page.evaluate(`document.querySelector('${named(id)}').select()`)
    await page.type(value)
  }

  async function publish(...messages: readonly string[]): Promise<void> {
    for (const message of messages) {
      const { status } = await fetch(`${url}/api/broadcast`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message }),
      })
      expect(status).toBe(202)
    }
  }

  async function readWith(page: FirefoxPage, reader: string): Promise<void> {
    const select = `document.querySelector('${named('stream-main-reader')}')`
    await page.evaluate(
      `(${select}.value = ${JSON.stringify(reader)}, ${select}.dispatchEvent(new Event('change')))`,
    )
  }

  test('shows what streams say, and what is typed into the form and broadcast', async () => {
    const page = await openPage()
    // By the filter: there may be more metrics than the log has in view.
    await fill(page, 'log-type-filter', 'connected')
    await expect.poll(() => rows(page, 'connected')).toHaveLength(1)
    await fill(page, 'log-type-filter', 'metrics')
    await expect.poll(async () => (await rows(page, 'metrics')).length).toBeGreaterThan(0)
    await fill(page, 'log-type-filter', 'broadcast')
    await fill(page, 'broadcast-message', 'Hello, "Firefox" <b>')
    await page.click(named('broadcast-send'))
    await expect
      .poll(() => rows(page, 'broadcast'))
      .toEqual([expect.stringContaining('Hello, "Firefox" <b>')])
    await expect.poll(() => text(page, 'broadcast-result')).toMatch(/[0-9a-z]{8}-\d+/)
    await page.close()
  })

  test.each(['@sse/client', 'EventSource'])(
    'loses nothing by %s when its connection is cut while events go on',
    async (reader) => {
      const page = await openPage()
      await readWith(page, reader)
      await state(page, 'open', reader)
      await fill(page, 'log-type-filter', 'broadcast')
      const sent = Array.from({ length: 12 }, (_, n) => `${reader} ${n}`)
      await publish(...sent.slice(0, 4))
      await expect.poll(() => rows(page, 'broadcast')).toHaveLength(4)
      for (const socket of sockets) socket.resetAndDestroy()
      await publish(...sent.slice(4, 8))
      await expect.poll(() => text(page, 'stream-main-reconnects')).toBe('1')
      await publish(...sent.slice(8))
      const shown = async (): Promise<string[]> => (await rows(page, 'broadcast')).reverse()
      await expect.poll(shown).toEqual(sent.map((message) => expect.stringContaining(message)))
      expect(await text(page, 'stream-main-gaps')).toBe('0')
      expect(await text(page, 'stream-main-reconnects')).toBe('1')
      await page.close()
    },
  )

  test('tells what a compressed stream was on the wire when its connection was cut, in the page as well', async () => {
    const page = await openPage()
    await fill(page, 'open-url', '/metrics?compression=auto')
    await page.click(named('open-submit'))
    const figure = (name: string): Promise<string> => text(page, `stream-metrics 2-${name}`)
    await expect.poll(() => figure('wire').catch(() => '')).toBe('not told yet')
    expect(await figure('ratio')).toBe('–')
    await page.click(named('stream-metrics 2-cut'))
    await expect.poll(() => figure('ratio')).toMatch(/^\d+\.\d : 1$/)
    await page.close()
  })

  test('goes on with the other client where the one was, filters, and pauses', async () => {
    const page = await openPage()
    await fill(page, 'log-type-filter', 'broadcast')
    await publish('by the client')
    await expect.poll(() => rows(page, 'broadcast')).toHaveLength(1)
    await page.click(named('stream-main-toggle'))
    await state(page, 'closed')
    await publish('by the browser')
    await readWith(page, 'EventSource')
    await page.click(named('stream-main-toggle'))
    await expect.poll(() => rows(page, 'broadcast')).toHaveLength(2)
    expect(await rows(page, 'metrics')).toEqual([])

    await page.click(named('log-pause'))
    await publish('while it is paused')
    await expect.poll(() => text(page, 'log-pause')).toMatch(/Continue/)
    await readWith(page, '@sse/client')
    await publish('still paused')
    expect(await rows(page, 'broadcast')).toHaveLength(2)
    await page.click(named('log-pause'))
    await expect
      .poll(async () => (await rows(page, 'broadcast')).reverse())
      .toEqual([
        expect.stringContaining('by the client'),
        expect.stringContaining('by the browser'),
        expect.stringContaining('while it is paused'),
        expect.stringContaining('still paused'),
      ])
    await page.close()
  })
})
