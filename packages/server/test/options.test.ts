/** What the options of a stream do that are not about its bytes. */
import { createMemoryChannel } from '@sse/core'
import { FakeClock, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { EventSourceResponse, type EventSourceResponseOptions, type StreamEnd } from '../src/index.ts'
import { answerWithoutStream } from '../src/stream/run-stream.ts'
import { endWithoutStream } from '../src/stream/stream-end.ts'
import { checkOptions } from '../src/stream/stream-options.ts'
import { captureWarnings } from './captured-warnings.ts'
import { FakeSink, never, openStream } from './fake-sink.ts'
import { StreamServer } from './stream-server.ts'

type Options = EventSourceResponseOptions<undefined>

/** How the stream ended, when everything has happened that needs no new input. */
async function watch(ended: Promise<StreamEnd>): Promise<() => StreamEnd | undefined> {
  let end: StreamEnd | undefined
  void ended.then((settled) => {
    end = settled
  })
  await turns()
  return () => end
}

describe('maxDurationMs', () => {
  it.each([
    [0, 10_000],
    [0.5, 9_000],
    [0.999_999, 8_001],
  ])('ends a stream properly, at the chance of %d after at most %d ms', async (chance, ms) => {
    const clock = new FakeClock({ turns: 'manual' })
    const { sink, ended } = openStream(never(), {
      clock,
      pingIntervalMs: false,
      maxDurationMs: 10_000,
      random: () => chance,
    })
    clock.advance(ms - 2)
    await turns()
    expect(sink.state).toBe('open')
    clock.advance(2)
    await turns()
    clock.runTurn()
    expect(sink.state).toBe('ended')
    expect((await ended).reason).toBe('max-duration')
    expect(clock.pendingTimers).toBe(0)
  })

  it('is shortened for each stream by its own chance, also when one response is sent to many', async () => {
    const clock = new FakeClock()
    const chances = [0.9, 0.1, 0.5]
    const response = new EventSourceResponse(() => never(), {
      clock,
      pingIntervalMs: false,
      maxDurationMs: 1_000,
      random: () => chances.shift() ?? 0,
    })
    const durations: number[] = []
    await using server = await StreamServer.start(async (request, answer) => {
      const end = await response.send(request, answer)
      durations.push(Math.round(end.durationMs))
      return end
    })
    const bodies = [0, 1, 2].map(async () => (await fetch(server.url)).text())
    const { promise, resolve } = Promise.withResolvers<void>()
    const advance = (): void => {
      if (server.responses.length === 3) clock.advance(1)
      if (durations.length === 3) resolve()
      else setImmediate(advance)
    }
    advance()
    await promise
    await Promise.all(bodies)
    expect(durations).toEqual([820, 900, 980])
  })

  it.each([0, false, undefined] as const)('is no limit at %s', async (maxDurationMs) => {
    const clock = new FakeClock({ turns: 'manual' })
    const { sink } = openStream(never(), { clock, pingIntervalMs: false, maxDurationMs })
    clock.advance(1e9)
    await turns()
    expect([sink.state, clock.scheduled]).toEqual(['open', 0])
  })

  it('leaves no timer behind a stream that ends before it', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const { ended } = openStream(['x'], { clock, pingIntervalMs: false, maxDurationMs: 1_000 })
    expect((await ended).reason).toBe('complete')
    expect(clock.pendingTimers).toBe(0)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, '5'])('is refused when it is %s', (maxDurationMs) => {
    const make = (): unknown => new EventSourceResponse([], { maxDurationMs } as object)
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-option', field: 'maxDurationMs' }))
  })
})

describe('dataSender', () => {
  it('produces beside the stream, which ends when its channel is closed', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const { sink, ended } = openStream(receiver, {
      pingIntervalMs: false,
      dataSender: async () => {
        for (const item of ['a', 'b', 'c']) await sender.send(item)
        sender.close()
      },
    })
    expect(await ended).toMatchObject({ reason: 'complete', events: 3 })
    expect(sink.events.map(({ data }) => data)).toEqual(['a', 'b', 'c'])
  })

  it('ends nothing when it returns', async () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    const { sink, ended } = openStream(receiver, { pingIntervalMs: false, dataSender: async () => {} })
    const end = await watch(ended)
    expect([end(), sink.state]).toEqual([undefined, 'open'])
    await sender.send('later')
    sender.close()
    expect(await ended).toMatchObject({ reason: 'complete', events: 1 })
  })

  const failure = new Error('of the producer')
  it.each<[string, Options['dataSender']]>([
    ['rejects', () => Promise.reject(failure)],
    [
      'throws before it awaits anything',
      () => {
        throw failure
      },
    ],
  ])('ends the stream with its error when it %s, although the source is silent', async (_, dataSender) => {
    const errors: unknown[] = []
    const [, receiver] = createMemoryChannel<string>(0)
    const { sink, ended } = openStream(receiver, {
      pingIntervalMs: false,
      dataSender,
      onError: (error) => {
        errors.push(error)
        return { event: 'failed', data: '' }
      },
    })
    const end = await ended
    expect(end).toMatchObject({ reason: 'error', events: 1 })
    expect(end.error).toBe(failure)
    expect(errors).toEqual([failure])
    expect(sink.events).toMatchObject([{ type: 'failed' }])
    expect([sink.state, receiver.closed]).toEqual(['ended', true])
  })

  it('may return nothing at all', async () => {
    const dataSender = (() => undefined) as unknown as NonNullable<Options['dataSender']>
    const { ended } = openStream(['x'], { pingIntervalMs: false, dataSender })
    expect((await ended).reason).toBe('complete')
  })

  it('has the context: it is told when the stream ends, and may send by itself', async () => {
    const log: string[] = []
    const { sink, ended } = openStream(never(), {
      pingIntervalMs: false,
      dataSender: async ({ send, signal }) => {
        await send({ data: 'beside' })
        signal.addEventListener('abort', () => log.push('aborted'))
        sink.disconnect()
      },
    })
    expect(await ended).toMatchObject({ reason: 'client-disconnect', events: 1 })
    expect(log).toEqual(['aborted'])
  })

  it('is stopped by its channel when the client leaves: that is no news', async () => {
    using warnings = captureWarnings()
    const [sender, receiver] = createMemoryChannel<string>(0)
    const stopped = Promise.withResolvers<unknown>()
    const { sink, ended } = openStream(
      receiver,
      {
        pingIntervalMs: false,
        dataSender: async () => {
          try {
            for (;;) await sender.send('x'.repeat(10))
          } catch (error) {
            stopped.resolve(error)
            throw error
          }
        },
      },
      { sink: new FakeSink(1) },
    )
    sink.stall()
    await turns()
    sink.disconnect()
    expect((await ended).reason).toBe('client-disconnect')
    expect(await stopped.promise).toMatchObject({ code: 'broken-resource' })
    await turns()
    expect(warnings.all).toEqual([])
  })

  it('warns of another error that comes after the end', async () => {
    using warnings = captureWarnings()
    const late = Promise.withResolvers<void>()
    const { ended } = openStream(['x'], { pingIntervalMs: false, dataSender: () => late.promise })
    expect((await ended).reason).toBe('complete')
    late.reject(failure)
    await turns()
    expect(warnings.all).toMatchObject([{ cause: failure }])
  })

  it('is not begun for a request that gets no stream', async () => {
    let begun = false
    await answerWithoutStream(
      [],
      checkOptions<undefined>({
        dataSender: async () => {
          begun = true
        },
      }).stream,
      { request: undefined, lastEventId: '' },
      endWithoutStream({ reason: 'complete' }),
    )
    expect(begun).toBe(false)
  })
})
