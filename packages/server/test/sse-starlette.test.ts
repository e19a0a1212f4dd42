/** What the tests of sse-starlette 3.4.5 check of a response, where it applies here. The names of its tests are quoted. */
import { createMemoryChannel, type MemorySender, type ServerSentEvent } from '@sse/core'
import { FakeClock, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { EventSourceResponse, type StreamEnd } from '../src/index.ts'
import { captureWarnings } from './captured-warnings.ts'
import { FakeSink, never, openStream } from './fake-sink.ts'
import { dechunk, RawClient } from './raw-client.ts'
import { StreamServer } from './stream-server.ts'

/** Lets the stream take what is there, and moves time on. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  await turns()
  clock.advance(ms)
  await turns()
}

const SEPARATORS = ['\n', '\r\n', '\r'] as const

describe('test_eventSourceResponse_whenUsingMemoryChannel_thenHandlesAsyncQueueCorrectly', () => {
  it.each<[string, (n: number) => string | ServerSentEvent]>([
    ['data', (n) => ({ data: n })],
    ['data and a name', (n) => ({ event: 'message', data: n })],
    ['text', (n) => String(n)],
  ])('carries %s, pings in the silence, and ends when the sender is closed', async (_, item) => {
    const clock = new FakeClock({ turns: 'manual' })
    const [sender, receiver] = createMemoryChannel<string | ServerSentEvent>(1)
    const { sink, ended } = openStream(receiver, {
      clock,
      pingIntervalMs: 200,
      pingMessage: () => ({ comment: 'ping' }),
    })
    for (let n = 1; n <= 5; n++) {
      await sender.send(item(n))
      await pass(clock, 100)
    }
    await pass(clock, 200)
    sender.close()
    expect(await ended).toMatchObject({ reason: 'complete', events: 5 })
    expect(sink.events.map((event) => event.data)).toEqual(['1', '2', '3', '4', '5'])
    // The original pings every 200 ms whatever flows; here only silence is broken.
    expect(sink.text.split(': ping\n\n')).toHaveLength(2)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('test_response_send_whenValidInput_thenGeneratesExpectedOutput', () => {
  it('pings exactly twice in 500 ms of silence at an interval of 200 ms', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { sink } = openStream(never(), { clock, pingIntervalMs: 200 })
    clock.advance(500)
    expect(sink.text.match(/: ping - /g)).toHaveLength(2)
  })

  it.each(SEPARATORS)('separates everything by %j', async (lineEnding) => {
    const { sink, ended } = openStream([{ event: 'e', data: { a: 1 } }, 'b'], {
      clock: new FakeClock({ turns: 'manual' }),
      lineEnding,
      pingIntervalMs: false,
    })
    await ended
    expect(sink.text).toBe(': open\n\nevent: e\ndata: {"a":1}\n\ndata: b\n\n'.replaceAll('\n', lineEnding))
  })
})

describe('test_multiline_data', () => {
  it.each(SEPARATORS.flatMap((stream) => SEPARATORS.map((line) => [stream, line] as const)))(
    'with the separator %j of the stream and %j in the data',
    async (lineEnding, inData) => {
      const { sink, ended } = openStream([['first', 'second', 'third'].join(inData)], {
        clock: new FakeClock({ turns: 'manual' }),
        lineEnding,
        pingIntervalMs: false,
      })
      await ended
      expect(sink.text).toBe(
        ': open\n\ndata: first\ndata: second\ndata: third\n\n'.replaceAll('\n', lineEnding),
      )
      expect(sink.events).toMatchObject([{ data: 'first\nsecond\nthird' }])
    },
  )
})

describe('test_disconnect_whenClientDisconnects_thenHandlesGracefully', () => {
  it('sends what there was until then, and runs the cleanup of the source and of its producer', async () => {
    const log: string[] = []
    const clock = new FakeClock()
    async function produce(sender: MemorySender<string>): Promise<void> {
      try {
        for (let n = 1; ; n++) {
          await sender.send(String(n))
          await turns(1)
        }
      } catch (error) {
        log.push((error as Error).name)
      }
    }
    await using server = await StreamServer.start((request, response) => {
      const [sender, receiver] = createMemoryChannel<string>(0)
      void produce(sender)
      return new EventSourceResponse(receiver, { clock, pingIntervalMs: 200 }).send(request, response)
    })
    using client = (await RawClient.connect(server.port)).read()
    await client.until('data: 4\n')
    client.leave()
    expect((await server.end()).events).toBeGreaterThanOrEqual(4)
    expect(clock.pendingTimers, 'no ping after the end').toBe(0)
    await turns(1)
    expect(log).toEqual(['BrokenResource'])
  })
})

describe('test_send_whenTimeoutOccurs_thenRaisesSendTimeoutError', () => {
  it('ends the stream, does not ask the source again, and runs its finally', async () => {
    const log: string[] = []
    const clock = new FakeClock({ turns: 'manual' })
    const sink = new FakeSink(1)
    sink.stall()
    const { ended } = openStream(
      async function* () {
        try {
          yield 'one'
          log.push('asked again')
        } finally {
          log.push('finally')
        }
      },
      { clock, pingIntervalMs: false, sendTimeoutMs: 500 },
      { sink },
    )
    await pass(clock, 500)
    expect((await ended).reason).toBe('send-timeout')
    expect(log).toEqual(['finally'])
    expect(sink.state).toBe('destroyed')
  })
})

describe('test_ping_whenConcurrentWithEvents_thenRespectsLocking', () => {
  it('writes pings and events one after the other, whole, whoever comes first', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { sink, ended } = openStream(
      async function* ({ send }) {
        for (let n = 0; n < 10; n++) {
          const beside = send({ data: `beside ${n}` })
          clock.advance(200)
          yield `${n}`
          await beside
        }
      },
      { clock, pingIntervalMs: 200 },
    )
    expect((await ended).events).toBe(20)
    expect(sink.events.map(({ data }) => data)).toEqual(
      Array.from({ length: 10 }, (_, n) => [`beside ${n}`, `${n}`]).flat(),
    )
    for (const frame of sink.text.split('\n\n').slice(0, -1))
      expect(frame).toMatch(/^(data: (beside )?\d|: (ping|open).*)$/)
  })
})

describe('test_backgroundTask_whenProvided_thenExecutesAfterResponse', () => {
  it('onClose runs for an empty list whose client leaves at once', async () => {
    const closed: StreamEnd[] = []
    const sink = new FakeSink()
    const { ended } = openStream(
      [],
      { clock: new FakeClock({ turns: 'manual' }), onClose: (end) => void closed.push(end) },
      { sink },
    )
    sink.disconnect()
    const end = await ended
    expect(closed).toEqual([end])
  })
})

describe('test_call_when_generatorRaises_then_bareExceptionPropagates', () => {
  it('sends the first event, and then hands out the error itself', async () => {
    using _warnings = captureWarnings()
    const failure = new RangeError('bare')
    const { sink, ended } = openStream(
      function* () {
        yield 'first'
        throw failure
      },
      { clock: new FakeClock({ turns: 'manual' }), pingIntervalMs: false },
    )
    expect((await ended).error).toBe(failure)
    expect(sink.events).toMatchObject([{ data: 'first' }])
  })
})

describe('test_call_whenWebsocketScope_thenSendIsWrappedForDenial', () => {
  it('a request to upgrade that nobody takes is answered as any other', async () => {
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(['one'], { pingIntervalMs: false }).send(request, response),
    )
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    using client = (await RawClient.connect(server.port, { headers })).read()
    await client.until('\r\n0\r\n\r\n')
    expect(client.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(dechunk(client.received)).toBe(': open\n\ndata: one\n\n')
  })
})
