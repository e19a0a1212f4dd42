import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { FakeClock, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { EventSourceResponse, type StreamEnd } from '../src/index.ts'
import { FakeSink, never, openStream } from './fake-sink.ts'
import { RawClient } from './raw-client.ts'
import { settled } from './settled.ts'
import { ListeningServer, StreamServer } from './stream-server.ts'

interface Flood {
  taken: number
  closed: boolean
}

/** A server that floods its client, on a clock that stands still. */
async function serveFlood(clock: FakeClock, flood: Flood): Promise<StreamServer> {
  function* source(): Generator<string> {
    try {
      // More than any sink takes at once; and a failure, not a hang, where nothing holds the source back.
      while (flood.taken < 2_000) {
        flood.taken++
        yield 'x'.repeat(50_000)
      }
    } finally {
      flood.closed = true
    }
  }
  return StreamServer.start((request, response) =>
    new EventSourceResponse(source, { clock, sendTimeoutMs: 5_000, pingIntervalMs: false }).send(
      request,
      response,
    ),
  )
}

describe('a socket that is not read', () => {
  it('is cut off after sendTimeoutMs, and the source is closed', async () => {
    const clock = new FakeClock()
    const flood = { taken: 0, closed: false }
    await using server = await serveFlood(clock, flood)
    using client = await RawClient.connect(server.port)
    await settled(() => flood.taken, 'the socket is full')
    expect(clock.pendingTimers).toBe(1)
    clock.advance(4_999)
    await settled(() => flood.taken, 'the socket is still full')
    expect(server.ends).toEqual([])
    clock.advance(1)
    const end = await server.end()
    expect(end).toMatchObject({ reason: 'send-timeout', events: flood.taken, durationMs: 5_000 })
    expect(flood.closed).toBe(true)
    expect(clock.pendingTimers).toBe(0)
    client.read()
    await expect.poll(() => client.ended).toBe(true)
  })

  it('is not cut off when it is read in time, and has the whole time again after that', async () => {
    const clock = new FakeClock()
    const flood = { taken: 0, closed: false }
    await using server = await serveFlood(clock, flood)
    using client = await RawClient.connect(server.port)
    const full = await settled(() => flood.taken, 'the socket is full')
    clock.advance(4_999)
    client.read()
    await expect.poll(() => flood.taken).toBeGreaterThan(full + 100)
    client.stall()
    await settled(() => flood.taken, 'the socket is full again')
    clock.advance(4_999)
    await settled(() => flood.taken, 'the socket is still full')
    expect(server.ends).toEqual([])
    clock.advance(1)
    expect((await server.end()).reason).toBe('send-timeout')
  })

  it('is left alone without a sendTimeoutMs', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const sink = new FakeSink(1)
    sink.stall()
    openStream(['a', 'b'], { clock, pingIntervalMs: false }, { sink })
    clock.advance(1e9)
    expect([sink.state, clock.scheduled]).toEqual(['open', 0])
  })
})

describe('the end of a stream that is not read', () => {
  /** A stream that has ended with much of it still in the process, on a clock that stands still; and its connection. */
  async function endedFull(
    clock: FakeClock,
  ): Promise<{ server: StreamServer; client: RawClient; socket: Socket }> {
    async function* source(): AsyncGenerator<string> {
      yield 'x'.repeat(8_000_000)
      await new Promise(() => {})
    }
    const options = { clock, sendTimeoutMs: 5_000, maxDurationMs: 1_000, random: () => 0, pingIntervalMs: 0 }
    const server = await StreamServer.start((request, response) =>
      new EventSourceResponse(source, options).send(request, response),
    )
    const client = await RawClient.connect(server.port)
    await expect.poll(() => server.responses[0]?.socket?.writableLength ?? 0).toBeGreaterThan(0)
    const socket = server.responses[0]?.socket as Socket
    clock.advance(1_000)
    expect((await server.end()).reason).toBe('max-duration')
    expect(socket.writableLength).toBeGreaterThan(0)
    return { server, client, socket }
  }

  it('is given up after sendTimeoutMs, and the connection is closed', async () => {
    const clock = new FakeClock()
    const { server, client, socket } = await endedFull(clock)
    await using _ = server
    clock.advance(4_999)
    expect(socket.destroyed).toBe(false)
    clock.advance(1)
    expect([socket.destroyed, clock.pendingTimers]).toEqual([true, 0])
    client.read()
    await expect.poll(() => client.ended).toBe(true)
  })

  it('is sent whole to a client that reads on in time, and the connection is left to its next request', async () => {
    const clock = new FakeClock()
    const { server, client, socket } = await endedFull(clock)
    await using _ = server
    client.read()
    await expect.poll(() => socket.writableLength).toBe(0)
    clock.advance(5_000)
    expect([socket.destroyed, clock.pendingTimers]).toEqual([false, 0])
    client[Symbol.dispose]()
  })

  it('leaves a connection alone on which it waited behind another response, and was then taken', async () => {
    const clock = new FakeClock()
    const options = { clock, sendTimeoutMs: 5_000, maxDurationMs: 1_000, random: () => 0, pingIntervalMs: 0 }
    const ends: StreamEnd[] = []
    let first: ServerResponse | undefined
    await using server = await ListeningServer.start((request, response) => {
      if (first === undefined) first = response
      else
        void new EventSourceResponse(never(), options).send(request, response).then((end) => ends.push(end))
    })
    const client = connect(server.port, '127.0.0.1')
    let received = ''
    client.setEncoding('latin1').on('data', (text) => {
      received += text
    })
    client.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => clock.pendingTimers).toBeGreaterThan(0)
    clock.advance(1_000)
    await expect.poll(() => ends.length).toBe(1)
    expect(clock.pendingTimers, 'its end waits').toBe(1)
    first?.end()
    await expect
      .poll(() => received.endsWith('\r\n0\r\n\r\n') && received.includes(': open'), {
        message: 'it is sent',
      })
      .toBe(true)
    clock.advance(5_000)
    client.write('GET /3 HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => received.split(': open').length).toBe(3)
    client.destroy()
  })
})

describe('a client that stops reading while there is little to send', () => {
  const options = { pingIntervalMs: 2_000, sendTimeoutMs: 5_000, pingMessage: () => ({ comment: 'ping' }) }

  /** Fills what the system holds for a client that does not read, so that a little of it stays in the process. */
  async function* fillSystem({ socket }: IncomingMessage, filled: () => void): AsyncGenerator<string> {
    // What the client's system acknowledges late makes room once more.
    do {
      while (socket.writableLength === 0) yield 'x'.repeat(10_000)
      await settled(() => socket.writableLength, 'the system is full')
    } while (socket.writableLength === 0)
    filled()
    await new Promise(() => {})
  }

  it('is found by the pings, and cut off after sendTimeoutMs', async () => {
    const clock = new FakeClock()
    const { promise: full, resolve: filled } = Promise.withResolvers<void>()
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(fillSystem(request, filled), { ...options, clock }).send(request, response),
    )
    using _client = await RawClient.connect(server.port)
    await full
    expect(server.responses[0]?.writableNeedDrain, 'the sink is not').toBe(false)
    clock.advance(4_000)
    expect(server.ends).toEqual([])
    clock.advance(2_000)
    expect(await server.end()).toMatchObject({ reason: 'send-timeout', durationMs: 6_000 })
  })

  /** A client that took nothing of the first event, which is less than fills the sink. */
  async function frozen(clock: FakeClock, more: Partial<typeof options> = {}): Promise<FakeSink> {
    const sink = new FakeSink(1_000)
    async function* source(): AsyncGenerator<string> {
      sink.stall()
      yield 'a'
      await new Promise(() => {})
    }
    openStream(source(), { ...options, ...more, clock }, { sink })
    await turns()
    expect([sink.full, sink.backlog > 0]).toEqual([false, true])
    return sink
  }

  it('is not cut off when it reads on in time, nor pinged before that', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const sink = await frozen(clock)
    clock.advance(4_000)
    expect(sink.text).not.toContain(': ping')
    sink.drain()
    clock.advance(4_000)
    expect([sink.state, sink.text.split(': ping').length]).toEqual(['open', 3])
  })

  it('is left alone without a sendTimeoutMs', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const sink = await frozen(clock, { sendTimeoutMs: 0 })
    clock.advance(1e6)
    expect(sink.state).toBe('open')
  })
})

describe('the source of a full sink', () => {
  it('is not asked for the next item before the sink has drained', async () => {
    let asked = 0
    function* source(): Generator<string> {
      for (; asked < 3; ) yield String(asked++)
    }
    const sink = new FakeSink(1)
    const { ended } = openStream(
      source(),
      { clock: new FakeClock({ turns: 'manual' }), pingIntervalMs: false },
      { sink },
    )
    sink.stall()
    await turns()
    expect(asked).toBe(1)
    sink.sip()
    await turns()
    expect(asked).toBe(2)
    sink.drain()
    expect((await ended).events).toBe(3)
    expect(sink.violations).toEqual([])
    expect(sink.state).toBe('ended')
  })

  it('has no send timeout left when the client goes', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const sink = new FakeSink(1)
    sink.stall()
    const { ended } = openStream(['a'], { clock, pingIntervalMs: false, sendTimeoutMs: 5_000 }, { sink })
    await turns()
    expect([sink.full, clock.pendingTimers]).toEqual([true, 1])
    sink.disconnect()
    expect((await ended).reason).toBe('client-disconnect')
    expect(clock.pendingTimers).toBe(0)
  })

  it('counts a ping that filled the sink as a write that the client does not take', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const sink = new FakeSink(1)
    const { ended } = openStream(
      async function* () {
        await new Promise(() => {})
      },
      { clock, pingIntervalMs: 1_600, sendTimeoutMs: 5_000 },
      { sink },
    )
    sink.stall()
    clock.advance(1_600)
    const written = sink.writes.length
    clock.advance(4_999)
    expect(sink.writes.length, 'no ping is written into a full sink').toBe(written)
    expect(sink.state).toBe('open')
    clock.advance(1)
    expect(sink.state).toBe('destroyed')
    await turns()
    clock.runTurn()
    expect((await ended).reason).toBe('send-timeout')
    expect(clock.pendingTimers).toBe(0)
  })
})
