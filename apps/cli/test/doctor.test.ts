import { gzipSync } from 'node:zlib'
import { cut, pause, type ScriptedRequest, type Step, stall } from '@sse/testing'
import { faultProxy, scriptedServer } from '@sse/testing/node'
import { expect, test } from 'vitest'
import { examine } from '../src/doctor/examination.ts'
import { type Finding, findingsOf } from '../src/doctor/findings.ts'
import { SseCommand } from './command.ts'

const HEADERS = { 'cache-control': 'no-store, no-transform' }
const OPENING = { comment: 'open ping-interval-ms=15000' }

/** Events 1 to 4, from where the reader was: a stream that is as it should be. */
const healthy = ({
  lastEventId,
}: Pick<ScriptedRequest, 'lastEventId'>): { headers: Record<string, string>; steps: Step[] } => ({
  headers: HEADERS,
  steps: [
    OPENING,
    ...[1, 2, 3, 4]
      .filter((number) => number > Number(lastEventId ?? 0))
      .flatMap((number) => [{ id: String(number), data: { number } }, pause(10)]),
    stall(),
  ],
})

async function diagnose(url: string, observeMs = 1_500): Promise<Record<string, Finding>> {
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

test.concurrent.each<[string, object, string]>([
  ['an HTTP error', { status: 502 }, 'The status is 502'],
  ['another content type', { headers: { 'content-type': 'application/json' } }, 'application/json'],
  ['a head that is held back', { delayMs: 60_000 }, 'not even a status'],
])('tells of %s', async (_what, answer, what) => {
  await using server = await scriptedServer(() => answer)
  const { answer: finding } = await diagnose(server.url, 400)
  expect(finding).toMatchObject({
    level: 'problem',
    what: expect.stringContaining(what),
    fix: expect.any(String),
  })
})

test.concurrent('tells that nobody listens', async () => {
  const server = await scriptedServer([])
  await server[Symbol.asyncDispose]()
  expect((await diagnose(server.url))['answer']?.what).toContain('ECONNREFUSED')
})

test.concurrent('tells of headers that invite caches and transformation', async () => {
  await using server = await scriptedServer(() => ({
    headers: { 'cache-control': 'no-cache' },
    steps: [stall()],
  }))
  expect((await diagnose(server.url, 400))['headers']).toMatchObject({ level: 'advice' })
  await using cached = await scriptedServer(() => [OPENING, stall()])
  expect((await diagnose(cached.url, 400))['headers']).toMatchObject({ level: 'problem' })
})

test.concurrent('tells of a proxy that buffers: nothing comes, or what happened apart comes together', async () => {
  await using server = await scriptedServer(healthy)
  await using buffering = await faultProxy({
    target: server.url,
    faults: { buffer: { untilBytes: 100_000 } },
  })
  expect((await diagnose(buffering.url))['answer']).toMatchObject({
    level: 'problem',
    fix: expect.stringContaining('proxy_buffering off'),
  })

  // The data says when it happened: a second apart, and all at once.
  await using held = await scriptedServer(() => ({
    headers: HEADERS,
    steps: [
      OPENING,
      { data: { at: 1_700_000_000_000 } },
      pause(600),
      { data: { at: 1_700_000_001_000 } },
      { data: { at: 1_700_000_002_000 } },
      { data: { at: 1_700_000_003_000 } },
      stall(),
    ],
  }))
  expect((await diagnose(held.url, 2_000))['buffering']).toMatchObject({
    level: 'problem',
    what: expect.stringContaining('2 times'),
  })
  await using silent = await scriptedServer(() => ({ headers: HEADERS, steps: [stall()] }))
  expect((await diagnose(silent.url, 400))['buffering']).toMatchObject({ level: 'problem' })
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
  expect((await diagnose(server.url))['compression']).toMatchObject({
    level: 'problem',
    what: expect.stringContaining('With gzip nothing came'),
  })
  await using right = await scriptedServer((request) => {
    const compressed = request.headers.get('accept-encoding') !== 'identity'
    return compressed
      ? {
          headers: { ...HEADERS, 'content-encoding': 'gzip' },
          steps: [gzipSync('id: 1\ndata: 1\n\n'), stall()],
        }
      : healthy(request)
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
  await using nameless = await scriptedServer(() => ({ headers: HEADERS, steps: [{ data: 'x' }, stall()] }))
  expect((await diagnose(nameless.url, 400))['resumption']?.what).toContain('Events have no ids')
})

test.concurrent('sees a stream go on that greets each client first', async () => {
  await using server = await scriptedServer((request) => {
    const { headers, steps } = healthy(request)
    return { headers, steps: [{ event: 'connected', data: 'hello' }, pause(20), ...steps] }
  })
  expect((await diagnose(server.url))['resumption']).toMatchObject({ level: 'fine' })
})

test.concurrent('knows what it cannot know', async () => {
  await using server = await scriptedServer(() => ({ headers: HEADERS, steps: [': hello\n\n', stall()] }))
  const { resumption, pings } = await diagnose(server.url, 400)
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
  using fine = SseCommand.run('doctor', server.url, '--observe', '200ms')
  expect(await fine.exitCode()).toBe(0)
  expect(fine.out).toMatch(/^✓ answer {6}200, text\/event-stream/)
  await using forgetful = await scriptedServer(() => healthy({ lastEventId: null }))
  using ill = SseCommand.run('doctor', forgetful.url, '--observe', '200ms', '--json')
  expect(await ill.exitCode()).toBe(1)
  expect(JSON.parse(ill.out)).toContainEqual(
    expect.objectContaining({ about: 'resumption', level: 'problem' }),
  )
})
