import { parseEventStream } from '@sse/core'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { cut, FakeClock, pause, type ScriptedFetch, scriptedFetch, stall, turns } from '../../src/index.ts'

const EVENTS = 'http://example.org/events'

/** The data of all events, and then how the stream ended. */
async function read(response: Response): Promise<unknown[]> {
  const heard: unknown[] = []
  try {
    for await (const { data } of parseEventStream(response)) heard.push(data)
    return [...heard, 'end']
  } catch (error) {
    return [...heard, String(error)]
  }
}

describe('scriptedFetch with a script', () => {
  it('answers each request in turn, with steps or a whole response', async () => {
    const fetch = scriptedFetch([
      [{ id: '1', data: { price: 7 } }, 'data: half', cut()],
      { status: 503, headers: { 'retry-after': '1' } },
      [{ data: 'b' }],
    ])
    const first = await fetch(EVENTS)
    expect([first.status, first.ok, first.url, first.redirected]).toEqual([200, true, EVENTS, false])
    expect([...first.headers]).toEqual([['content-type', 'text/event-stream']])
    expect(await read(first)).toEqual(['{"price":7}', 'TypeError: terminated'])
    const second = await fetch(EVENTS)
    expect([second.status, [...second.headers], await second.text()]).toEqual([
      503,
      [['retry-after', '1']],
      '',
    ])
    expect(await read(await fetch(EVENTS))).toEqual(['b', 'end'])
  })

  it('answers with a function, which sees the request', async () => {
    const fetch = scriptedFetch(async ({ method, url, path, headers, lastEventId, body, index }) => [
      { data: [method, url, path, headers.get('x'), lastEventId, await body, index] },
    ])
    const init = { method: 'POST', headers: { x: 'y', 'last-event-id': '7' }, body: 'hi' }
    expect(await read(await fetch(new URL('/a?b#c', EVENTS), init))).toEqual([
      '["POST","http://example.org/a?b","/a?b","y","7","hi",0]',
      'end',
    ])
    expect(await read(await fetch(new Request(EVENTS, { headers: { x: 'z' } })))).toEqual([
      '["GET","http://example.org/events","/events","z",null,"",1]',
      'end',
    ])
    expect(fetch.requests.map(({ path, index }) => [path, index])).toEqual([
      ['/a?b', 0],
      ['/events', 1],
    ])
    expect(await fetch.requests[0]?.body).toBe('hi')
  })

  it('reads Last-Event-ID as UTF-8, and as it is where it is none', async () => {
    const fetch = scriptedFetch(() => [])
    const utf8 = String.fromCharCode(...new TextEncoder().encode('…é'))
    for (const id of [utf8, 'é']) await fetch(EVENTS, { headers: { 'last-event-id': id } })
    expect(fetch.requests.map(({ lastEventId }) => lastEventId)).toEqual(['…é', 'é'])
  })

  it.each([204, 205, 304])('has no body with status %i', async (status) => {
    const fetch = scriptedFetch([{ status }])
    const response = await fetch(EVENTS)
    expect([response.status, response.body]).toEqual([status, null])
    expect(await fetch.exchanges[0]?.done).toBe('complete')
  })

  it('hands a redirect to the caller', async () => {
    const response = await scriptedFetch([{ status: 302, headers: { location: '/to' } }])(EVENTS)
    expect([response.status, response.headers.get('location'), response.redirected]).toEqual([
      302,
      '/to',
      false,
    ])
  })

  it('fails like a network', async () => {
    const fetch = scriptedFetch([{ networkError: true }])
    await expect(fetch(EVENTS)).rejects.toThrow(new TypeError('fetch failed'))
    expect(await fetch.exchanges[0]?.done).toBe('cut')
  })

  it('leaves a header out, writes any content type, and ends lines as it is told', async () => {
    const fetch = scriptedFetch([
      { headers: { 'content-type': null } },
      { headers: { 'Content-Type': 'text/plain' } },
      { lineEnding: '\r\n', steps: [{ data: 'a' }, 'raw\n'] },
      'data: a\n\n',
    ])
    const types = [await fetch(EVENTS), await fetch(EVENTS)].map(({ headers }) => headers.get('content-type'))
    expect(types).toEqual([null, 'text/plain'])
    expect(await (await fetch(EVENTS)).text()).toBe('data: a\r\n\r\nraw\n')
    expect(await (await fetch(EVENTS)).text()).toBe('data: a\n\n')
  })

  it('says at its end how many requests there were', async () => {
    const fetch = scriptedFetch([[]])
    await fetch(EVENTS)
    await expect(fetch(EVENTS, { method: 'POST' })).rejects.toMatchObject({
      name: 'SseError',
      code: 'script-over',
      message: expect.stringMatching(
        /one answer, but this is request 2: GET \/events, POST \/events\. Add an/,
      ),
    })
    expect(fetch.requests).toHaveLength(2)
  })

  it('may answer 204 at its end, or repeat the last answer', async () => {
    const over = scriptedFetch([[{ data: 1 }]], { whenOver: 'no-content' })
    expect([(await over(EVENTS)).status, (await over(EVENTS)).status]).toEqual([200, 204])
    const repeats = scriptedFetch(['a', 'b'], { whenOver: 'repeat-last' })
    const texts = []
    for (let n = 0; n < 4; n++) texts.push(await (await repeats(EVENTS)).text())
    expect(texts).toEqual(['a', 'b', 'b', 'b'])
  })

  it('rejects with what the script throws, or refuses', async () => {
    const mistake = new Error('a mistake')
    const throwing = scriptedFetch(() => {
      throw mistake
    })
    await expect(throwing(EVENTS)).rejects.toBe(mistake)
    const refused = scriptedFetch([[{ event: 'a\nb', data: '' }]])
    await expect((await refused(EVENTS)).text()).rejects.toMatchObject({ code: 'line-break-in-field' })
    expect(await Promise.all([throwing, refused].map(({ exchanges }) => exchanges[0]?.done))).toEqual([
      'failed',
      'failed',
    ])
  })

  it.each([
    [[{ data: 1 }], /there is a step, with "data"\. .* a list of their own: \[\[/],
    [[pause(1)], /there is a step, with "pauseMs"/],
    [[{ state: 200 }], /no field "state"/],
    [[{ status: 101 }], /from 200 to 599, not 101/],
    [[{ status: 200.5 }], /from 200 to 599/],
    [[{ status: 600 }], /from 200 to 599/],
    [[{ status: 204, steps: [] }], /204 has no body/],
    [[{ delayMs: -1 }], /from 0 up, not -1/],
    [[7], /not 7/],
    [[null], /not null/],
  ])('refuses the script %j', async (script, message) => {
    await expect(scriptedFetch(script as [])(EVENTS)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringMatching(message),
    })
  })

  it('refuses what is no script, no pause and no such option', async () => {
    expect(() => scriptedFetch('data: a\n\n' as never)).toThrow(/A script is a list/)
    expect(() => scriptedFetch([], { whenOver: 'stop' as never })).toThrow(/whenOver is .* not stop/)
    const response = await scriptedFetch([[pause(Number.NaN)]])(EVENTS)
    await expect(response.text()).rejects.toThrow(/A pause is .* not NaN/)
  })
})

describe('time', () => {
  it('passes on the clock that it is given: a slow head, and pauses', async () => {
    const clock = new FakeClock()
    const fetch = scriptedFetch([{ delayMs: 1_000, steps: [{ data: 'a' }, pause(15_000), { data: 'b' }] }], {
      clock,
    })
    const heard: string[] = []
    void fetch(EVENTS).then(async (response) => {
      heard.push('head')
      for await (const { data } of parseEventStream(response)) heard.push(data)
    })
    await clock.advanceAsync(999)
    expect([heard, clock.keepsAlive]).toEqual([[], true])
    await clock.advanceAsync(1)
    expect(heard).toEqual(['head', 'a'])
    await clock.advanceAsync(14_999)
    expect(heard).toEqual(['head', 'a'])
    await clock.advanceAsync(1)
    expect([heard, clock.pendingTimers]).toEqual([['head', 'a', 'b'], 0])
  })

  it('is not spent on a reader who has gone', async () => {
    const clock = new FakeClock()
    const fetch = scriptedFetch(
      [{ delayMs: 9 }, { networkError: true, delayMs: 9 }, [pause(9)], [pause(9)]],
      { clock },
    )
    for (const when of ['head', 'failure', 'body', 'cancel']) {
      const controller = new AbortController()
      const request = fetch(EVENTS, { signal: controller.signal })
      const text = when === 'cancel' ? undefined : request.then((response) => response.text())
      text?.catch(() => {})
      const reader = when === 'cancel' ? (await request).body?.getReader() : undefined
      reader?.read().catch(() => {})
      await turns()
      expect([when, clock.pendingTimers]).toEqual([when, 1])
      controller.abort('enough')
      if (text) await expect(text).rejects.toBe('enough')
      await turns()
      expect([when, clock.pendingTimers, fetch.exchanges.at(-1)?.released]).toEqual([when, 0, true])
    }
  })
})

describe('a body', () => {
  it('is played as it is read, and no faster', async () => {
    let played = 0
    function* steps(): Iterable<string> {
      for (;;) yield `data: ${++played}\n\n`
    }
    const fetch = scriptedFetch([steps()])
    const reader = (await fetch(EVENTS)).body?.getReader()
    await turns()
    expect([played, fetch.exchanges[0]?.sentBytes]).toEqual([0, 0])
    await reader?.read()
    await reader?.read()
    await turns()
    expect([played, fetch.exchanges[0]?.sentBytes]).toEqual([2, 18])
    await reader?.cancel()
  })

  it('lets go of its steps when its reader does, wherever they are', async () => {
    const ended: string[] = []
    async function* waiting(): AsyncIterable<string> {
      try {
        yield 'a'
        yield 'b'
      } finally {
        ended.push('generator')
      }
    }
    const fetch = scriptedFetch([waiting(), [stall()]])
    const reader = (await fetch(EVENTS)).body?.getReader()
    await reader?.read()
    await reader?.cancel()
    const stalled = (await fetch(EVENTS)).body?.getReader()
    const read = stalled?.read()
    await stalled?.cancel()
    expect(await read).toEqual({ done: true, value: undefined })
    await turns()
    expect(await Promise.all(fetch.exchanges.map(({ done }) => done))).toEqual(['released', 'released'])
    expect(ended).toEqual(['generator'])
  })

  it('tells its generator of a cut', async () => {
    let ended = false
    function* steps(): Iterable<ReturnType<typeof cut>> {
      try {
        yield cut()
      } finally {
        ended = true
      }
    }
    const fetch = scriptedFetch([steps()])
    expect(await read(await fetch(EVENTS))).toEqual(['TypeError: terminated'])
    expect([ended, await fetch.exchanges[0]?.done]).toEqual([true, 'cut'])
  })

  it('can be read into a buffer, and takes no bytes away from the script', async () => {
    const bytes = new TextEncoder().encode('data: a\n\n')
    const fetch = scriptedFetch([[bytes, '', new Uint8Array()]], { whenOver: 'repeat-last' })
    for (let n = 0; n < 2; n++) {
      const reader = (await fetch(EVENTS)).body?.getReader({ mode: 'byob' })
      const first = await reader?.read(new Uint8Array(100))
      expect(new TextDecoder().decode(first?.value)).toBe('data: a\n\n')
      expect((await reader?.read(new Uint8Array(100)))?.done).toBe(true)
    }
    expect(bytes).toHaveLength(9)
  })

  it('keeps its url when the response is cloned', async () => {
    const clone = (await scriptedFetch(['a'])(EVENTS)).clone().clone()
    expect([clone.url, await clone.text()]).toEqual([EVENTS, 'a'])
  })
})

describe('a signal', () => {
  it('that has aborted makes no request', async () => {
    const fetch = scriptedFetch()
    await expect(fetch(EVENTS, { signal: AbortSignal.abort('no') })).rejects.toBe('no')
    expect(fetch.requests).toEqual([])
  })

  it('fails the request, and then the body, with its reason; that of a Request counts as well', async () => {
    const fetch = scriptedFetch()
    for (const ofRequest of [true, false]) {
      for (const answered of [true, false]) {
        const controller = new AbortController()
        const { signal } = controller
        const request = ofRequest ? fetch(new Request(EVENTS, { signal })) : fetch(EVENTS, { signal })
        const exchange = await fetch.next()
        if (answered) exchange.respond().send('data: a\n\n')
        const text = request.then((response) => response.text())
        text.catch(() => {})
        await turns()
        expect([exchange.isOpen, exchange.aborted, exchange.isRead]).toEqual([true, false, answered])
        controller.abort('enough')
        await expect(text).rejects.toBe('enough')
        expect(await exchange.done).toBe('released')
        expect([exchange.isOpen, exchange.aborted, exchange.released, exchange.isRead]).toEqual([
          false,
          true,
          true,
          false,
        ])
      }
    }
  })

  it('is ignored where it shall be', async () => {
    const fetch = scriptedFetch(undefined, { obeysSignal: false })
    const controller = new AbortController()
    const request = fetch(EVENTS, { signal: controller.signal })
    controller.abort()
    const exchange = await fetch.next()
    exchange.respond().send('data: a\n\n').end()
    expect(await (await request).text()).toBe('data: a\n\n')
    expect([exchange.aborted, exchange.released, await exchange.done]).toEqual([true, false, 'complete'])
  })

  it('keeps no listener after the end', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    const fetch = scriptedFetch([{ delayMs: 1, steps: [{ data: 1 }, pause(1)] }, [cut()], { status: 204 }])
    await (await fetch(EVENTS, { signal })).text()
    await expect((await fetch(EVENTS, { signal })).text()).rejects.toThrow('terminated')
    await fetch(EVENTS, { signal })
    await turns()
    expect(listeners).toBe(0)
  })
})

describe('scriptedFetch by hand', () => {
  it('waits with each request until the test answers it', async () => {
    const fetch = scriptedFetch()
    const [first, second] = [fetch('/a'), fetch('/b')]
    const a = await fetch.next()
    const b = await fetch.next()
    expect([a.request.path, b.request.path, a.isAnswered, a.isOpen]).toEqual(['/a', '/b', false, true])
    b.respond({ status: 201, headers: { x: 'y' } })
      .send('hi')
      .end()
    expect([(await second).status, (await second).headers.get('x'), await (await second).text()]).toEqual([
      201,
      'y',
      'hi',
    ])
    a.send({ data: 1 }, pause(0), 'data: 2\n\n').send({ data: 3 }).cut()
    expect((await first).url).toBe('/a')
    expect(await read(await first)).toEqual(['1', '2', '3', 'TypeError: terminated'])
    expect([await a.done, await b.done]).toEqual(['cut', 'complete'])
  })

  it('shows whether the reader waits for more', async () => {
    const fetch = scriptedFetch()
    const response = fetch('/')
    const exchange = await fetch.next()
    exchange.send('a')
    const reader = (await response).body?.getReader()
    await turns()
    expect(exchange.isRead).toBe(false)
    await reader?.read()
    expect(exchange.isRead).toBe(false)
    const second = reader?.read()
    await turns()
    expect(exchange.isRead).toBe(true)
    exchange.send('b')
    expect(new TextDecoder().decode((await second)?.value)).toBe('b')
    expect([exchange.isRead, exchange.sentBytes]).toEqual([false, 2])
    await reader?.cancel()
    expect(await exchange.done).toBe('released')
  })

  it('breaks before the head, and with any error', async () => {
    const fetch = scriptedFetch()
    const stopped = new DOMException('stopped', 'AbortError')
    const [cutOff, failed, broken] = [fetch('/'), fetch('/'), fetch('/')]
    const [first, second, third] = [await fetch.next(), await fetch.next(), await fetch.next()]
    first.cut()
    second.fail(stopped)
    third.respond().fail(stopped)
    await Promise.all([expect(cutOff).rejects.toThrow('fetch failed'), expect(failed).rejects.toBe(stopped)])
    await expect((await broken).text()).rejects.toBe(stopped)
    expect(await Promise.all(fetch.exchanges.map(({ done }) => done))).toEqual(['cut', 'failed', 'failed'])
  })

  it('can answer all at once, but once only', async () => {
    const fetch = scriptedFetch()
    const response = fetch('/')
    const exchange = (await fetch.next()).answer([{ data: 1 }])
    expect(await read(await response)).toEqual(['1', 'end'])
    expect(() => exchange.respond()).toThrow(/GET \/ has an answer already/)
    expect(() => exchange.send('a')).toThrow(/is whole already/)
    expect(() => exchange.end()).toThrow(/is whole already/)
  })

  it('refuses to send a body after a status that has none', async () => {
    const fetch = scriptedFetch()
    void fetch('/')
    const exchange = (await fetch.next()).respond({ status: 204 })
    expect(() => exchange.send('a')).toThrow(/is whole already/)
  })

  it('goes with a function that drives each exchange', async () => {
    const fetch = scriptedFetch(({ index }, exchange) => {
      if (index === 0) return exchange.cut()
      if (index === 1) return [{ data: 'scripted' }]
      return exchange.respond().send({ data: 'open' })
    })
    await expect(fetch('/')).rejects.toThrow('fetch failed')
    expect(await read(await fetch('/'))).toEqual(['scripted', 'end'])
    const third = await fetch('/')
    fetch.exchanges[2]?.send({ data: 'later' }).end()
    expect(await read(third)).toEqual(['open', 'later', 'end'])
  })

  it('fails clearly when no request comes in time', async () => {
    const fetch = scriptedFetch([[], []])
    await expect(fetch.next({ timeoutMs: 1 })).rejects.toMatchObject({
      code: 'not-in-time',
      message: 'No request came within 1 ms. There was none at all.',
    })
    await Promise.all([fetch('/a?x'), fetch('/b')])
    expect((await fetch.next({ path: '/b' })).request.path).toBe('/b')
    await expect(fetch.next({ path: '/b', timeoutMs: 1 })).rejects.toThrow(
      'No other request for /b came within 1 ms. There were 2 before: GET /a?x, GET /b.',
    )
    const waiting = fetch.next({ path: '/c' })
    expect((await fetch.next({ path: '/a' })).request.path).toBe('/a?x')
    await expect(fetch('/b')).rejects.toThrow(/script has 2 answers, but this is request 3/)
    await expect(fetch('/c')).rejects.toThrow(/request 4/)
    expect((await waiting).request.path).toBe('/c')
  })
})

it('leaves no timer behind once a request has come', async () => {
  vi.useFakeTimers()
  try {
    const fetch = scriptedFetch([[]])
    const next = fetch.next()
    expect(vi.getTimerCount()).toBe(1)
    void fetch('/')
    await next
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

it('is a fetch for whoever wants one', () => {
  expectTypeOf<ScriptedFetch>().toExtend<typeof globalThis.fetch>()
  expectTypeOf<ScriptedFetch>().toExtend<(url: string, init: RequestInit) => Promise<Response>>()
})
