import { getEventListeners } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../../server/test/brokers/free-port.ts'
import { FakeClock, turns } from '../../src/clock/fake-clock.ts'
import { type CaptureOptions, capture, captureTranscript } from '../../src/transcript/capture.ts'
import { transcriptEvents } from '../../src/transcript/timed-events.ts'
import type { Transcript } from '../../src/transcript/transcript.ts'
import { readTranscript, saveTranscript } from '../../src/transcript/transcript-file.ts'
import { openStream, serve } from '../load/http-server.ts'

function textOf({ chunks }: Transcript): string {
  return Buffer.concat(chunks.map(({ bytes }) => bytes)).toString()
}

/** A server that sends the pieces, each when the one before was recorded; and the clock goes on by 10 ms for each. */
async function captureStepwise(
  pieces: readonly (string | Uint8Array)[],
  finish: (response: ServerResponse) => void,
  options: CaptureOptions = {},
): Promise<Transcript> {
  const clock = new FakeClock()
  let response: ServerResponse | undefined
  await using server = await serve((_, answered) => {
    clock.advance(5)
    openStream(answered)
    response = answered
  })
  const left = [...pieces]
  let head: object = {}
  const chunks = []
  for await (const record of capture(`${server.url}/stream`, { clock, ...options })) {
    if (record.kind === 'end') return { ...(head as Transcript), chunks, end: record.end }
    if (record.kind === 'head') head = record.head
    else chunks.push(record.chunk)
    clock.advance(10)
    const piece = left.shift()
    if (piece !== undefined) response?.write(piece)
    else if (response !== undefined) finish(response)
  }
  throw new Error('no end')
}

test('a stream is kept with its bytes and their times', async () => {
  const character = Buffer.from('ü')
  const pieces = [
    'id: 1\ndata: a\n\n',
    Buffer.concat([Buffer.from('data: '), character.subarray(0, 1)]),
    character.subarray(1),
  ]
  const transcript = await captureStepwise(pieces, (response) => response.end('\n\n'))
  expect(transcript).toMatchObject({ status: 200, headMs: 5, recordedAt: '2026-01-01T00:00:00.005Z' })
  expect(textOf(transcript)).toBe('id: 1\ndata: a\n\ndata: ü\n\n')
  expect(transcript.chunks.map(({ atMs }) => atMs)).toEqual([10, 20, 30, 40])
  expect(transcript.end).toEqual({ atMs: 50, reason: 'complete' })
  expect(transcriptEvents(transcript)).toEqual([
    { type: 'message', data: 'a', lastEventId: '1', id: '1', atMs: 10 },
    { type: 'message', data: 'ü', lastEventId: '1', id: undefined, atMs: 40 },
  ])
})

test('a connection that breaks is part of the transcript', async () => {
  const { end, chunks } = await captureStepwise(['data: a\n\n'], (response) => response.destroy())
  expect(chunks).toHaveLength(1)
  expect(end).toMatchObject({ atMs: 20, reason: 'cut', error: expect.stringMatching(/^terminated: ./) })
})

describe('a recording ends', () => {
  test('when its duration is over', async () => {
    const { end } = await captureStepwise(['data: a\n\n'], () => {}, { durationMs: 20 })
    expect(end).toEqual({ atMs: 20, reason: 'closed' })
  })

  test('when its signal says so, and the server is told', async () => {
    const stop = new AbortController()
    const left = Promise.withResolvers<void>()
    await using server = await serve((_, response) => {
      openStream(response)
      response.write('data: a\n\n')
      response.on('close', () => left.resolve())
    })
    const records = capture(server.url, { signal: stop.signal })
    const kinds = []
    for await (const { kind } of records) {
      kinds.push(kind)
      if (kind === 'chunk') stop.abort()
    }
    expect(kinds).toEqual(['head', 'chunk', 'end'])
    await left.promise
  })

  test('when nobody asks for more, and the server is told', async () => {
    const left = Promise.withResolvers<void>()
    await using server = await serve((_, response) => {
      openStream(response)
      response.on('close', () => left.resolve())
    })
    for await (const { kind } of capture(server.url)) {
      expect(kind).toBe('head')
      break
    }
    await left.promise
  })
})

test('any answer can be recorded, and a response that is there', async () => {
  await using server = await serve((_, response) =>
    response.writeHead(503, { 'retry-after': '3' }).end('busy'),
  )
  const transcript = await captureTranscript(await fetch(server.url))
  expect(transcript).toMatchObject({
    url: `${server.url}/`,
    status: 503,
    headMs: 0,
    end: { reason: 'complete' },
  })
  expect(transcript.headers).toContainEqual(['retry-after', '3'])
  expect(textOf(transcript)).toBe('busy')
  await using empty = await serve((_, response) => response.writeHead(204).end())
  expect(await captureTranscript(empty.url)).toMatchObject({ status: 204, chunks: [] })
})

test('leaves nothing behind, and keeps no empty chunks', async () => {
  const clock = new FakeClock()
  const stop = new AbortController()
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array())
      controller.close()
    },
  })
  const transcript = await captureTranscript(new Response(body), {
    clock,
    durationMs: 1_000,
    signal: stop.signal,
  })
  expect(transcript).toMatchObject({ chunks: [], end: { reason: 'complete' } })
  expect(clock.pendingTimers).toBe(0)
  expect(getEventListeners(stop.signal, 'abort')).toEqual([])
})

describe('of a response that was given', () => {
  test('the body is let go of', async () => {
    const clock = new FakeClock()
    const cancelled = Promise.withResolvers<void>()
    const body = new ReadableStream({ cancel: () => cancelled.resolve() })
    const capturing = captureTranscript(new Response(body), { clock, durationMs: 1_000 })
    await clock.advanceAsync(1_000)
    expect(await capturing).toMatchObject({ end: { atMs: 1_000, reason: 'closed' } })
    await cancelled.promise
  })

  test('that it was stopped is no cut, also where its body fails of it first', async () => {
    const stop = new AbortController()
    const body = new ReadableStream({
      start: (controller) =>
        stop.signal.addEventListener('abort', () => controller.error(stop.signal.reason)),
    })
    const capturing = captureTranscript(new Response(body), { signal: stop.signal })
    await turns()
    stop.abort()
    expect(await capturing).toMatchObject({ end: { reason: 'closed' } })
  })
})

describe('secrets', () => {
  const secret = 'hunter2'

  test('are not kept: neither of the request, nor of the URL, nor cookies', async () => {
    const asked = Promise.withResolvers<string | undefined>()
    await using server = await serve(({ headers }, response) => {
      asked.resolve(headers.authorization)
      response
        .writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': `session=${secret}` })
        .end()
    })
    const url = `${server.url}/stream?token=${secret}&token=${secret}&key=${secret}#${secret}`
    const transcript = await captureTranscript(url, {
      headers: { authorization: secret, cookie: secret, 'x-api-key': secret },
    })
    expect(await asked.promise).toBe(secret)
    expect(transcript.url).toBe(`${server.url}/stream?token=redacted&key=redacted`)
    expect(JSON.stringify(transcript)).not.toContain(secret)
  })

  test('a user name and a password in the URL of a response are not, either', async () => {
    const response = new Response('', { headers: { 'content-type': 'text/event-stream' } })
    Object.defineProperty(response, 'url', { value: `https://user:${secret}@example.com/` })
    expect((await captureTranscript(response)).url).toBe('https://example.com/')
  })

  test('a fragment is not, where only the request knows the URL', async () => {
    const options = { fetch: async () => new Response('') }
    expect((await captureTranscript(`https://example.com/#${secret}`, options)).url).toBe(
      'https://example.com/',
    )
  })

  test('what is asked for is kept', async () => {
    await using server = await serve((_, response) => response.end())
    const transcript = await captureTranscript(`${server.url}/?topic=a`, {
      headers: { 'X-Tenant': 'acme', authorization: secret },
      saveRequestHeaders: ['X-Tenant', 'x-other'],
      saveQuery: true,
    })
    expect(transcript).toMatchObject({
      url: `${server.url}/?topic=a`,
      requestHeaders: [['x-tenant', 'acme']],
    })
    expect(JSON.stringify(transcript)).not.toContain(secret)
  })
})

test('headers that would be wrong in a replay are not kept', async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'content-encoding': 'gzip',
      'x-kept': 'yes',
    })
    response.end(gzipSync('data: a\n\n'))
  })
  const transcript = await captureTranscript(server.url)
  expect(textOf(transcript)).toBe('data: a\n\n')
  expect(Object.fromEntries(transcript.headers)).toEqual({
    'content-type': 'text/event-stream',
    date: expect.any(String),
    'x-kept': 'yes',
  })
})

test('an event stream is asked for, unless the caller asks for something else', async () => {
  const accepted: unknown[] = []
  await using server = await serve(({ headers }, response) => {
    accepted.push(headers.accept)
    response.end()
  })
  await captureTranscript(server.url)
  await captureTranscript(server.url, { headers: { accept: 'application/json' } })
  expect(accepted).toEqual(['text/event-stream', 'application/json'])
})

describe('refused', () => {
  test('is a response that was read', async () => {
    const response = new Response('x')
    await response.text()
    await expect(captureTranscript(response)).rejects.toMatchObject({ code: 'not-a-source' })
  })

  test('is a duration that is none', async () => {
    await expect(captureTranscript('http://localhost', { durationMs: Number.NaN })).rejects.toMatchObject({
      code: 'invalid-option',
      field: 'durationMs',
    })
  })
})

describe('files', () => {
  test('a stream is written line by line as it comes, and read back', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'stream.jsonl')
    const response = Promise.withResolvers<ServerResponse>()
    await using server = await serve((_, answered) => {
      openStream(answered)
      answered.write('id: 1\ndata: a\n\n')
      response.resolve(answered)
    })
    const lines: number[] = []
    const saved = await saveTranscript(server.url, file, {
      onRecord({ kind }) {
        if (kind === 'chunk')
          void Promise.all([readFile(file, 'utf8'), response.promise]).then(([text, answered]) => {
            lines.push(text.split('\n').length - 1)
            answered.end()
          })
      },
    })
    expect(lines).toEqual([2])
    expect(saved).toMatchObject({ chunks: 1, bytes: 15, end: { reason: 'complete' } })
    const transcript = await readTranscript(file)
    expect(textOf(transcript)).toBe('id: 1\ndata: a\n\n')
    expect(transcript.end).toEqual(saved.end)
  })

  test('nothing is written where nobody answers', async () => {
    await using directory = await temporaryDirectory()
    const file = join(directory.path, 'stream.jsonl')
    await expect(saveTranscript(`http://127.0.0.1:${await freePort()}`, file)).rejects.toThrow('fetch failed')
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'sse-transcript-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
