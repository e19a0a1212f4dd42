import { readFileSync } from 'node:fs'
import type { DispatchedEvent } from '@sse/core'
import { parseEventStream } from '@sse/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createDemo } from '../src/demo.ts'
import { NO_LIMITS, PRODUCTION_LIMITS } from '../src/limits.ts'
import { listen } from '../src/listen.ts'
import { readSettings } from '../src/settings.ts'

async function start(settings: Parameters<typeof createDemo>[0]): Promise<string> {
  const demo = createDemo(settings)
  onTestFinished(() => demo.close())
  return `http://localhost:${await listen(demo.server, { host: '127.0.0.1', port: 0 })}`
}

function post(url: string, headers: Record<string, string> = {}, message = 'hello'): Promise<Response> {
  return fetch(`${url}/api/broadcast`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ message, channel: 'guarded' }),
  })
}

async function statusAndCode(response: Response): Promise<[number, string | undefined]> {
  return [response.status, (await response.json()).error?.code]
}

describe('who may post', () => {
  test('are the pages of the origins that are listed, the own page, and who is no page', async () => {
    const url = await start({ corsOrigin: ['https://ours.example'] })
    for (const origin of ['https://ours.example', url, url.replace('http:', 'https:')])
      expect((await post(url, { origin })).status).toBe(202)
    expect((await post(url)).status).toBe(202)
  })

  test('are no pages of other origins, whose broadcast reaches nobody', async () => {
    const url = await start({ corsOrigin: [] })
    const events = parseEventStream(await fetch(`${url}/realtime/guarded`))
    await events.next()
    for (const origin of [
      'https://theirs.example',
      'http://localhost',
      'null',
      `${url}.theirs.example`,
      'https://<script>',
    ])
      expect(await statusAndCode(await post(url, { origin }))).toEqual([403, 'other-origin'])
    await post(url, {}, 'the only one')
    expect((await events.next()).value as DispatchedEvent).toMatchObject({ data: /the only one/ })
    await events.return()
  })

  test('are all of them where no origins are listed', async () => {
    const url = await start({ corsOrigin: '*' })
    expect((await post(url, { origin: 'https://theirs.example' })).status).toBe(202)
  })
})

describe('how often', () => {
  test('is limited for each address, with the time to wait; reading is not', async () => {
    const url = await start({ corsOrigin: '*', limits: { ...NO_LIMITS, postsPerMinute: 3 } })
    for (let n = 0; n < 3; n++) expect((await post(url)).status).toBe(202)
    const refused = await post(url)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await statusAndCode(refused)).toEqual([429, 'too-many-posts'])
    expect((await fetch(`${url}/health`)).status).toBe(200)
  })

  test('is counted by the client’s address behind proxies that are trusted, and by nothing that a client says', async () => {
    const limits = { ...NO_LIMITS, postsPerMinute: 1 }
    const trusting = await start({ corsOrigin: '*', limits, proxies: 1 })
    const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address })
    expect((await post(trusting, from('192.0.2.1'))).status).toBe(202)
    expect((await post(trusting, from('192.0.2.2'))).status).toBe(202)
    // What stands before the proxy's own entry was made up.
    expect((await post(trusting, from('203.0.113.9, 192.0.2.1'))).status).toBe(429)
  })
})

describe('how many streams', () => {
  test('are open is limited, in all and for each address, until one is closed', async () => {
    const url = await start({
      corsOrigin: '*',
      limits: { ...NO_LIMITS, maxStreams: 3, maxStreamsPerAddress: 2 },
      proxies: 1,
    })
    const open = (path: string, address: string): Promise<Response> =>
      fetch(url + path, { headers: { 'x-forwarded-for': address } })
    const one = await open('/stream', '192.0.2.1')
    const two = await open('/metrics', '192.0.2.1')
    const tooMany = await open('/realtime/guarded', '192.0.2.1')
    expect([tooMany.status, tooMany.headers.has('retry-after')]).toEqual([429, true])
    const three = await open('/realtime/guarded', '192.0.2.2')
    expect((await open('/stream', '192.0.2.3')).status).toBe(503)
    expect([one.status, two.status, three.status]).toEqual([200, 200, 200])

    await one.body?.cancel()
    await expect
      .poll(async () => {
        const again = await open('/stream', '192.0.2.1')
        await again.body?.cancel()
        return again.status
      })
      .toBe(200)
    for (const { body } of [two, three]) await body?.cancel()
  })
})

describe('the settings', () => {
  test('stand in docs/deploy.md, all of them, with what they are in production', () => {
    const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8')
    const names = read('../src/settings.ts').matchAll(/^ {2}([A-Z_]+): /gm)
    const rows = [...read('../../../docs/deploy.md').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)
    expect(rows.toSorted()).toEqual([...names].map(([, name]) => name).toSorted())
    for (const limit of Object.values(PRODUCTION_LIMITS))
      expect(read('../../../docs/deploy.md')).toContain(`| 0 | ${limit.toLocaleString('en')} |`)
  })

  test('have no limits in development, and everyone’s pages may use it', () => {
    expect(readSettings({})).toMatchObject({ corsOrigin: '*', limits: NO_LIMITS, proxies: 0 })
  })

  test('have limits in production, and no other page may use it', () => {
    const settings = readSettings({ NODE_ENV: 'production' })
    expect(settings).toMatchObject({ corsOrigin: [], limits: PRODUCTION_LIMITS })
    for (const limit of Object.values(settings.limits)) expect(limit).toBeGreaterThan(0)
  })

  test('can be given', () => {
    const env = { POSTS_PER_MINUTE: '7', MAX_STREAMS: '8', MAX_STREAMS_PER_ADDRESS: '0', PROXIES: '2' }
    for (const NODE_ENV of ['production', 'development'])
      expect(
        readSettings({ ...env, NODE_ENV, CORS_ORIGIN: 'https://a.example, http://b.example:8080' }),
      ).toMatchObject({
        corsOrigin: ['https://a.example', 'http://b.example:8080'],
        limits: { postsPerMinute: 7, maxStreams: 8, maxStreamsPerAddress: 0 },
        proxies: 2,
      })
  })

  test.each([
    [{ NODE_ENV: 'production', CORS_ORIGIN: '*' }, 'refused with NODE_ENV=production'],
    [{ CORS_ORIGIN: 'https://a.example/' }, 'no origin'],
    [{ CORS_ORIGIN: 'a.example' }, 'no origin'],
    [{ POSTS_PER_MINUTE: 'many' }, 'POSTS_PER_MINUTE'],
    [{ MAX_STREAMS: '-1' }, 'MAX_STREAMS'],
    [{ PROXIES: 'true' }, 'PROXIES'],
  ])('%o are refused with a sentence', (env, sentence) => {
    expect(() => readSettings(env)).toThrow(sentence)
  })
})
