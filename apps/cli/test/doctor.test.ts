import { gzipSync } from 'node:zlib'
import { cut, pause, type ScriptedRequest, type Step, stall } from '@sse/testing'
import { faultProxy, scriptedServer } from '@sse/testing/node'
import { expect, test } from 'vitest'
import { examine } from '../src/doctor/examination.ts'
import { type Finding, findingsOf } from '../src/doctor/findings.ts'
import { SseCommand } from './command.ts'

const HEADERS = { 'cache-control': 'no-store, no-transform' }
const OPENING = { comment: 'open ping-interval-ms=15000' }

/** Longer than any machine takes to read a stream that ends. */
const UNTIL_ITS_END_MS = 60_000

/** Events 1 to 4, from where the reader was: a stream that is as it should be, and then ends, so that nobody watches the time. */
const healthy = ({
  lastEventId,
}: Pick<ScriptedRequest, 'lastEventId'>): { headers: Record<string, string>; steps: Step[] } => ({
  headers: HEADERS,
  steps: [
    OPENING,
    ...[1, 2, 3, 4]
      .filter((number) => number > Number(lastEventId ?? 0))
      .flatMap((number) => [{ id: String(number), data: { number } }, pause(10)]),
  ],
})

async function diagnose(url: string, observeMs = UNTIL_ITS_END_MS): Promise<Record<string, Finding>> {
  const signal = new AbortController().signal
  const findings = findingsOf(await examine(new URL(url), { headers: {}, observeMs, signal }))
  return Object.fromEntries(findings.map((finding) => [finding.about, finding]))
}

test.concurrent('finds nothing wrong where nothing is, but that HTTP/1.1 has few connections', async () => {
  await using server = await scriptedServer(healthy)
  const { connections, ...others } = await diagnose(server.url)
  expect(Object.values(others).map(({ about, level }) => [about, level])).toEqual([
    ['answer', 'fine'],
    ['headers', 'fine'],
    ['buffering', 'fine'],
    ['compression', 'fine'],
    ['pings', 'fine'],
    ['resumption', 'fine'],
  ])
  expect(connections).toMatchObject({ level: 'advice', what: expect.stringContaining('six connections') })
})

test.concurrent.each<[string, object, string, number]>([
  ['an HTTP error', { status: 502 }, 'The status is 502', UNTIL_ITS_END_MS],
  [
    'another content type',
    { headers: { 'content-type': 'application/json' } },
    'application/json',
    UNTIL_ITS_END_MS,
  ],
  ['a head that is held back', { delayMs: 60_000 }, 'not even a status', 400],
])('tells of %s', async (_what, answer, what, observeMs) => {
  await using server = await scriptedServer(() => answer)
  const { answer: finding } = await diagnose(server.url, observeMs)
  expect(finding).toMatchObject({
    level: 'problem',
    what: expect.stringContaining(what),
    fix: expect.any(String),
  })
})

test.concurrent('tells that nobody listens', async () => {
  // A port that nobody is given unasked.
  expect((await diagnose('http://127.0.0.1:2/'))['answer']?.what).toContain('ECONNREFUSED')
})

test.concurrent('tells of headers that invite caches and transformation', async () => {
  await using server = await scriptedServer(() => ({
    headers: { 'cache-control': 'no-cache' },
    steps: [OPENING],
  }))
  expect((await diagnose(server.url))['headers']).toMatchObject({ level: 'advice' })
  await using cached = await scriptedServer(() => [OPENING])
  expect((await diagnose(cached.url))['headers']).toMatchObject({ level: 'problem' })
})

test.concurrent('tells of a proxy that buffers: nothing comes, or what happened apart comes together', async () => {
  await using server = await scriptedServer((request) => {
    const { headers, steps } = healthy(request)
    return { headers, steps: [...steps, stall()] }
  })
  await using buffering = await faultProxy({
    target: server.url,
    faults: { buffer: { untilBytes: 100_000 } },
  })
  expect((await diagnose(buffering.url, 1_500))['answer']).toMatchObject({
    level: 'problem',
    fix: expect.stringContaining('proxy_buffering off'),
  })

  // The data says when it happened: a second apart, and all in one piece.
  const happened = [1, 2, 3].map((second) => `data: {"at":${1_700_000_000_000 + second * 1_000}}\n\n`)
  await using held = await scriptedServer(() => ({
    headers: HEADERS,
    steps: [
      OPENING,
      { data: { at: 1_700_000_001_000 } },
      // What comes at the start may be a replay.
      pause(600),
      happened.join(''),
    ],
  }))
  expect((await diagnose(held.url))['buffering']).toMatchObject({
    level: 'problem',
    what: expect.stringContaining('2 times'),
  })
  await using silent = await scriptedServer(() => ({ headers: HEADERS, steps: [stall()] }))
  expect((await diagnose(silent.url, 2_000))['buffering']).toMatchObject({ level: 'problem' })
})

test.concurrent('tells of compression that holds events back', async () => {
  await using server = await scriptedServer((request) => {
    const compressed = request.headers.get('accept-encoding') !== 'identity'
    return compressed
      ? {
          headers: { ...HEADERS, 'content-encoding': 'gzip' },
          steps: [gzipSync('').subarray(0, 10), stall()],
        }
      : healthy(request)
  })
  expect((await diagnose(server.url, 3_000))['compression']).toMatchObject({
    level: 'problem',
    what: expect.stringContaining('With gzip nothing came'),
  })
  await using right = await scriptedServer((request) => {
    const compressed = request.headers.get('accept-encoding') !== 'identity'
    return compressed
      ? {
          headers: { ...HEADERS, 'content-encoding': 'gzip' },
          steps: [gzipSync('id: 1\ndata: 1\n\n')],
        }
      : { headers: HEADERS, steps: [pause(1_000), ...healthy(request).steps] }
  })
  expect((await diagnose(right.url))['compression']).toMatchObject({
    level: 'fine',
    what: expect.stringContaining('gzip'),
  })
})

test.concurrent('tells a Last-Event-ID that is stripped from a server that does not resume', async () => {
  await using stripped = await scriptedServer(({ path }) =>
    healthy({ lastEventId: new URL(path, 'http://x').searchParams.get('lastEventId') }),
  )
  expect((await diagnose(stripped.url))['resumption']?.what).toContain('Last-Event-ID is stripped')
  await using forgetful = await scriptedServer(() => healthy({ lastEventId: null }))
  expect((await diagnose(forgetful.url))['resumption']?.what).toContain('the server does not resume')
  await using nameless = await scriptedServer(() => ({ headers: HEADERS, steps: [{ data: 'x' }] }))
  expect((await diagnose(nameless.url))['resumption']?.what).toContain('Events have no ids')
})

test.concurrent('sees a stream go on that greets each client first', async () => {
  await using server = await scriptedServer((request) => {
    const { headers, steps } = healthy(request)
    return { headers, steps: [{ event: 'connected', data: 'hello' }, pause(20), ...steps] }
  })
  expect((await diagnose(server.url))['resumption']).toMatchObject({ level: 'fine' })
})

test.concurrent('knows what it cannot know', async () => {
  await using server = await scriptedServer(() => ({ headers: HEADERS, steps: [': hello\n\n'] }))
  const { resumption, pings } = await diagnose(server.url)
  expect(resumption).toMatchObject({ level: 'unknown' })
  expect(pings).toMatchObject({ level: 'fine' })
  await using broken = await scriptedServer(() => ({
    headers: HEADERS,
    steps: [{ id: '1', data: 1 }, pause(5), cut()],
  }))
  expect((await diagnose(broken.url))['resumption']).toMatchObject({ level: 'unknown' })
})

test.concurrent('the command prints findings and fixes, and its exit code says whether there is a problem', async () => {
  await using server = await scriptedServer(healthy)
  using fine = SseCommand.run('doctor', server.url, '--observe', '60s')
  expect(await fine.exitCode()).toBe(0)
  expect(fine.out).toMatch(/^✓ answer {6}200, text\/event-stream/)
  await using forgetful = await scriptedServer(() => healthy({ lastEventId: null }))
  using ill = SseCommand.run('doctor', forgetful.url, '--observe', '60s', '--json')
  expect(await ill.exitCode()).toBe(1)
  expect(JSON.parse(ill.out)).toContainEqual(
    expect.objectContaining({ about: 'resumption', level: 'problem' }),
  )
})
