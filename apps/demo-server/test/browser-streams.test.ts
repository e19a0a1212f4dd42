import type { ServerResponse } from 'node:http'
import { createGzip, type Gzip } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumPath, launchChromium } from '../../../packages/testing/test/fixtures/chromium.ts'
import { exportedLog, openWindow, rows, stream, watchStream } from './demo-page.ts'
import { DemoProcess } from './demo-process.ts'
import { startStream, TestStreams } from './test-streams.ts'

describe.skipIf(chromiumPath === undefined)('the streams of the page', () => {
  let browser: Browser
  let demo: DemoProcess
  beforeAll(async () => {
    ;[browser, demo] = await Promise.all([launchChromium(), DemoProcess.start()])
  })
  afterAll(() => Promise.all([browser.close(), demo.end('SIGKILL')]))

  const quiet = (): string => `${demo.url}/?autoconnect=0`

  test('any request: method, headers, body and Last-Event-ID reach a server of another origin', async () => {
    using server = await TestStreams.start({
      '/answers': (response, { body }) =>
        startStream(response).write(
          `id: 8\nevent: answer\ndata: ${JSON.stringify({ body, at: Date.now() })}\n\n`,
        ),
    })
    const page = await openWindow(browser, quiet())

    await watchStream(page, {
      url: `${server.url}/answers`,
      method: 'POST',
      headers: 'Authorization: Bearer secret\nX-One: 1',
      body: 'What is new?',
      lastEventId: '7',
    })

    await stream(page, 'answers', 'open').waitFor()
    await rows(page, 'answer').waitFor()
    expect(server.requests).toHaveLength(1)
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      body: 'What is new?',
      headers: { authorization: 'Bearer secret', 'x-one': '1', 'last-event-id': '7' },
    })
    await expect.poll(() => page.getByTestId('stream-answers-last-id').textContent()).toBe('8')
    expect(await page.getByTestId('stream-answers-method').textContent()).toBe('POST')
    expect(await page.getByTestId('stream-answers-reader').isDisabled()).toBe(true)
    const reason = await page.getByTestId('stream-answers-reader-note').textContent()
    expect(reason).toContain('the method POST and headers and a body')
    await page.context().close()
  })

  test('several side by side, each counted by itself', async () => {
    using server = await TestStreams.start({
      '/one': (response) => startStream(response).write('data: a\n\n'),
      '/two': (response) => startStream(response).write('data: a\n\ndata: b\n\n: a comment\n\n'),
    })
    const page = await openWindow(browser, quiet())
    for (const path of ['/one', '/two', '/two']) await watchStream(page, { url: server.url + path })

    for (const [name, events] of [
      ['one', '1'],
      ['two', '2'],
      ['two 2', '2'],
    ] as const)
      await page.getByTestId(`stream-${name}-events`).getByText(events, { exact: true }).waitFor()
    await expect
      .poll(async () => (await exportedLog(page)).filter(({ comment }) => comment === 'a comment').length)
      .toBe(2)

    await page.getByTestId('stream-two 2-remove').click()
    expect(await page.getByTestId('stream-two 2').count()).toBe(0)
    await page.context().close()
  })

  test('refuses what is no address and what is no header, in words', async () => {
    const page = await openWindow(browser, quiet())
    for (const [opened, words] of [
      [{ url: '' }, 'Write the address'],
      [{ url: 'javascript:alert(1)' }, 'http or https'],
      [{ url: '/stream', headers: 'no header' }, '“no header” is no header'],
    ] as const) {
      await watchStream(page, opened)
      await expect.poll(() => page.getByTestId('open-problem').textContent()).toContain(words)
    }
    expect(await page.locator('.stream').count()).toBe(2)
    await page.context().close()
  })

  test('the browser’s EventSource takes over where the client was, and cannot be given what it cannot do', async () => {
    using server = await TestStreams.start({
      '/numbers': (response) => startStream(response).write('id: 41\ndata: x\n\n'),
      '/numbers?lastEventId=41': (response) => startStream(response).write('id: 42\ndata: y\n\n'),
    })
    const page = await openWindow(browser, quiet())
    await page.getByTestId('open-reader').selectOption('EventSource')
    for (const control of ['open-method', 'open-headers', 'open-body', 'open-stall'])
      expect(await page.getByTestId(control).isDisabled(), control).toBe(true)
    expect(await page.getByTestId('open-native-note').isVisible()).toBe(true)
    await page.getByTestId('open-reader').selectOption('@sse/client')

    await watchStream(page, { url: `${server.url}/numbers` })
    await page.getByTestId('stream-numbers-last-id').getByText('41').waitFor()
    await page.getByTestId('stream-numbers-reader').selectOption('EventSource')

    await page.getByTestId('stream-numbers-last-id').getByText('42').waitFor()
    await stream(page, 'numbers', 'open').waitFor()
    await expect.poll(() => page.getByTestId('stream-numbers-events').textContent()).toBe('2')
    expect(await page.getByTestId('stream-numbers-cut').isDisabled()).toBe(true)
    expect(await page.getByTestId('stream-numbers-circuits').locator('[aria-current]').textContent()).toBe(
      'none',
    )
    await page.context().close()
  })

  test('shows the states as they move: failures, the open circuit and what it waits for', async () => {
    let held: ServerResponse | undefined
    using server = await TestStreams.start({
      '/down': (response) => {
        if (server.requests.length > 4) held = response
        else response.writeHead(503).end()
      },
    })
    const page = await openWindow(browser, quiet())
    // The time of the page stands still but for what the test lets go by, and no wait is too short to be seen.
    await page.evaluate(() => {
      Math.random = () => 0.5
    })
    const now = await page.evaluate(() => Date.now())
    await page.clock.install({ time: now })
    await page.clock.pauseAt(now + 1_000)
    await watchStream(page, { url: `${server.url}/down` })
    const card = page.getByTestId('stream-down')
    const status = (): Promise<string | null> => card.getAttribute('data-state')
    const note = (): Promise<string | null> => page.getByTestId('stream-down-note').textContent()
    const current = (machine: string): Promise<string | null> =>
      page.getByTestId(`stream-down-${machine}`).locator('[aria-current]').textContent()
    /** One frame after the other, until the page has drawn what came. */
    const drawn = (read: () => Promise<string | null>): ReturnType<typeof expect.poll> =>
      expect.poll(async () => {
        await page.clock.runFor(20)
        return read()
      })

    await drawn(note).toMatch(/503.*Attempt 2 in 0\.\d s\./)
    expect([await status(), await current('states')]).toEqual(['waiting', 'waiting'])

    /** Lets waits go by. An attempt has all that it takes: the server is no faster for the page's clock. */
    const runUntil = async (wanted: string): Promise<void> => {
      await expect
        .poll(async () => {
          await page.clock.runFor((await status()) === 'connecting' ? 20 : 1_000)
          return status()
        })
        .toBe(wanted)
    }
    await runUntil('suspended')
    expect(server.requests).toHaveLength(4)
    expect([await current('states'), await current('circuits')]).toEqual(['suspended', 'open'])
    expect(await note()).toMatch(/circuit breaker is open.* in \d/)

    await runUntil('connecting')
    await drawn(() => current('circuits')).toBe('half-open')
    await expect.poll(() => held).toBeDefined()
    if (held !== undefined) startStream(held).write(': it is back\n\n')
    await drawn(status).toBe('open')
    await page.clock.runFor(6_000)
    await drawn(() => current('circuits')).toBe('closed')
    await page.context().close()
  })

  test('counts bytes, rate, latency and what went over the wire', async () => {
    const event = `data: ${JSON.stringify({ at: new Date(0).toISOString() })}\n\n`
    using server = await TestStreams.start({
      '/measured': (response) => startStream(response).end(event.repeat(10)),
    })
    const page = await openWindow(browser, quiet())
    await watchStream(page, { url: `${server.url}/measured` })

    const figure = (name: string): Promise<string | null> =>
      page.getByTestId(`stream-measured-${name}`).textContent()
    await expect.poll(() => figure('reconnects')).toMatch(/[1-9]/)
    await expect.poll(() => figure('latency')).toMatch(/^[\d,]{10,} ms$/)
    expect(await figure('size')).toMatch(/^[\d.]+ k?B$/)
    // Its server is one of another origin, so that it is not told before the end whether it was compressed.
    await expect.poll(() => figure('wire')).toMatch(/^[\d.]+ k?B/)
    await expect.poll(() => figure('ratio')).toBe('none')
    await expect
      .poll(async () => Number(await page.getByTestId('stream-measured-chart').getAttribute('data-points')))
      .toBeGreaterThan(0)
    await page.context().close()
  })

  test.each([
    ['@sse/client', ''],
    ['EventSource', '≈ '],
  ])(
    'tells for %s what a compressed stream was on the wire when it has ended, and before that that it does not know',
    async (reader, roughly) => {
      const text = Array.from({ length: 20 }, (_, n) => `data: the same for all, ${n}\n\n`).join('')
      const written: Gzip[] = []
      let wireBytes = 0
      using server = await TestStreams.start({
        '/packed': (response) => {
          if (written.length > 0) return
          response.setHeader('content-encoding', 'gzip')
          startStream(response)
          const gzip = createGzip()
          written.push(gzip)
          gzip.on('data', (chunk: Buffer) => {
            wireBytes += chunk.byteLength
          })
          gzip.pipe(response)
          gzip.write(text)
          gzip.flush()
        },
      })
      const page = await openWindow(browser, quiet())
      await page.getByTestId('open-reader').selectOption(reader)
      await page.getByTestId('open-url').fill(`${server.url}/packed`)
      await page.getByTestId('open-submit').click()
      const figures = async (): Promise<(string | null)[]> =>
        Promise.all(
          ['events', 'size', 'wire', 'ratio'].map((name) =>
            page.getByTestId(`stream-packed-${name}`).textContent(),
          ),
        )
      const data = text.replaceAll('data: ', '').replaceAll('\n', '').length
      const read = roughly === '' ? text.length : data
      await expect.poll(figures).toEqual(['20', `${roughly}${read} B`, 'not told yet', '–'])

      const [gzip] = written
      await new Promise((resolve) => gzip?.end().once('end', resolve))
      const ratio = `${(text.length / wireBytes).toFixed(1)} : 1`
      await expect.poll(figures).toEqual(['20', `${text.length} B`, `${wireBytes} B`, ratio])
      await page.context().close()
    },
  )

  test('counts a stream of the demo as its server does, compressed when it is asked for', async () => {
    const page = await openWindow(browser, quiet())
    await watchStream(page, { url: '/metrics?compression=auto' })
    const wire = (): Promise<string | null> => page.getByTestId('stream-metrics 2-wire').textContent()
    await expect.poll(wire).toBe('not told yet')
    await page.getByTestId('trouble-cut').click()
    await expect.poll(() => page.getByTestId('stream-metrics 2-ratio').textContent()).toMatch(/^\d+\.\d : 1$/)
    await page.context().close()
  })

  test('a connection that is cut in the page comes back after the last event', async () => {
    const page = await openWindow(browser, demo.url)
    await page.getByTestId('stream-metrics-last-id').getByText(/-\d+/).waitFor()
    await page.getByTestId('stream-metrics-cut').click()

    await page.getByTestId('stream-metrics-reconnects').getByText('1', { exact: true }).waitFor()
    expect(await page.getByTestId('stream-metrics-gaps').textContent()).toBe('0')
    await page.context().close()
  })

  test('the server cuts all streams of this computer, or falls silent, and they recover', async () => {
    const page = await openWindow(browser, quiet())
    await watchStream(page, { url: '/metrics', silenceSeconds: '3' })
    await stream(page, 'metrics 2', 'open').waitFor()
    const reconnects = async (): Promise<number> =>
      Number(await page.getByTestId('stream-metrics 2-reconnects').textContent())
    const note = page.getByTestId('stream-metrics 2-note')

    // A busy machine may be silent for so long by itself, so that there are more of them than are made here.
    const before = await reconnects()
    await page.getByTestId('trouble-cut').click()
    await expect.poll(reconnects).toBeGreaterThan(before)
    await stream(page, 'metrics 2', 'open').waitFor()
    const then = await reconnects()
    await page.getByTestId('trouble-stall').click()
    await note.getByText(/silent|nothing/i).waitFor()
    await expect.poll(reconnects).toBeGreaterThan(then)
    await page.context().close()
  })
})
