import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Channel, EventSourceResponse, type StreamEnd } from '@sse/server'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../../testing/test/fixtures/chromium.ts'
import type { Counted } from './page.ts'

const EVENTS = 60

/** In the page: an `EventSource`, which is told each event by the browser. */
function bySource(events: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const source = new EventSource('/events')
    const data: string[] = []
    source.addEventListener('quote', (event) => {
      data.push(String((event as MessageEvent).data))
      void fetch(`/read?${data.length}`)
      if (data.length === events) resolve(data)
    })
    source.onerror = () => reject(new Error(`The source failed behind ${data.length} events.`))
  })
}

/** In the page: `fetch`, and the text as it comes. */
async function byFetch(events: number): Promise<string[]> {
  const response = await fetch('/events')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const data = [...text.matchAll(/^data: (.*)\n\n/gm)].map(([, line]) => line ?? '')
    if (data.length > 0) void fetch(`/read?${data.length}`)
    if (data.length === events) return data
    const { done, value } = (await reader?.read()) ?? { done: true }
    if (done) throw new Error(`The body ended behind ${data.length} events.`)
    text += value
  }
}

/** In the page: how many bytes a stream had, encoded and decoded, when it had ended. */
async function sizesOf(url: string): Promise<readonly number[]> {
  await (await fetch(url)).text()
  for (;;) {
    const [entry] = performance.getEntriesByName(url)
    if (entry instanceof PerformanceResourceTiming) return [entry.encodedBodySize, entry.decodedBodySize]
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

describe.skipIf(chromiumPath === undefined)('a compressed stream in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  test.each([
    ['EventSource', bySource],
    ['fetch', byFetch],
  ])('is read by its %s, each event before the next one is published, pings in between', async (_, read) => {
    const channel = new Channel(undefined, { compression: 'auto' })
    let known = 0
    const ends: StreamEnd[] = []
    const server = createServer((req, res) => {
      const [path, count] = (req.url ?? '').split('?')
      if (path === '/events') {
        // Often, so that shared blocks begin anew in the middle.
        void new EventSourceResponse(channel, { pingIntervalMs: 16, pingWhen: 'always' })
          .send(req, res)
          .then((end) => ends.push(end))
      } else {
        if (path === '/read') known = Math.max(known, Number(count))
        res.end()
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const page = await browser.newPage()
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      const reading = page.evaluate(read, EVENTS)
      await expect.poll(() => channel.subscribers, { message: 'the page is subscribed' }).toBe(1)
      const published: string[] = []
      for (let n = 1; n <= EVENTS; n++) {
        const quote = { n, symbol: 'ACME', price: n / 7, of: 'the same kind €' }
        published.push(JSON.stringify(quote))
        channel.publish('quote', quote)
        await expect.poll(() => known, { message: `the page has read event ${n}` }).toBe(n)
      }
      expect(await reading).toEqual(published)
      await page.close()
      await expect.poll(() => ends, { message: 'the stream has ended' }).toHaveLength(1)
      expect(ends[0]?.wireBytes).not.toBe(ends[0]?.bytes)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('is told by its resource timing what came over the wire and what that is decoded, when it has ended', async () => {
    const channel = new Channel(undefined, { compression: 'auto' })
    const ends: StreamEnd[] = []
    const server = createServer((req, res) => {
      if (req.url !== '/events') return res.end()
      return void new EventSourceResponse(channel, { pingIntervalMs: false })
        .send(req, res)
        .then((end) => ends.push(end))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const page = await browser.newPage()
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      await page.goto(url)
      const sizes = page.evaluate(sizesOf, `${url}events`)
      await expect.poll(() => channel.subscribers, { message: 'the page is subscribed' }).toBe(1)
      for (let n = 0; n < EVENTS; n++) channel.publish('quote', { n, symbol: 'ACME', of: 'the same kind' })
      channel.close()
      await expect.poll(() => ends, { message: 'the stream has ended' }).toHaveLength(1)
      expect(await sizes).toEqual([ends[0]?.wireBytes, ends[0]?.bytes])
    } finally {
      await page.close()
      server.closeAllConnections()
      server.close()
    }
  })

  test.each([
    ['its own origin', false],
    ['another origin', true],
  ])(
    'counts its traffic from %s: what is unknown while it is open is known when it has ended',
    async (_, elsewhere) => {
      const built = await build({
        entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
        bundle: true,
        write: false,
        format: 'iife',
        target: 'es2022',
        logLevel: 'error',
      })
      const channel = new Channel(undefined, { compression: 'auto' })
      const ends: StreamEnd[] = []
      const server = createServer((req, res) => {
        if (req.url !== '/events') return res.end()
        res.setHeader('access-control-allow-origin', '*')
        res.setHeader('timing-allow-origin', '*')
        return void new EventSourceResponse(channel, { pingIntervalMs: false })
          .send(req, res)
          .then((end) => ends.push(end))
      })
      server.listen(0)
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const page = await browser.newPage()
      try {
        await page.goto(`http://localhost:${port}/`)
        await page.addScriptTag({ content: built.outputFiles[0]?.text ?? '' })
        const url = `http://${elsewhere ? '127.0.0.1' : 'localhost'}:${port}/events`
        const followed = page.evaluate<Counted[]>(`follow(${JSON.stringify(url)}, ${EVENTS})`)
        await expect.poll(() => channel.subscribers, { message: 'the page is subscribed' }).toBe(1)
        for (let n = 0; n < EVENTS; n++) channel.publish('quote', { n, symbol: 'ACME', of: 'the same kind' })
        await expect.poll(() => page.evaluate('read'), { message: 'the page has read all' }).toBe(EVENTS)
        channel.close()
        await expect.poll(() => ends, { message: 'the stream has ended' }).toHaveLength(1)
        const { bytes, wireBytes } = ends[0] as StreamEnd
        const [open, ended] = await followed
        expect(open).toEqual({ bytes, wireBytes: 0, unknownBytes: bytes })
        expect(ended).toEqual({ bytes, wireBytes, unknownBytes: 0 })
        expect(wireBytes).toBeLessThan(bytes / 3)
      } finally {
        await page.close()
        server.closeAllConnections()
        server.close()
      }
    },
  )
})
