import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type DispatchedEvent, parseEventStream } from '@sse/core'
import { describe, expect, it } from 'vitest'
import { createShutdown, EventSourceResponse, type StreamEnd } from '../src/index.ts'
import { never } from './fake-sink.ts'
import { ManualClock } from './manual-clock.ts'

async function listen(
  listener: RequestListener,
): Promise<{ server: ReturnType<typeof createServer>; url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

interface Read {
  readonly events: DispatchedEvent[]
  readonly retries: number[]
}

/** Reads a stream to its end. */
async function readAll(response: Response): Promise<Read> {
  const read: Read = { events: [], retries: [] }
  for await (const event of parseEventStream(response, { onRetry: (ms) => read.retries.push(ms) }))
    read.events.push(event)
  return read
}

describe('a shutdown', () => {
  it('tells sources, whose farewell reaches the client, and lets them run to their end', async () => {
    let ranToItsEnd = false
    const response = new EventSourceResponse(
      async function* ({ shutdown }) {
        yield { event: 'hello', data: '' }
        await once(shutdown, 'abort')
        yield { event: 'farewell', data: 'bye' }
        ranToItsEnd = true
      },
      { shutdownGraceMs: 5_000 },
    )
    const { server, url } = await listen((req, res) => void response.send(req, res))
    const client = await fetch(url)
    await createShutdown(server, { signals: false }).drain()

    expect((await readAll(client)).events.map(({ type }) => type)).toEqual(['hello', 'farewell'])
    expect(ranToItsEnd).toBe(true)
  })

  it('ends a source without grace at once, with a time to come back for its client', async () => {
    const ends: StreamEnd[] = []
    const { server, url } = await listen(async (req, res) => {
      ends.push(await new EventSourceResponse(never()).send(req, res))
    })
    const clients = await Promise.all([fetch(url), fetch(url)])
    let chance = 0
    const random = (): number => (chance += 0.25)
    await createShutdown(server, { signals: false, random }).drain()

    const read = await Promise.all(clients.map(readAll))
    expect(read.map(({ retries }) => retries[0]).sort()).toEqual([2_000, 3_000])
    await expect.poll(() => ends.map(({ reason }) => reason)).toEqual(['shutdown', 'shutdown'])
  })

  it('spreads the ends over spreadMs, waits for the grace of each, and cuts off the rest after graceMs', async () => {
    const clock = new ManualClock({ realTurns: true })
    const ended: string[] = []
    const { server, url } = await listen(async (req, res) => {
      const shutdownGraceMs = req.url === '/patient' ? 900 : 0
      await new EventSourceResponse(never(), { shutdownGraceMs }).send(req, res)
      ended.push(req.url ?? '')
    })
    for (const path of ['/a', '/b', '/c', '/patient']) await fetch(url + path)
    const drained = createShutdown(server, { signals: false, clock, graceMs: 1_000, spreadMs: 600 }).drain()

    await expect.poll(() => ended).toEqual(['/a'])
    clock.advance(160)
    await expect.poll(() => ended).toEqual(['/a', '/b'])
    clock.advance(600)
    await expect.poll(() => ended).toEqual(['/a', '/b', '/c'])
    clock.advance(240)
    await drained
    await expect.poll(() => ended).toEqual(['/a', '/b', '/c', '/patient'])
  })

  it('refuses newcomers on connections that are open, and can be used again', async () => {
    const { server, url } = await listen((req, res) => {
      void new EventSourceResponse(never(), { shutdownGraceMs: 60_000 }).send(req, res)
    })
    const clock = new ManualClock({ realTurns: true })
    await fetch(url)
    const shutdown = createShutdown(server, { signals: false, clock, graceMs: 2_500 })
    const first = shutdown.drain()
    expect(shutdown.drain()).toBe(first)
    expect(shutdown.draining).toBe(true)
    shutdown.force()
    await first

    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const again = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect(again.status).toBe(200)
    const second = shutdown.drain()
    shutdown.force()
    await second
    await expect(readAll(again)).rejects.toThrow()
  })

  it('closes the sessions of HTTP/2', async () => {
    const server = createHttp2Server((req, res) => {
      void new EventSourceResponse<typeof req>(never()).send(req, res)
    }).listen(0)
    const shutdown = createShutdown(server, { signals: false })
    const client = connect(`http://localhost:${(server.address() as AddressInfo).port}`)
    const stream = client.request({ ':path': '/' })
    await once(stream.resume(), 'response')
    await shutdown.drain()
    await expect.poll(() => client.closed).toBe(true)
  })

  it('refuses options that are none', () => {
    for (const options of [{ graceMs: -1 }, { spreadMs: Number.NaN }]) {
      expect(() => createShutdown(createServer(), options)).toThrow(
        expect.objectContaining({ code: 'invalid-option' }),
      )
    }
  })

  it('has one listener for each signal, however many servers there are, and none when they are disposed of', () => {
    const before = process.listenerCount('SIGTERM')
    const shutdowns = Array.from({ length: 50 }, () => createShutdown(createServer()))
    expect(process.listenerCount('SIGTERM')).toBe(before + 1)
    for (const shutdown of shutdowns) shutdown[Symbol.dispose]()
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })
})

it('ends 1,000 streams on SIGTERM within its grace, each with its farewell and its own time to come back', async () => {
  const child = fork(fileURLToPath(new URL('./shutdown-server.ts', import.meta.url)))
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const clients = await Promise.all(Array.from({ length: 1_000 }, () => fetch(`http://127.0.0.1:${port}`)))
  const reading = Promise.all(clients.map(readAll))
  const closed = once(child, 'message')
  const exited = once(child, 'exit')
  child.kill('SIGTERM')

  const [{ tookMs }] = (await closed) as [{ tookMs: number }]
  expect(tookMs).toBeLessThan(2_100)
  const read = await reading
  expect(read.every(({ events }) => events.some(({ type }) => type === 'farewell'))).toBe(true)
  expect(new Set(read.map(({ retries }) => retries.at(-1))).size).toBeGreaterThan(500)
  expect(await exited).toEqual([0, null])
}, 30_000)
