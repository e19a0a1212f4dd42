import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { FakeClock } from '../../src/clock/fake-clock.ts'
import { captureTranscript } from '../../src/transcript/capture.ts'
import { replayServer } from '../../src/transcript/replay-server.ts'
import { recording } from './recording.ts'

const AT_ONCE = { speed: Number.POSITIVE_INFINITY }

function bytesOf({ chunks }: typeof recording): Buffer {
  return Buffer.concat(chunks.map(({ bytes }) => bytes))
}

test('a replay as a server has the head, the bytes and the end of the recording', async () => {
  await using server = await replayServer(recording, AT_ONCE)
  const again = await captureTranscript(`${server.url}/any/path`)
  expect(again).toMatchObject({ status: 200, end: { reason: 'complete' } })
  expect(Object.fromEntries(again.headers)).toMatchObject(Object.fromEntries(recording.headers))
  expect(bytesOf(again)).toEqual(bytesOf(recording))
  expect(server.requests.map(({ url }) => url)).toEqual([`${server.url}/any/path`])
})

test('chunks come in their time, one by one', async () => {
  const clock = new FakeClock()
  await using server = await replayServer({ ...recording, headMs: 0 }, { clock, speed: 10 })
  const [response] = (await once(get(server.url), 'response')) as [IncomingMessage]
  const pieces = response[Symbol.asyncIterator]()
  for (const [index, { atMs, bytes }] of recording.chunks.entries()) {
    // Once the next one is waited for.
    while (atMs / 10 > clock.now() && clock.pendingTimers === 0)
      await new Promise<void>((resolve) => setImmediate(resolve))
    clock.advance(atMs / 10 - clock.now())
    const piece = await pieces.next()
    expect([index, Buffer.from(piece.value)]).toEqual([index, Buffer.from(bytes)])
  }
})

test('goes on after Last-Event-ID, and breaks where it was cut', async () => {
  const cut = { ...recording, end: { ...recording.end, reason: 'cut' as const } }
  await using server = await replayServer(cut, AT_ONCE)
  const rest = await captureTranscript(server.url, { headers: { 'last-event-id': '2' } })
  expect(bytesOf(rest).toString()).toBe('id: 3\ndata: ü\n\ndata: no id\n\n: ping\n\n')
  expect(rest.end.reason).toBe('cut')
})

test('lets pages of all origins read it, if asked to', async () => {
  await using server = await replayServer(recording, { ...AT_ONCE, cors: true })
  const { headers } = await fetch(server.url, { headers: { origin: 'https://example.com' } })
  expect(headers.get('access-control-allow-origin')).toBe('https://example.com')
})
