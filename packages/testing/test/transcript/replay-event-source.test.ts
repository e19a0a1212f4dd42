import { describe, expect, test } from 'vitest'
import { FakeClock, turns } from '../../src/clock/fake-clock.ts'
import { replayEventSource } from '../../src/transcript/replay-event-source.ts'
import type { Transcript } from '../../src/transcript/transcript.ts'
import { recording } from './recording.ts'

const URL_ASKED = 'https://example.com/prices?a=1'
const AT_ONCE = { speed: Number.POSITIVE_INFINITY }

/** What the source tells, in the order in which it does. */
function listen(
  source: EventTarget & { readonly readyState: number },
  types: readonly string[] = ['message'],
) {
  const told: (string | number)[] = []
  for (const type of ['open', 'error'])
    source.addEventListener(type, (event) => told.push(`${event.type} ${source.readyState}`))
  for (const type of types)
    source.addEventListener(type, (event) => told.push(`${type} ${(event as MessageEvent).data}`))
  return told
}

function transcriptOf(text: string, changes: Partial<Transcript> = {}): Transcript {
  const bytes = new TextEncoder().encode(text)
  return {
    ...recording,
    headMs: 0,
    chunks: [{ atMs: 0, bytes }],
    end: { atMs: 0, reason: 'complete' },
    ...changes,
  }
}

test('tells what a browser would: open, the events, the end, and after a while what comes behind the last id', async () => {
  const clock = new FakeClock()
  const EventSource = replayEventSource(recording, { clock })
  const source = new EventSource(URL_ASKED)
  expect(source).toMatchObject({ readyState: 0, url: URL_ASKED, withCredentials: false })
  const told = listen(source)
  await clock.advanceAsync(40)
  expect(told).toEqual(['open 1', 'message a'])
  await clock.advanceAsync(460)
  expect(told).toEqual(['open 1', 'message a', 'message b', 'message ü', 'message no id'])
  // The end; then, after the stream's `retry`, what comes after event 3, and takes 99 ms.
  await clock.advanceAsync(40)
  expect(told.slice(5)).toEqual(['error 0'])
  await clock.advanceAsync(640)
  expect(told.slice(6)).toEqual(['open 1', 'message no id'])
})

test('comes back with the last event ID, and is closed once it has all', async () => {
  const clock = new FakeClock()
  const transcript = transcriptOf('retry: 500\n\nid: 1\ndata: a\n\nevent: tick\nid: ü\ndata: b\n\n')
  const source = new (replayEventSource(transcript, { clock }))(URL_ASKED)
  const told = listen(source, ['message', 'tick'])
  await clock.advanceAsync(499)
  expect(told).toEqual(['open 1', 'message a', 'tick b', 'error 0'])
  await clock.advanceAsync(1)
  expect(told.slice(4)).toEqual(['error 2'])
  expect(clock.pendingTimers).toBe(0)
})

test('waits for as long as a browser before it comes back, in the time of the replay', async () => {
  const clock = new FakeClock()
  const source = new (replayEventSource(transcriptOf('data: a\n\n'), { clock, speed: 10 }))(URL_ASKED)
  const told = listen(source)
  await clock.advanceAsync(299)
  expect(told).toEqual(['open 1', 'message a', 'error 0'])
  await clock.advanceAsync(1)
  expect(told.slice(3, 5)).toEqual(['open 1', 'message a'])
  source.close()
  await clock.advanceAsync(1_000)
  expect(clock.pendingTimers).toBe(0)
})

test('gives events as the standard has them', async () => {
  const transcript = transcriptOf('id: 7\ndata: a\ndata: b\n\n')
  const EventSource = replayEventSource(transcript, AT_ONCE)
  const source = new EventSource(new URL(URL_ASKED), { withCredentials: true })
  const event = await new Promise<MessageEvent>((resolve) => {
    source.onmessage = resolve
  })
  source.close()
  expect(event).toBeInstanceOf(MessageEvent)
  expect(event).toMatchObject({
    type: 'message',
    data: 'a\nb',
    lastEventId: '7',
    origin: 'https://example.com',
    target: source,
  })
  expect(source).toMatchObject({ readyState: 2, withCredentials: true, CONNECTING: 0, OPEN: 1, CLOSED: 2 })
  expect([EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED]).toEqual([0, 1, 2])
})

describe('fails for good', () => {
  test.each([
    ['a status', { status: 500 }],
    ['another media type', { headers: [['content-type', 'text/plain']] as const }],
  ])('with %s', async (_, changes) => {
    const clock = new FakeClock()
    const source = new (replayEventSource(transcriptOf('data: a\n\n', changes), { clock }))(URL_ASKED)
    const told = listen(source)
    await clock.advanceAsync(10_000)
    expect(told).toEqual(['error 2'])
  })
})

describe('close()', () => {
  test('in a listener is the end, also of what the chunk still has', async () => {
    const clock = new FakeClock()
    const source = new (replayEventSource(transcriptOf('data: a\n\ndata: b\n\n'), { clock }))(URL_ASKED)
    const told = listen(source)
    source.addEventListener('message', () => source.close())
    await clock.advanceAsync(10_000)
    expect(told).toEqual(['open 1', 'message a'])
  })

  test('at the end of a stream keeps it from coming back', async () => {
    const clock = new FakeClock()
    const source = new (replayEventSource(transcriptOf('data: a\n\n'), { clock }))(URL_ASKED)
    const told = listen(source)
    source.onerror = () => source.close()
    await clock.advanceAsync(10_000)
    expect(told).toEqual(['open 1', 'message a', 'error 0'])
    expect(source.readyState).toBe(2)
  })

  test('before there is an answer', async () => {
    const clock = new FakeClock()
    const source = new (replayEventSource(recording, { clock }))(URL_ASKED)
    const told = listen(source)
    source.close()
    await clock.advanceAsync(10_000)
    await turns()
    expect(told).toEqual([])
  })
})

test('handlers are replaced, and taken away', async () => {
  const clock = new FakeClock()
  const source = new (replayEventSource(recording, { clock }))(URL_ASKED)
  const told: string[] = []
  source.onmessage = () => told.push('former')
  const later = ({ data }: MessageEvent): unknown => told.push(data)
  source.onmessage = later
  expect(source.onmessage).toBe(later)
  source.onopen = () => told.push('open')
  source.onerror = () => told.push('error')
  source.onerror = null
  expect([source.onerror, typeof source.onopen]).toEqual([null, 'function'])
  await clock.advanceAsync(600)
  source.close()
  expect(told).toEqual(['open', 'a', 'b', 'ü', 'no id'])
})
