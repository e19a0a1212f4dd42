import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { FakeClock } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import type { DiagnosticMessages } from '../src/diagnostics.ts'
import { Channel, ConnectionLimiter, EventSourceResponse } from '../src/index.ts'
import { FakeSink, openStream } from './fake-sink.ts'
import { StreamServer } from './stream-server.ts'

/** Listens to one diagnostics channel until it is disposed of. */
function record<Name extends keyof DiagnosticMessages>(
  name: Name,
): { readonly messages: DiagnosticMessages[Name][] } & Disposable {
  const messages: DiagnosticMessages[Name][] = []
  const listener = (message: unknown): void => void messages.push(message as DiagnosticMessages[Name])
  subscribe(name, listener)
  return { messages, [Symbol.dispose]: () => void unsubscribe(name, listener) }
}

describe('diagnostics of streams', () => {
  it('tell of the beginning and the end, with what the stream carried', async () => {
    using opened = record('sse:stream:open')
    using closed = record('sse:stream:close')
    const { ended } = openStream(['a', 'b'], {}, { lastEventId: '7' })

    expect(opened.messages).toMatchObject([{ lastEventId: '7' }])
    const end = await ended
    expect(closed.messages).toMatchObject([{ end, stream: { events: 2, bytes: end.bytes } }])
    expect(closed.messages[0]?.stream).toBe(opened.messages[0]?.stream)
  })

  it('tell of a refusal, and of no stream', async () => {
    using refused = record('sse:stream:refuse')
    using opened = record('sse:stream:open')
    const limiter = new ConnectionLimiter({ max: 0 })
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(['a'], { limiter }).send(request, response),
    )

    expect((await fetch(server.url)).status).toBe(503)
    expect(refused.messages).toMatchObject([{ status: 503, request: { method: 'GET' } }])
    expect(opened.messages).toEqual([])
  })

  it('tell how long a full stream waited for its client', () => {
    using drained = record('sse:stream:drain')
    const clock = new FakeClock({ turns: 'manual' })
    const sink = new FakeSink()
    sink.stall()
    openStream(['a'], { clock }, { sink })
    clock.advance(250)
    sink.drain()

    expect(drained.messages).toMatchObject([{ waitedMs: 250 }])
  })
})

describe('diagnostics of channels', () => {
  it('tell of each event, and of each flush', () => {
    using published = record('sse:channel:publish')
    using flushed = record('sse:channel:flush')
    const clock = new FakeClock({ turns: 'manual' })
    const channel = new Channel(undefined, { clock, name: 'news' })
    openStream(channel, { clock })
    const ids = [channel.publish('a', 1), channel.publish('b', 2)]
    clock.runTurn()

    expect(published.messages).toMatchObject([
      { channel: { name: 'news' }, name: 'a', id: ids[0], bytes: expect.any(Number) },
      { name: 'b', id: ids[1] },
    ])
    expect(flushed.messages).toMatchObject([{ channel: { name: 'news' }, subscribers: 1, durationMs: 0 }])
  })

  it('tell of readers that were left behind, and when they have caught up, but not of every flush', () => {
    using lagged = record('sse:channel:lag')
    const clock = new FakeClock({ turns: 'manual' })
    const channel = new Channel(undefined, { clock })
    const sink = new FakeSink()
    openStream(channel, { clock }, { sink })
    openStream(channel, { clock })
    const publish = (): void => {
      channel.publish('a', 1)
      clock.runTurn()
    }

    const other = new FakeSink()
    openStream(channel, { clock }, { sink: other })

    publish()
    sink.stall()
    for (let n = 0; n < 3; n++) publish()
    other.stall()
    for (let n = 0; n < 2; n++) publish()
    expect(lagged.messages.map(({ readers, events }) => [readers, events])).toEqual([
      [1, 1],
      [1, 2],
      [1, 3],
      // How far behind the last of them is.
      [2, 4],
    ])
    sink.drain()
    other.drain()
    publish()
    publish()
    expect(lagged.messages.slice(4)).toMatchObject([{ readers: 0, events: 0 }])
  })

  it('tell of each gap', () => {
    using gaps = record('sse:channel:gap')
    const channel = new Channel(undefined, { name: 'news' })
    openStream(channel, {}, { lastEventId: 'none of ours' })

    expect(gaps.messages).toMatchObject([{ channel: { name: 'news' }, gap: { reason: 'unknown-id' } }])
  })
})
