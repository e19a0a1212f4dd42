import { expect, test } from 'vitest'
import { FakeClock, turns } from '../../src/clock/fake-clock.ts'
import { scriptedFetch } from '../../src/script/scripted-fetch.ts'
import { stall } from '../../src/script/step.ts'
import { FetchedEventSource } from '../../src/transcript/fetched-event-source.ts'

type Fetch = ConstructorParameters<typeof FetchedEventSource>[1]['fetch']

function open(fetch: Fetch) {
  const clock = new FakeClock()
  const source = new FetchedEventSource(
    'https://example.com/',
    { fetch, clock, retryMs: 1_000, retryFactor: 1 },
    false,
  )
  const data: string[] = []
  source.onmessage = (event) => data.push(event.data)
  return { clock, source, data }
}

test('sends the last event ID as UTF-8 when it comes back, and none before', async () => {
  const fetch = scriptedFetch([[{ id: '€', data: 'a' }], { status: 204 }])
  const { clock } = open(fetch)
  await clock.advanceAsync(1_000)
  expect(fetch.requests.map(({ headers }) => [headers.get('accept'), headers.get('last-event-id')])).toEqual([
    ['text/event-stream', null],
    ['text/event-stream', Buffer.from('€').toString('latin1')],
  ])
})

test('an event that was cut off does not go on in the next connection', async () => {
  const { clock, data } = open(scriptedFetch([['data: a'], ['\n\ndata: b\n\n'], { status: 204 }]))
  await clock.advanceAsync(5_000)
  expect(data).toEqual(['b'])
})

test('close() lets go of the connection', async () => {
  const fetch = scriptedFetch([[{ data: 'a' }, stall()]])
  const { clock, source, data } = open(fetch)
  await clock.advanceAsync(0)
  expect([data, source.readyState]).toEqual([['a'], 1])
  source.close()
  expect(fetch.exchanges[0]?.aborted).toBe(true)
})

test('close() lets go of the timer, while it waits and when it was about to', async () => {
  const waiting = open(scriptedFetch([[]]))
  await waiting.clock.advanceAsync(0)
  expect(waiting.clock.pendingTimers).toBe(1)
  waiting.source.close()
  expect(waiting.clock.pendingTimers).toBe(0)

  const ending = open(scriptedFetch([[]]))
  ending.source.onerror = () => ending.source.close()
  await ending.clock.advanceAsync(0)
  expect(ending.clock.pendingTimers).toBe(0)
})

test('an answer that comes after close() opens nothing', async () => {
  const answer = Promise.withResolvers<Response>()
  const { source, data } = open(() => answer.promise)
  const opened: Event[] = []
  source.onopen = (event) => opened.push(event)
  source.close()
  answer.resolve(new Response('data: a\n\n', { headers: { 'content-type': 'text/event-stream' } }))
  await turns()
  expect([source.readyState, opened, data]).toEqual([2, [], []])
})
