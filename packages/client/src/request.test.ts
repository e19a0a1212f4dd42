import { describe, expect, it, vi } from 'vitest'
import { bytesOf, prepareRequest, type RequestOptions } from './request.ts'

async function prepared(
  options: RequestOptions = {},
  { url = 'https://host/events' as Parameters<typeof prepareRequest>[0], lastEventId = '', attempt = 1 } = {},
): Promise<{ url: string; init: RequestInit; headers: Record<string, string> }> {
  const { url: target, init } = await prepareRequest(url, options, { lastEventId, attempt })
  return { url: target, init, headers: Object.fromEntries(new Headers(init.headers)) }
}

describe('prepareRequest', () => {
  it('asks for an event stream, by GET, past every cache', async () => {
    const { url, init, headers } = await prepared()
    expect(url).toBe('https://host/events')
    expect(headers).toEqual({ accept: 'text/event-stream' })
    expect(init).toMatchObject({ method: 'GET', body: null, cache: 'no-store' })
    expect(init).not.toHaveProperty('credentials')
  })

  it('takes any method, headers and body, and leaves an Accept alone', async () => {
    const { init, headers } = await prepared({
      method: 'POST',
      headers: { Accept: '*/*', 'X-Key': '1' },
      body: '{}',
      credentials: 'include',
      init: { mode: 'cors', cache: 'reload' },
    })
    expect(headers).toEqual({ accept: '*/*', 'x-key': '1' })
    expect(init).toMatchObject({
      method: 'POST',
      body: '{}',
      credentials: 'include',
      mode: 'cors',
      cache: 'reload',
    })
  })

  it('asks functions anew for each attempt, with the position and the number', async () => {
    const url = vi.fn(async () => new URL('https://host/made'))
    const headers = vi.fn(() => [['x-token', 'secret']] as [string, string][])
    const body = vi.fn(async () => 'made')
    const made = await prepared({ method: 'POST', headers, body }, { url, lastEventId: '41', attempt: 3 })
    expect(made.url).toBe('https://host/made')
    expect(made.headers).toMatchObject({ 'x-token': 'secret', 'last-event-id': '41' })
    expect(made.init.body).toBe('made')
    for (const part of [url, headers, body])
      expect(part).toHaveBeenCalledExactlyOnceWith({ lastEventId: '41', attempt: 3 })
  })

  it('does not change the headers that it is given', async () => {
    const headers = new Headers({ 'x-key': '1' })
    await prepared({ headers }, { lastEventId: '41' })
    expect([...headers]).toEqual([['x-key', '1']])
  })

  it('sends the position it has, rather than that of the headers', async () => {
    const headers = { 'Last-Event-ID': 'mine' }
    expect((await prepared({ headers })).headers['last-event-id']).toBe('mine')
    expect((await prepared({ headers }, { lastEventId: '41' })).headers['last-event-id']).toBe('41')
  })

  it.each([
    ['/events', '/events?from=a%26b'],
    ['/events?x=1', '/events?x=1&from=a%26b'],
    ['/events#part', '/events?from=a%26b#part'],
    ['/events?x=1#a?b', '/events?x=1&from=a%26b#a?b'],
  ])('puts the position into the query of %s', async (url, expected) => {
    const made = await prepared({ lastEventIdParameter: 'from' }, { url, lastEventId: 'a&b' })
    expect(made.url).toBe(expected)
    expect(made.headers).not.toHaveProperty('last-event-id')
  })

  it('leaves the query alone while there is no position', async () => {
    expect((await prepared({ lastEventIdParameter: 'from' }, { url: '/events' })).url).toBe('/events')
  })

  it('sends ids as UTF-8 (§9.2.4)', async () => {
    expect(bytesOf('é€😀')).toBe('\u00c3\u00a9\u00e2\u0082\u00ac\u00f0\u009f\u0098\u0080')
    expect((await prepared({}, { lastEventId: 'é' })).headers['last-event-id']).toBe('Ã©')
  })
})
