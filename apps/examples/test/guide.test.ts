import { createEventSource } from '@sse/client'
import { assertEvents } from '@sse/testing'
import { expect, test } from 'vitest'
import { Example } from './example.ts'
import { record } from './patient-record.ts'

const guide = (name: string, settings?: Record<string, string>): Example =>
  Example.guide(`guide/${name}.ts`, settings)

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
}

async function get(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}

test('01 counts to ten, a range, and for ever from where the client was; in node:http and in Hono', async () => {
  using example = guide('01-basic', { EVERY_MS: '1' })
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => ({
      type: 'number',
      id: String(from + index),
      data: { number: from + index },
    }))
  for (const [path, from, to] of [
    ['/numbers', 1, 10],
    ['/range/3/6', 3, 6],
    ['/hono/range/3/6', 3, 6],
  ] as const) {
    await using stream = await record(await example.url(path))
    expect((await stream.ended()).reason).toBe('complete')
    assertEvents(stream, [...numbers(from, to), { type: 'done', data: { last: to } }])
  }
  await using endless = await record(await example.url('/endless'), { lastEventId: '41' })
  expect(await endless.next(3)).toMatchObject([{ id: '42' }, { id: '43' }, { id: '44' }])
  expect((await fetch(await example.url('/range/6/3'))).status).toBe(404)
})

test('02 sends what is posted to everyone who listens, and keeps it for those who come back', async () => {
  using example = guide('02-broadcasting')
  const url = await example.url('/events')
  await using ada = await record(url)
  await using grace = await record(url)
  const sent = await post(await example.url('/send'), { message: 'hello', event: 'greeting' })
  expect(sent.status).toBe(202)
  const { id, listeners } = await sent.json()
  expect(listeners).toBe(2)
  for (const stream of [ada, grace])
    expect(await stream.next()).toMatchObject({
      type: 'greeting',
      id,
      data: expect.stringContaining('hello'),
    })

  await ada.close()
  await post(await example.url('/send'), { message: 'while you were away' })
  await using back = await ada.reconnect()
  expect(JSON.parse((await back.next()).data)).toMatchObject({ message: 'while you were away' })
  expect(await get(await example.url('/status'))).toMatchObject({ kept: { events: 2 } })
  expect((await post(await example.url('/send'), { mesage: 'x' })).status).toBe(400)
})

test('04 shows its options: ping, error, separator, headers, work after the stream', async () => {
  using example = guide('04-advanced', { PING_MS: '20' })
  {
    await using stream = await record(await example.url('/custom-ping'))
    expect(await stream.next(2)).toMatchObject([{ type: 'ping' }, { type: 'ping' }])
  }
  {
    await using stream = await record(await example.url('/error-demo'))
    await stream.ended()
    assertEvents(stream, [
      { type: 'progress', data: { percent: 50 } },
      { type: 'failed', data: { message: 'The job failed. Nothing was changed.' } },
    ])
    await example.printed(/error-demo: Error: The disk is full/)
  }
  expect(await (await fetch(await example.url('/custom-separator'))).text()).toContain(
    'event: three\r\ndata: on\r\ndata: two lines\r\n\r\n',
  )
  {
    await using stream = await record(await example.url('/proxy-friendly'))
    await stream.next()
    expect(stream.entries).toContainEqual(expect.objectContaining({ kind: 'retry', retryMs: 2_000 }))
    expect(stream.response?.headers.get('x-stream')).toBe('ticks')
    expect(stream.response?.headers.get('x-accel-buffering')).toBe('no')
  }
  await expect
    .poll(async () => get(await example.url('/audit')))
    // As many as there were seconds.
    .toEqual([expect.stringMatching(/^client-disconnect after [1-9]\d* events$/)])
  await using ticks = await record(await example.url('/timeout-protected'))
  expect(await ticks.next()).toMatchObject({ type: 'tick' })
  expect(await get(await example.url('/health'))).toMatchObject({ status: 'ok' })
})

test('05 merges producers, and holds a fast one back', async () => {
  using example = guide('05-memory-channels', { EVERY_MS: '10' })
  await using single = await record(await example.url('/single'))
  await single.ended()
  assertEvents(
    single,
    [1, 2, 3, 4, 5].map((reading) => ({ type: 'only', data: { reading } })),
  )

  await using merged = await record(await example.url('/merged'))
  await merged.ended()
  const types = merged.events.map(({ type }) => type)
  expect(types.toSorted()).toEqual(['cpu', 'cpu', 'cpu', 'disk', 'disk', 'disk', 'net', 'net', 'net'])
  expect(types.slice(0, 3).toSorted()).toEqual(['cpu', 'disk', 'net'])

  await using slow = await record(await example.url('/backpressure'))
  await slow.ended()
  const items = slow.events.map(({ data }) => JSON.parse(data))
  expect(items.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6])
  expect(Math.max(...items.map(({ buffered }) => buffered))).toBe(2)
  expect(items.at(-1).full).toBe(true)
})

test('06 lets a client go that takes nothing, and frees what its stream held', async () => {
  using example = guide('06-send-timeout', { SEND_TIMEOUT_MS: '2000' })
  await using stream = await record(await example.url('/large'), { limits: { maxEventLength: 1e6 } })
  await stream.next()
  expect(await get(await example.url('/status'))).toEqual({ open: 1, ends: [] })
  stream.pauseReading()
  await expect
    .poll(async () => get(await example.url('/status')))
    .toEqual({ open: 0, ends: ['send-timeout'] })
})

test('07 says goodbye on Ctrl-C, and ends by itself', async () => {
  using example = guide('07-shutdown')
  await using stream = await record(await example.url())
  await stream.next()
  example.interrupt()
  expect(await stream.until({ type: 'goodbye' })).toBeDefined()
  expect((await stream.ended()).reason).toBe('complete')
  expect(stream.entries).toContainEqual(expect.objectContaining({ kind: 'retry' }))
  await example.printed(/a stream ended: shutdown\nThe server is closed/)
  expect(await example.exitCode()).toBe(0)
})

test('08 goes from welcome to completion, and on from the step that was seen', async () => {
  using example = guide('08-progress', { STEP_MS: '5' })
  const url = await example.url()
  await using stream = await record(url)
  await stream.ended()
  expect(stream.events.map(({ type }) => type)).toEqual([
    'welcome',
    ...new Array(5).fill('status'),
    'complete',
  ])
  await using resumed = await record(url, { lastEventId: '3' })
  await resumed.ended()
  expect(resumed.events.map(({ id }) => id)).toEqual([undefined, '4', '5', undefined])
})

test('09 tells who joins and leaves, keeps the history, and knows rooms apart', async () => {
  using example = guide('09-chat')
  await using ada = await record(await example.url('/rooms/lobby?user=ada'))
  {
    await using grace = await record(await example.url('/rooms/lobby?user=grace'))
    await using tab = await record(await example.url('/rooms/lobby?user=grace'))
    await post(await example.url('/rooms/lobby'), { user: 'grace', text: 'Hello, Ada' })
    await post(await example.url('/rooms/attic'), { user: 'grace', text: 'Nobody here' })
    const seen = [
      { type: 'joined', data: { user: 'ada', users: ['ada'] } },
      { type: 'joined', data: { user: 'grace', users: ['ada', 'grace'] } },
      { type: 'said', data: expect.objectContaining({ user: 'grace', text: 'Hello, Ada' }) },
    ]
    // Also in a tab that came later: the history.
    for (const stream of [ada, grace, tab]) {
      await stream.until({ type: 'said' })
      assertEvents(stream, seen)
    }
    expect(await get(await example.url('/rooms/lobby/users'))).toEqual(['ada', 'grace'])
  }
  expect(JSON.parse((await ada.take('left')).data)).toEqual({ user: 'grace', users: ['ada'] })
  expect((await fetch(await example.url('/rooms/lobby'))).status).toBe(400)
  expect((await fetch(await example.url('/rooms/..%2F..%2Fetc?user=ada'))).status).toBe(400)
})

test('10 lets in who has a token, shows each their own, and ends a stream with its token', async () => {
  using example = guide('10-auth', { EXPIRES_IN: '5 seconds' })
  const login = async (user: string): Promise<Record<string, string>> => {
    const { token } = await (await post(await example.url('/login'), { user, password: 'secret' })).json()
    return { authorization: `Bearer ${token}` }
  }
  const inbox = await example.url('/inbox')
  expect((await fetch(inbox)).status).toBe(401)
  expect((await fetch(inbox, { headers: { authorization: 'Bearer made.up.token' } })).status).toBe(401)
  expect((await post(await example.url('/login'), { user: 'ada', password: 'guess' })).status).toBe(401)

  const [ada, grace] = [await login('ada'), await login('grace')]
  await using stream = await record(inbox, { headers: ada })
  await post(await example.url('/notify'), { to: 'grace', text: 'for grace' }, ada)
  await post(await example.url('/notify'), { to: 'ada', text: 'for ada' }, grace)
  expect(JSON.parse((await stream.next()).data)).toEqual({ from: 'grace', text: 'for ada' })
  expect((await stream.ended()).reason).toBe('complete')
})

test('11 refuses one stream too many, and one post too many, and says when to come back', async () => {
  using example = guide('11-limits', { MAX_STREAMS: '1' })
  await using stream = await record(await example.url('/events'))
  const refused = await fetch(await example.url('/events'))
  expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true])
  const statuses: number[] = []
  for (let number = 1; number <= 6; number++)
    statuses.push((await post(await example.url('/send'), { number })).status)
  expect(statuses).toEqual([202, 202, 202, 202, 202, 429])
  expect(await stream.next(5)).toHaveLength(5)
})

test('12 counts what its streams do', async () => {
  using example = guide('12-metrics')
  await using stream = await record(await example.url('/ticks'))
  await stream.next(2)
  const metrics = await (await fetch(await example.url('/metrics'))).text()
  expect(metrics).toMatch(/^sse_streams_open 1$/m)
  expect(metrics).toMatch(/^sse_channel_events_total\{channel="ticks"\} [1-9]/m)
})

test('13 streams an answer, and stops working for it when the reader stops', async () => {
  using example = guide('13-llm-tokens', { TOKEN_MS: '20' })
  const ask = async (question: string): Promise<ReturnType<typeof createEventSource>> =>
    createEventSource(await example.url('/v1/chat/completions'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'any', stream: true, messages: [{ role: 'user', content: question }] }),
      until: ({ data }) => data === '[DONE]',
    })
  let answer = ''
  for await (const { data } of await ask('Why?')) answer += JSON.parse(data).choices[0].delta.content ?? ''
  expect(answer).toMatch(/^You asked: Why\? .* word by word\. $/)

  // The answer is as long as the question: this one would take twenty seconds.
  const long = 'Why? '.repeat(1_000)
  for await (const { data } of await ask(long)) if (JSON.parse(data).choices[0].delta.content !== '') break
  const usage = await example.url('/usage')
  await expect.poll(() => get(usage)).toMatchObject({ answers: 2, stopped: 1 })
  const { tokens } = (await get(usage)) as { tokens: number }
  // While a third answer is given to its end, the second one costs nothing more.
  let given = 0
  for await (const { data } of await ask('Why?')) if (JSON.parse(data).choices[0].delta.content) given++
  expect(await get(usage)).toMatchObject({ tokens: tokens + given })
})

test('14 begins with the state of everything, then tells what changes', async () => {
  using example = guide('14-dashboard')
  await using stream = await record(await example.url('/dashboard'))
  expect((await stream.next(3)).map(({ data }) => JSON.parse(data).name)).toEqual(['web-1', 'web-2', 'db-1'])
  const change = (path: string, init: RequestInit): Promise<Response> =>
    example.url(path).then((url) => fetch(url, init))
  for (const load of [1, 2, 3])
    await change('/servers/web-1', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status: 'up', load }),
    })
  await change('/servers/web-2', { method: 'DELETE' })
  expect((await stream.next(4)).map(({ type }) => type)).toEqual(['server', 'server', 'server', 'removed'])

  // Whoever comes now gets one event for each.
  await using late = await record(await example.url('/dashboard'))
  const snapshot = (await late.next(3)).map(({ type, data }) => [type, JSON.parse(data).name])
  expect(snapshot.toSorted()).toEqual([
    ['removed', 'web-2'],
    ['server', 'db-1'],
    ['server', 'web-1'],
  ])
})
