import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../fixtures/chromium.ts'

/** What `page.ts` offers. */
declare const ready: Promise<unknown>
declare const follow: (lineEnding: string) => Promise<{ events: string[]; asked: (string | null)[] }>
declare const converse: () => Promise<{ events: string[]; end: string; body: string }>
declare const cutOff: (init?: RequestInit) => Promise<{ pieces: string[]; how: string }>
declare const leaveEarly: () => Promise<{ failed: string; end: string }>
declare const resume: () => Promise<string | null>
declare const fail: () => Promise<{ status: number; failed: string }>
declare const reset: () => void

// When msw logs, which is its default, it reads what it logs.
describe.skipIf(chromiumPath === undefined).each([
  ['logs', ''],
  ['is quiet', '?quiet'],
])('eventStream in the service worker of Chromium, when msw %s', (_, search) => {
  let browser: Browser
  let server: Server
  let page: Page
  const printed: string[] = []

  beforeAll(async () => {
    server = await servePage()
    browser = await launchChromium()
    page = await browser.newPage()
    page.setDefaultTimeout(120_000)
    page.on('pageerror', (error) => expect.fail(`The page threw: ${error.message}`))
    page.on('console', (message) => void printed.push(message.text()))
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/${search}`)
    await page.evaluate(() => ready)
  })
  beforeEach(() => page.evaluate(() => reset()))
  afterAll(async () => {
    await browser?.close()
    server?.close()
    server?.closeAllConnections()
  })

  test.each(['\n', '\r\n', '\r'])(
    'the EventSource of the page reads, is cut off and comes back: %j',
    async (lineEnding) => {
      expect(await page.evaluate((ending) => follow(ending), lineEnding)).toEqual({
        events: ['1 {"value":1}', '2 {"value":2}'],
        // Chromium does not show a service worker the id of its EventSource; see the next test for who sends one by fetch.
        asked: [null, null],
      })
    },
  )

  test('a POST by fetch is answered step by step, and the handler sees that its reader has left', async () => {
    expect(await page.evaluate(() => converse())).toEqual({
      events: ['"Be"', '"cause"'],
      end: 'released',
      body: 'Why?',
    })
  })

  test('a fetch gets bytes as they are sent, and a cut breaks its body', async () => {
    const init = { headers: { accept: 'text/event-stream' } }
    expect(await page.evaluate((given) => cutOff(given), init)).toEqual({
      pieces: ['data: a', '\n\n'],
      how: 'TypeError',
    })
  })

  test('what asks as an EventSource does cannot be told from one: for it a cut is an end', async () => {
    const init = { headers: { accept: 'text/event-stream' }, cache: 'no-store' } as const
    expect(await page.evaluate((given) => cutOff(given), init)).toEqual({
      pieces: ['data: a', '\n\n'],
      how: 'ended',
    })
  })

  test('the handler sees with the head that its client has left before', async () => {
    expect(await page.evaluate(() => leaveEarly())).toEqual({ failed: 'AbortError', end: 'released' })
  })

  test('msw tells of each stream, unless it is quiet', async () => {
    await page.evaluate(() => resume())
    await page.evaluate(() => fail())
    const told = (text: RegExp): boolean => printed.some((line) => text.test(line))
    // The page logs on its own time, and what it logs takes a way of its own.
    await expect.poll(() => told(/GET \/prices .*200/)).toBe(search === '')
    await expect.poll(() => told(/GET \/over .*204/)).toBe(search === '')
  })

  test('the script sees the Last-Event-ID of a client that sends it by fetch', async () => {
    expect(await page.evaluate(() => resume())).toBe('7')
  })

  test('a page sees statuses, and a network that fails', async () => {
    expect(await page.evaluate(() => fail())).toEqual({ status: 503, failed: 'TypeError' })
  })
})

async function servePage(): Promise<Server> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
  })
  const script = outputFiles[0]?.text
  const worker = await readFile(fileURLToPath(import.meta.resolve('msw/mockServiceWorker.js')), 'utf8')
  const server = createServer(({ url }, response) => {
    const javascript = url === '/page.js' ? script : url === '/mockServiceWorker.js' ? worker : undefined
    response.setHeader('content-type', javascript === undefined ? 'text/html' : 'text/javascript')
    response.end(javascript ?? '<!doctype html><script type="module" src="/page.js"></script>')
  }).listen(0)
  await once(server, 'listening')
  return server
}
