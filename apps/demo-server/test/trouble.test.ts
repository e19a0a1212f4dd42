import { parseEventStream } from '@sse/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDemo, type Demo } from '../src/demo.ts'
import { listen } from '../src/listen.ts'

let demo: Demo
let url: string
beforeAll(async () => {
  demo = createDemo({ corsOrigin: '*' })
  url = `http://localhost:${await listen(demo.server, { host: '127.0.0.1', port: 0 })}`
})
afterAll(() => demo.close())

function trouble(body: unknown): Promise<Response> {
  return fetch(`${url}/api/trouble`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

test('cut breaks the streams of who asks, and tells how many', async () => {
  const events = parseEventStream(await fetch(`${url}/realtime/cut`))
  await events.next()

  expect(await (await trouble({ kind: 'cut' })).json()).toEqual({ kind: 'cut', streams: 1 })
  await expect(events.next()).rejects.toThrow()
  expect(await (await trouble({ kind: 'cut' })).json()).toEqual({ kind: 'cut', streams: 0 })
})

test('stall holds back what is sent, and leaves the connection open', async () => {
  const events = parseEventStream(await fetch(`${url}/realtime/stalled`))
  await events.next()
  expect(await (await trouble({ kind: 'stall' })).json()).toEqual({ kind: 'stall', streams: 1 })

  let arrived = false
  const next = events.next().then(
    () => (arrived = true),
    () => {},
  )
  const after = parseEventStream(await fetch(`${url}/realtime/stalled`))
  await after.next()
  await fetch(`${url}/api/broadcast`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'hello', channel: 'stalled' }),
  })

  // It was sent to both. The stream that came after the stall has it.
  expect((await after.next()).value).toMatchObject({ type: 'broadcast' })
  expect(arrived).toBe(false)
  await after.return()
  await trouble({ kind: 'cut' })
  await next
})

test.each([{}, { kind: 'burn' }, { kind: 'cut', of: 'everybody' }])('refuses %j', async (body) => {
  const response = await trouble(body)
  expect(response.status).toBe(400)
  expect((await response.json()).error.code).toBe('invalid-request')
})
