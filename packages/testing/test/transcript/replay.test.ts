import { parseEventStream } from '@sse/core'
import { describe, expect, test } from 'vitest'
import { FakeClock, turns } from '../../src/clock/fake-clock.ts'
import { captureTranscript } from '../../src/transcript/capture.ts'
import { replayFetch } from '../../src/transcript/replay-fetch.ts'
import type { Transcript } from '../../src/transcript/transcript.ts'
import { type ReplayOptions, transcriptScript } from '../../src/transcript/transcript-script.ts'
import { recording } from './recording.ts'

const URL = 'https://example.com/prices'
const AT_ONCE = { speed: Number.POSITIVE_INFINITY }

async function textOf(response: Response): Promise<string> {
  return response.text()
}

describe('a replay as a fetch', () => {
  test('has the head, the chunks and the end of the recording', async () => {
    const again = await captureTranscript(await replayFetch(recording, AT_ONCE)(URL))
    expect(again).toMatchObject({ status: 200, headers: recording.headers, end: { reason: 'complete' } })
    expect(again.chunks.map(({ bytes }) => bytes)).toEqual(recording.chunks.map(({ bytes }) => bytes))
  })

  test.each([1, 10, 0.5])('keeps its times, at speed %s', async (speed) => {
    const clock = new FakeClock()
    const capturing = captureTranscript(URL, { fetch: replayFetch(recording, { speed, clock }), clock })
    await clock.advanceAsync(1_000 / speed)
    const again = await capturing
    const slower = (ms: number): number => ms / speed
    expect(again.headMs).toBe(slower(recording.headMs))
    expect(again.chunks.map(({ atMs }) => atMs)).toEqual(recording.chunks.map(({ atMs }) => slower(atMs)))
    expect(again.end.atMs).toBe(slower(recording.end.atMs))
  })

  test('makes up for timers that are late', async () => {
    const late = new FakeClock()
    const schedule = late.schedule.bind(late)
    late.schedule = (callback, ms, keepAlive) => schedule(callback, ms + 7, keepAlive)
    const capturing = captureTranscript(URL, { fetch: replayFetch(recording, { clock: late }), clock: late })
    await late.advanceAsync(2_000)
    const { chunks } = await capturing
    const delays = chunks.map(({ atMs }, index) => atMs - (recording.chunks[index]?.atMs ?? 0))
    expect(Math.max(...delays)).toBe(7)
  })

  test('waits for nothing at infinite speed', async () => {
    const clock = new FakeClock()
    const response = await replayFetch(recording, { ...AT_ONCE, clock })(URL)
    const data = []
    for await (const event of parseEventStream(response)) data.push(event.data)
    expect(data).toEqual(['a', 'b', 'ü', 'no id'])
    expect(clock.now()).toBe(0)
  })

  test('serves several requests, each from the beginning', async () => {
    const fetch = replayFetch(recording, AT_ONCE)
    const [one, other] = await Promise.all([fetch(URL).then(textOf), fetch(URL).then(textOf)])
    expect(one).toBe(other)
    expect(one).toContain('id: 1')
    expect(fetch.requests).toHaveLength(2)
  })

  test('adds no content type where there was none', async () => {
    for (const status of [200, 503]) {
      const response = await replayFetch({ ...recording, status, headers: [['retry-after', '3']] })(URL)
      expect([response.status, ...response.headers]).toEqual([status, ['retry-after', '3']])
    }
  })
})

describe('the end of a replay', () => {
  const ending = (reason: Transcript['end']['reason']): Transcript => ({
    ...recording,
    end: { ...recording.end, reason },
  })

  test.each([
    ['complete', undefined],
    ['closed', undefined],
    ['cut', 'complete'],
  ] as const)('is proper after %s, with end %s', async (reason, end) => {
    await expect(replayFetch(ending(reason), { ...AT_ONCE, end })(URL).then(textOf)).resolves.toContain(
      'no id',
    )
  })

  test.each([
    ['cut', undefined],
    ['complete', 'cut'],
  ] as const)('breaks after %s, with end %s', async (reason, end) => {
    await expect(replayFetch(ending(reason), { ...AT_ONCE, end })(URL).then(textOf)).rejects.toThrow(
      TypeError,
    )
  })

  test('is none when it stalls', async () => {
    const clock = new FakeClock()
    const response = await replayFetch(recording, { ...AT_ONCE, end: 'stall', clock })(URL)
    const reader = response.body?.getReader()
    for (const _ of recording.chunks) await reader?.read()
    let over = false
    void reader?.read().then(() => {
      over = true
    })
    await clock.advanceAsync(1e9)
    await turns()
    expect(over).toBe(false)
  })
})

describe('a request with Last-Event-ID', () => {
  const from = async (id: string, options: ReplayOptions = AT_ONCE): Promise<Response> =>
    replayFetch(recording, options)(URL, { headers: { 'last-event-id': id } })

  test('gets what comes after that event', async () => {
    expect(await textOf(await from('1'))).toBe(
      'id: 2\ndata: b\n\nid: 3\ndata: ü\n\ndata: no id\n\n: ping\n\n',
    )
    expect(await textOf(await from('2'))).toBe('id: 3\ndata: ü\n\ndata: no id\n\n: ping\n\n')
    expect(await textOf(await from('3'))).toBe('data: no id\n\n: ping\n\n')
  })

  test('gets it in the time that it took', async () => {
    const clock = new FakeClock()
    const fetch = replayFetch(recording, { clock })
    const capturing = captureTranscript(URL, { fetch, clock, headers: { 'last-event-id': '2' } })
    await clock.advanceAsync(1_000)
    // Event 2 came at 200 ms, what completes event 3 at 300 and 301.
    expect((await capturing).chunks.map(({ atMs }) => atMs)).toEqual([0, 100, 101, 200])
  })

  test('is sent away when it has all', async () => {
    const last = { ...recording, chunks: recording.chunks.slice(0, 2) }
    const response = await replayFetch(last, AT_ONCE)(URL, { headers: { 'last-event-id': '2' } })
    expect(response.status).toBe(204)
    // Where the stream stays open, there may always be more.
    const script = transcriptScript(last, { ...AT_ONCE, end: 'stall' })
    expect(script({ lastEventId: '2' })).toMatchObject({ status: 200 })
  })

  test('gets all where the id is unknown, or positions do not count', async () => {
    expect(await textOf(await from('99'))).toContain('id: 1\n')
    expect(await textOf(await from('2', { ...AT_ONCE, resume: false }))).toContain('id: 1\n')
  })
})

test.each([
  [{ speed: 0 }, 'speed'],
  [{ speed: Number.NaN }, 'speed'],
  [{ end: 'never' as 'cut' }, 'end'],
])('refuses %j', (options, field) => {
  expect(() => replayFetch(recording, options)).toThrow(
    expect.objectContaining({ name: 'SseError', code: 'invalid-option', field }),
  )
})
