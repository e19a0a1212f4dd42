import http from 'node:http'
import { defineEvents, parseEventStream, text } from '@sse/core'
import { EventSource } from 'eventsource'
import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { FakeClock, turns } from '../../src/clock/fake-clock.ts'
import { eventStream } from '../../src/msw/index.ts'
import { cut, pause, stall } from '../../src/script/step.ts'

const server = setupServer()
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }))
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

const URL_OF = 'http://prices.example/prices'
const events = defineEvents({ price: z.object({ value: z.number() }), note: text() })

async function dataOf(response: Response | Promise<Response>): Promise<string[]> {
  const data: string[] = []
  for await (const event of parseEventStream(await response)) data.push(event.data)
  return data
}

test('answers each request with the next answer of the script', async () => {
  server.use(eventStream(URL_OF, [[{ data: 'a' }, { data: 'b' }], [{ data: 'c' }]]))
  expect(await dataOf(fetch(URL_OF))).toEqual(['a', 'b'])
  expect(await dataOf(fetch(URL_OF))).toEqual(['c'])
})

test('answers any method, unless it is told which, and shows the script what was sent', async () => {
  const asked: unknown[] = []
  server.use(
    eventStream('http://prices.example/rooms/:room', async ({ method, body, params, cookies }) => {
      asked.push([method, await body, params['room'], cookies])
      return [{ data: 'x' }]
    }),
    eventStream(URL_OF, [[{ data: 'only POST' }]], { method: 'POST' }),
  )
  await dataOf(fetch('http://prices.example/rooms/lobby', { method: 'POST', body: 'question' }))
  await dataOf(fetch('http://prices.example/rooms/attic', { method: 'QUERY', headers: { cookie: 'a=1' } }))
  expect(asked).toEqual([
    ['POST', 'question', 'lobby', {}],
    ['QUERY', '', 'attic', { a: '1' }],
  ])
  await expect(fetch(URL_OF)).rejects.toThrow()
  expect(await dataOf(fetch(URL_OF, { method: 'POST' }))).toEqual(['only POST'])
})

test.each(['\n', '\r\n', '\r'] as const)('ends lines as it is told: %j', async (lineEnding) => {
  server.use(eventStream(URL_OF, [{ lineEnding, steps: [{ event: 'e', data: 'one\ntwo', id: '7' }] }]))
  const body = await (await fetch(URL_OF)).text()
  expect(body).toBe(['id: 7', 'event: e', 'data: one', 'data: two', '', ''].join(lineEnding))
})

test('lets a script resume after the id that the client names', async () => {
  const all = ['1', '2', '3'].map((id) => ({ id, data: id }))
  server.use(
    eventStream(URL_OF, ({ lastEventId }) => all.filter(({ id }) => Number(id) > Number(lastEventId ?? 0))),
  )
  expect(await dataOf(fetch(URL_OF, { headers: { 'last-event-id': '1' } }))).toEqual(['2', '3'])
})

test('gives status, headers, and a head that is late by its clock', async () => {
  const clock = new FakeClock()
  server.use(
    eventStream(URL_OF, [{ status: 503, headers: { 'retry-after': '2' }, delayMs: 60_000 }], { clock }),
  )
  const response = fetch(URL_OF)
  await expect.poll(() => clock.pendingTimers).toBe(1)
  clock.advance(60_000)
  expect((await response).status).toBe(503)
  expect((await response).headers.get('retry-after')).toBe('2')
})

test('pauses by its clock, and a cut breaks the body', async () => {
  const clock = new FakeClock()
  server.use(eventStream(URL_OF, [[{ data: 'a' }, pause(1_000), { data: 'b' }, cut()]], { clock }))
  const stream = parseEventStream(await fetch(URL_OF))
  expect((await stream.next()).value?.data).toBe('a')
  const next = stream.next()
  await expect.poll(() => clock.pendingTimers).toBe(1)
  clock.advance(1_000)
  expect((await next).value?.data).toBe('b')
  await expect(stream.next()).rejects.toThrow()
})

test('fails a request as the network does', async () => {
  const prices = eventStream(URL_OF, [{ networkError: true }])
  server.use(prices)
  await expect(fetch(URL_OF)).rejects.toThrow(TypeError)
  expect(await prices.exchanges[0]?.done).toBe('cut')
})

test('a script that is over says so, and what may follow it can be chosen', async () => {
  server.use(eventStream(URL_OF, [[{ data: 'a' }]], { whenOver: 'no-content' }))
  await dataOf(fetch(URL_OF))
  expect((await fetch(URL_OF)).status).toBe(204)
})

test('is driven by hand: one stream, or all that are open', async () => {
  const prices = eventStream(URL_OF)
  server.use(prices)
  const responses = [fetch(URL_OF), fetch(URL_OF)]
  const [first, second] = [await prices.next(), await prices.next()]
  first.send({ data: 'to the first' })
  prices.send({ data: 'to both' })
  first.end()
  prices.send({ data: 'to who is left' })
  prices.end()
  expect(await Promise.all(responses.map(dataOf))).toEqual([
    ['to the first', 'to both'],
    ['to both', 'to who is left'],
  ])
  expect([await first.done, await second.done]).toEqual(['complete', 'complete'])
  expect(() => prices.send({ data: 'to nobody' })).toThrow('No stream of')
})

test('breaks all that are open, which is how one sees a client come back', async () => {
  const prices = eventStream(URL_OF)
  server.use(prices)
  const reading = fetch(URL_OF).then(dataOf)
  const exchange = await prices.next()
  exchange.send({ data: 'a' })
  prices.cut()
  await expect(reading).rejects.toThrow()
  expect(await exchange.done).toBe('cut')
})

test('sees that a client has left, and its script ends', async () => {
  let ended = false
  server.use(
    eventStream(URL_OF, () =>
      (async function* () {
        try {
          yield { data: 'a' }
          yield stall()
        } finally {
          ended = true
        }
      })(),
    ),
  )
  const leaving = new AbortController()
  const stream = parseEventStream(await fetch(URL_OF, { signal: leaving.signal }))
  await stream.next()
  leaving.abort()
  await expect.poll(() => ended).toBe(true)
})

test('a client that leaves before the head ends the wait for it', async () => {
  const prices = eventStream(URL_OF)
  server.use(prices)
  const leaving = new AbortController()
  const response = fetch(URL_OF, { signal: leaving.signal })
  const exchange = await prices.next()
  leaving.abort()
  await expect(response).rejects.toThrow()
  expect(await exchange.done).toBe('released')
})

test('a client that leaves while the head is held back ends that as well', async () => {
  const clock = new FakeClock()
  const prices = eventStream(URL_OF, [{ delayMs: 60_000 }], { clock })
  server.use(prices)
  const leaving = new AbortController()
  const response = fetch(URL_OF, { signal: leaving.signal })
  await expect.poll(() => clock.pendingTimers).toBe(1)
  leaving.abort()
  await expect(response).rejects.toThrow()
  expect(await prices.exchanges[0]?.done).toBe('released')
  expect(clock.pendingTimers).toBe(0)
})

test('a script that throws answers with status 500 and its message, as every handler of msw does', async () => {
  const { error, warn } = console
  console.error = console.warn = () => {}
  using _ = { [Symbol.dispose]: () => void Object.assign(console, { error, warn }) }
  const prices = eventStream(URL_OF, () => {
    throw new Error('No such room.')
  })
  server.use(prices)
  const response = await fetch(URL_OF)
  expect([response.status, await response.json()]).toEqual([
    500,
    expect.objectContaining({ message: 'No such room.' }),
  ])
  expect(await prices.exchanges[0]?.done).toBe('failed')
})

test('answers node:http as well, byte by byte as the script goes on', async () => {
  const prices = eventStream(URL_OF)
  server.use(prices)
  const pieces: string[] = []
  http.get(URL_OF, (response) => response.on('data', (piece: Buffer) => pieces.push(String(piece))))
  const exchange = await prices.next()
  exchange.send('data: hal')
  await expect.poll(() => pieces.join('')).toBe('data: hal')
  exchange.send('f\n\n').end()
  await expect.poll(() => pieces.join('')).toBe('data: half\n\n')
})

test('takes events of the map by their type, and refuses what does not fit before it is sent', async () => {
  const prices = eventStream(
    URL_OF,
    [[{ type: 'price', data: { value: 1 }, id: '1' }, { type: 'note', data: 'plain' }, ': as it is\n\n']],
    { events },
  )
  server.use(prices)
  expect(await (await fetch(URL_OF)).text()).toBe(
    'id: 1\nevent: price\ndata: {"value":1}\n\nevent: note\ndata: plain\n\n: as it is\n\n',
  )
  const byHand = eventStream(URL_OF, undefined, { events })
  server.use(byHand)
  const response = fetch(URL_OF)
  const exchange = await byHand.next()
  // @ts-expect-error The schema wants a number.
  expect(() => exchange.send({ type: 'price', data: { value: 'one' } })).toThrow('does not fit its schema')
  exchange.send({ type: 'price', data: { value: 2 } }).end()
  expect(await dataOf(response)).toEqual(['{"value":2}'])
})

test('an event by its type needs a map', async () => {
  const prices = eventStream(URL_OF)
  server.use(prices)
  void fetch(URL_OF).catch(() => {})
  const exchange = await prices.next()
  // @ts-expect-error No event is known.
  expect(() => exchange.send({ type: 'price', data: 1 })).toThrow('needs the option events')
  exchange.cut()
})

test('types the events of a script by the map', () => {
  type Typed = ReturnType<typeof eventStream<typeof events.schemas>>
  expectTypeOf<Typed['send']>().parameter(0).not.toBeAny()
  // @ts-expect-error There is no such event.
  const wrong: Parameters<Typed['send']>[0] = { type: 'cost', data: 1 }
  expect(wrong).toBeDefined()
})

test('with once, the next handler answers from then on', async () => {
  server.use(
    eventStream(URL_OF, [[{ data: 'first' }]], { once: true }),
    eventStream(URL_OF, [[{ data: 'second' }]]),
  )
  expect(await dataOf(fetch(URL_OF))).toEqual(['first'])
  expect(await dataOf(fetch(URL_OF))).toEqual(['second'])
})

test.each(['\n', '\r\n', '\r'] as const)(
  'an EventSource is cut off, comes back with its last id, and stops when it is told to: %j',
  async (lineEnding) => {
    const prices = eventStream(URL_OF, ({ lastEventId }) =>
      lastEventId === 'é1'
        ? { status: 204 }
        : { lineEnding, steps: [{ retry: 1 }, { id: 'é1', event: 'price', data: 'a\nb' }, cut()] },
    )
    server.use(prices)
    const source = new EventSource(URL_OF)
    const seen: string[] = []
    source.addEventListener('price', ({ data, lastEventId }) => seen.push(`${lastEventId} ${data}`))
    await expect.poll(() => source.readyState).toBe(source.CLOSED)
    expect(seen).toEqual(['é1 a\nb'])
    expect(prices.exchanges.map(({ lastEventId }) => lastEventId)).toEqual([null, 'é1'])
  },
)

test('a handler that a reset leaves in place begins anew', async () => {
  const prices = eventStream(URL_OF, [[{ data: 'first' }], [{ data: 'second' }]])
  server.resetHandlers(prices)
  expect(await dataOf(fetch(URL_OF))).toEqual(['first'])
  server.resetHandlers()
  expect(prices.exchanges).toEqual([])
  expect(await dataOf(fetch(URL_OF))).toEqual(['first'])
  expect(prices.exchanges).toHaveLength(1)
  server.resetHandlers(eventStream('http://nobody.example/', []))
})

test.each([
  ['goes', () => server.resetHandlers()],
  ['stays', (handler: ReturnType<typeof eventStream>) => server.resetHandlers(handler)],
])(
  'a handler that %s with a reset ends its streams, and lets what is left of them be silent',
  async (_, reset) => {
    const clock = new FakeClock()
    let ended = 0
    function* script() {
      try {
        yield { data: 'a' }
        yield pause(60_000)
        yield { data: 'b' }
      } finally {
        ended++
      }
    }
    const prices = eventStream(URL_OF, ({ index }) => (index === 0 ? script() : { delayMs: 60_000 }), {
      clock,
    })
    server.use(prices)
    const reader = (await fetch(URL_OF)).body?.getReader()
    await reader?.read()
    const settled: unknown[] = []
    const settle = (how: unknown): number => settled.push(how)
    reader?.read().then(settle, settle)
    fetch(URL_OF).then(settle, settle)
    await expect.poll(() => clock.pendingTimers).toBe(2)
    const exchanges = [...prices.exchanges]

    reset(prices)
    expect(await Promise.all(exchanges.map(({ done }) => done))).toEqual(['released', 'released'])
    await expect.poll(() => [ended, clock.pendingTimers]).toEqual([1, 0])
    expect(() => prices.send({ data: 'to nobody' })).toThrow('No stream of')
    await turns(10)
    expect(settled).toEqual([])
    server.resetHandlers(eventStream('http://nobody.example/', []))
  },
)

test('a request that waits for the test when the handlers are reset gets no answer any more', async () => {
  const prices = eventStream(URL_OF)
  server.use(prices)
  const settled: unknown[] = []
  fetch(URL_OF).then((response) => settled.push(response))
  const exchange = await prices.next()
  server.resetHandlers()
  expect(await exchange.done).toBe('released')
  exchange.send({ data: 'too late' })
  await turns(10)
  expect(settled).toEqual([])
})
