import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RecordedEvent, type RecordOptions, record } from '@sse/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDemo, type Demo } from '../src/demo.ts'
import { listen } from '../src/listen.ts'
import { DemoProcess } from './demo-process.ts'

let demo: Demo
let url: string
beforeAll(async () => {
  demo = createDemo({ corsOrigin: '*' })
  url = `http://localhost:${await listen(demo.server, { host: '127.0.0.1', port: 0 })}`
})
afterAll(() => demo.close())

/** Reads a stream until it has had one event of each of these types. */
async function readTypes(
  path: string,
  types: readonly string[],
  options: RecordOptions = {},
): Promise<Map<string, RecordedEvent>> {
  await using stream = await record(url + path, { timeoutMs: 60_000, ...options })
  const found = new Map<string, RecordedEvent>()
  await stream.until((event) => {
    if (!found.has(event.type)) found.set(event.type, event)
    return types.every((type) => found.has(type))
  })
  return found
}

function post(
  body: string,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Response> {
  return fetch(`${url}/api/broadcast`, { method: 'POST', headers, body })
}

describe('GET /stream', () => {
  test('greets, then sends messages, sensor readings, heartbeats and notifications', async () => {
    const events = await readTypes('/stream', ['connected', 'message', 'sensor', 'heartbeat', 'notification'])

    expect([...events.keys()][0]).toBe('connected')
    expect(JSON.parse(events.get('connected')?.data ?? '')).toMatchObject({ channel: 'main', subscribers: 1 })
    expect(JSON.parse(events.get('message')?.data ?? '')).toMatchObject({
      text: expect.stringContaining('1 stream'),
    })
    expect(JSON.parse(events.get('sensor')?.data ?? '')).toMatchObject({
      name: 'load',
      value: expect.any(Number),
    })
    expect(JSON.parse(events.get('heartbeat')?.data ?? '')).toMatchObject({
      uptimeSeconds: expect.any(Number),
    })
    expect(JSON.parse(events.get('notification')?.data ?? '')).toMatchObject({ title: 'Server status' })
  })
})

describe('GET /metrics', () => {
  test('tells what this machine does, request rates included', async () => {
    await fetch(`${url}/nowhere`)
    const { data } = (await readTypes('/metrics', ['metrics'])).get('metrics') as RecordedEvent

    const reading = JSON.parse(data)
    expect(reading.cpuPercent).toBeGreaterThanOrEqual(0)
    expect(reading.memoryUsedBytes).toBeLessThan(reading.memoryTotalBytes)
    expect(reading.processMemoryBytes).toBeGreaterThan(10_000_000)
    expect(reading).toMatchObject({
      eventLoopDelayMs: expect.any(Number),
      requestsPerSecond: expect.any(Number),
      errorPercent: expect.any(Number),
    })
  })
})

describe('GET /realtime/:channel and POST /api/broadcast', () => {
  test('delivers a broadcast to its channel, under its name', async () => {
    await using stream = await record(`${url}/realtime/kitchen`, { timeoutMs: 60_000 })
    expect(await stream.next()).toMatchObject({ type: 'connected' })

    const response = await post(JSON.stringify({ message: 'Tea is ready', channel: 'kitchen', event: 'tea' }))

    expect(response.status).toBe(202)
    const answer = await response.json()
    expect(answer).toEqual({ id: expect.any(String), channel: 'kitchen', event: 'tea', subscribers: 1 })
    const event = await stream.next()
    expect(event).toMatchObject({ type: 'tea', lastEventId: answer.id })
    expect(JSON.parse(event.data)).toMatchObject({ message: 'Tea is ready' })
  })

  test('goes on after the id that a client names', async () => {
    const post1 = await (await post(JSON.stringify({ message: 'one', channel: 'resumed' }))).json()
    await post(JSON.stringify({ message: 'two', channel: 'resumed' }))

    const events = await readTypes('/realtime/resumed', ['broadcast'], { lastEventId: post1.id })
    expect(JSON.parse(events.get('broadcast')?.data ?? '')).toMatchObject({ message: 'two' })
  })

  test.each([
    ['no message', '{}', 'message'],
    ['an empty message', '{"message":""}', 'message'],
    ['a message over 4,000 characters', JSON.stringify({ message: 'x'.repeat(4_001) }), 'message'],
    ['a message that is no string', '{"message":5}', 'message'],
    ['a channel that could not stand in a URL', '{"message":"x","channel":"../etc"}', 'channel'],
    ['an event with a line break', '{"message":"x","event":"a\\nb"}', 'event'],
    ['the reserved event', '{"message":"x","event":"gap"}', 'event'],
    ['a field that is unknown', '{"message":"x","chanel":"main"}', ''],
  ])('refuses %s, and says where', async (_what, body, path) => {
    const response = await post(body)

    expect(response.status).toBe(400)
    const { error } = await response.json()
    expect(error.code).toBe('invalid-request')
    expect(error.issues.map((issue: { path: string }) => issue.path)).toContain(path)
  })

  test.each([
    ['JSON that is broken', '{"message"', 'application/json', 400, 'invalid-json'],
    ['another content type', 'message=x', 'application/x-www-form-urlencoded', 415, 'not-json'],
    [
      'a body over 16 KiB',
      JSON.stringify({ message: 'x'.repeat(20_000) }),
      'application/json',
      413,
      'too-large',
    ],
  ])('refuses %s', async (_what, body, type, status, code) => {
    const response = await post(body, { 'content-type': type })

    expect(response.status).toBe(status)
    expect((await response.json()).error).toMatchObject({ code, message: expect.stringMatching(/Send/) })
  })

  test('refuses a channel name that is none', async () => {
    expect((await fetch(`${url}/realtime/No!`)).status).toBe(400)
  })
})

describe('the rest', () => {
  test('GET /health answers', async () => {
    expect(await (await fetch(`${url}/health`)).json()).toEqual({
      status: 'ok',
      uptimeSeconds: expect.any(Number),
      streams: expect.any(Number),
      process: process.pid,
    })
  })

  test('GET / is the page, which may run its own scripts only', async () => {
    const response = await fetch(url)
    expect(await response.text()).toMatch(/^<!doctype html>/i)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  test('an unknown path answers with JSON that says what there is', async () => {
    const response = await fetch(`${url}/nowhere`)
    expect(response.status).toBe(404)
    expect((await response.json()).error.message).toContain('/stream')
  })

  test('anyone may use the API from a page of their own, by default', async () => {
    const { headers } = await fetch(`${url}/health`, { headers: { origin: 'https://example.org' } })
    expect(headers.get('access-control-allow-origin')).toBe('*')
  })

  test('only the origins that are listed may, when they are', async () => {
    const strict = createDemo({ corsOrigin: ['https://ours.example'] })
    const address = `http://localhost:${await listen(strict.server, { host: '127.0.0.1', port: 0 })}/stream`
    const allowed = async (origin: string): Promise<string | null> => {
      const response = await fetch(address, { headers: { origin } })
      await response.body?.cancel()
      return response.headers.get('access-control-allow-origin')
    }
    expect(await allowed('https://ours.example')).toBe('https://ours.example')
    expect(await allowed('https://theirs.example')).toBe(null)
    await strict.close()
  })
})

describe('the process', () => {
  test('ends all streams and itself on SIGTERM', async () => {
    await using process = await DemoProcess.start()
    await using stream = await record(`${process.url}/stream`, { timeoutMs: 60_000 })
    await stream.next()

    expect(await process.end('SIGTERM')).toBe(0)
    expect((await stream.ended()).reason).toBe('complete')
  })

  test('says what to do when the port it was given is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo

    await expect(DemoProcess.start({ PORT: String(port) })).rejects.toThrow(`Port ${port} is taken`)
    other.close()
  })

  test('says what is wrong with its environment', async () => {
    await expect(DemoProcess.start({ PORT: 'eighty' })).rejects.toThrow('PORT')
  })
})

describe('listen', () => {
  test('takes the next free port where none was asked for', async () => {
    const [one, two] = [createServer(), createServer()]
    const first = await listen(one, { host: '127.0.0.1', port: undefined })
    const second = await listen(two, { host: '127.0.0.1', port: undefined })

    // Not always the one behind it: one before it may have become free.
    expect(second).not.toBe(first)
    for (const port of [first, second]) expect(8000 <= port && port < 8100, String(port)).toBe(true)
    one.close()
    two.close()
  })
})
