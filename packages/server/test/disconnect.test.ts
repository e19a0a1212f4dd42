import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { createMemoryChannel, type MemorySender } from '@sse/core'
import { FakeClock, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import {
  EventSourceResponse,
  type StreamContentOrFactory,
  type StreamContext,
  type StreamEnd,
} from '../src/index.ts'
import { captureWarnings } from './captured-warnings.ts'
import { FakeSink, openStream } from './fake-sink.ts'
import { RawClient } from './raw-client.ts'
import { settled } from './settled.ts'
import { StreamServer } from './stream-server.ts'

/** More items than any sink takes at once; and a failure, not a hang, where nothing holds the source back. */
const ENDLESS = 5_000

/** Serves the content to one client, which leaves when it has read `until`. What happened on the way is in `log`. */
async function leaveAfter(
  until: string,
  content: (log: string[]) => StreamContentOrFactory<IncomingMessage>,
  leave: (client: RawClient) => void = (client) => client.leave(),
): Promise<{ end: StreamEnd; log: string[] }> {
  const log: string[] = []
  const made = content(log)
  await using server = await StreamServer.start((request, response) =>
    new EventSourceResponse(made, {
      pingIntervalMs: false,
      onClose: ({ reason }) => {
        log.push(`onClose ${reason}`)
      },
    }).send(request, response),
  )
  using client = (await RawClient.connect(server.port)).read()
  await client.until(until)
  leave(client)
  return { end: await server.end(), log }
}

describe('a client that leaves', () => {
  it('while the generator is suspended at a yield: its finally runs before onClose', async () => {
    const { end, log } = await leaveAfter(
      'data: 0',
      (log) =>
        async function* () {
          try {
            for (let i = 0; i < ENDLESS; i++) {
              // Large enough to be suspended, sooner or later, with the sink full.
              yield i === 0 ? '0' : 'x'.repeat(100_000)
            }
          } finally {
            log.push('finally')
          }
        },
    )
    expect(end.reason).toBe('client-disconnect')
    expect(log).toEqual(['finally', 'onClose client-disconnect'])
  })

  it.each([
    ['FIN', (client: RawClient) => client.leave()],
    ['RST', (client: RawClient) => client.reset()],
  ])('by %s, while the generator awaits what honours ctx.signal', async (_, leave) => {
    using warnings = captureWarnings()
    const { end, log } = await leaveAfter(
      'data: 0',
      (log) =>
        async function* ({ signal }) {
          try {
            yield '0'
            await delay(1_000_000, undefined, { signal })
            yield '1'
          } finally {
            log.push(`finally ${signal.aborted}`)
          }
        },
      leave,
    )
    expect(end).toMatchObject({ reason: 'client-disconnect', events: 1 })
    expect('error' in end).toBe(false)
    expect(log).toEqual(['finally true', 'onClose client-disconnect'])
    expect(warnings.all).toEqual([])
  })

  it('while the generator awaits what never comes: send settles all the same', async () => {
    const { end, log } = await leaveAfter(
      'data: 0',
      () =>
        async function* () {
          yield '0'
          await new Promise(() => {})
          yield '1'
        },
    )
    expect(end).toMatchObject({ reason: 'client-disconnect', events: 1 })
    expect(log).toEqual(['onClose client-disconnect'])
  })

  it('while the factory is pending: what it makes then is closed, and not asked for anything', async () => {
    const factory = Promise.withResolvers<void>()
    const { end, log } = await leaveAfter(': open', (log) => async () => {
      await factory.promise
      return {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            log.push('next')
            return { done: true, value: undefined }
          },
          return: async () => {
            log.push('return')
            return { done: true, value: undefined }
          },
        }),
      }
    })
    expect(end).toMatchObject({ reason: 'client-disconnect', events: 0 })
    expect(log).toEqual(['onClose client-disconnect'])
    factory.resolve()
    await expect.poll(() => log).toContain('return')
    expect(log).toEqual(['onClose client-disconnect', 'return'])
  })

  it('while the factory awaits what honours ctx.signal: that is no error', async () => {
    using warnings = captureWarnings()
    const errors: unknown[] = []
    const sink = new FakeSink()
    const { ended } = openStream(
      async ({ signal }) => {
        await delay(1_000_000, undefined, { signal })
        return []
      },
      {
        pingIntervalMs: false,
        clock: new FakeClock({ turns: 'manual' }),
        onError: (error) => void errors.push(error),
      },
      { sink },
    )
    sink.disconnect()
    expect(await ended).toMatchObject({ reason: 'client-disconnect' })
    await turns(1)
    expect(errors).toEqual([])
    expect(warnings.all).toEqual([])
  })

  it('before send is called: the stream ends as such, and the source is closed', async () => {
    const log: string[] = []
    const gone = Promise.withResolvers<void>()
    await using server = await StreamServer.start(async (request, response) => {
      await new Promise((resolve) => response.once('close', resolve))
      gone.resolve()
      async function* source(): AsyncGenerator<string> {
        try {
          for (let i = 0; i < ENDLESS; i++) yield 'x'
        } finally {
          log.push('finally')
        }
      }
      const content = source()
      const end = await new EventSourceResponse(content, { pingIntervalMs: 1_000 }).send(request, response)
      expect(await content.next()).toEqual({ done: true, value: undefined })
      return end
    })
    using client = await RawClient.connect(server.port)
    await expect.poll(() => server.responses.length).toBe(1)
    client.leave()
    await gone.promise
    expect((await server.end()).reason).toBe('client-disconnect')
  })

  it('aborts ctx.signal', async () => {
    const { log } = await leaveAfter('data: 0', (log) => ({ signal }) => {
      signal.addEventListener('abort', () => log.push((signal.reason as Error).name))
      return (async function* () {
        yield '0'
        await new Promise(() => {})
      })()
    })
    expect(log).toEqual(['AbortError', 'onClose client-disconnect'])
  })

  it('is told from a source that throws something else after that: the process is warned', async () => {
    using warnings = captureWarnings()
    const failure = new Error('cleanup failed')
    const { end } = await leaveAfter(
      'data: 0',
      () =>
        async function* ({ signal }) {
          try {
            yield '0'
            await delay(1_000_000, undefined, { signal })
          } finally {
            // biome-ignore lint/correctness/noUnsafeFinally: it is what a broken cleanup does.
            throw failure
          }
        },
    )
    expect(end.reason).toBe('client-disconnect')
    expect(warnings.all).toMatchObject([{ cause: failure }])
  })

  it('warns of a finally that throws when the generator is closed at its yield', async () => {
    using warnings = captureWarnings()
    const sink = new FakeSink(1)
    sink.stall()
    const { ended } = openStream(
      function* () {
        try {
          yield '0'
        } finally {
          // biome-ignore lint/correctness/noUnsafeFinally: it is what a broken cleanup does.
          throw new Error('cleanup failed')
        }
      },
      { pingIntervalMs: false, clock: new FakeClock({ turns: 'manual' }) },
      { sink },
    )
    await turns(1)
    sink.disconnect()
    expect((await ended).reason).toBe('client-disconnect')
    expect(warnings.all).toMatchObject([{ cause: { message: 'cleanup failed' } }])
  })
})

describe('a source with something below it', () => {
  it('a ReadableStream is cancelled at once, although a read is under way', async () => {
    const { log } = await leaveAfter(
      'data: 0',
      (log) =>
        new ReadableStream({
          start: (controller) => controller.enqueue('0'),
          cancel: () => void log.push('cancelled'),
        }),
    )
    expect(log).toEqual(['cancelled', 'onClose client-disconnect'])
  })

  it('a Node stream is destroyed at once, although a read is under way', async () => {
    using warnings = captureWarnings()
    const upstream = new PassThrough()
    upstream.write('data: 0\n\n')
    const { end } = await leaveAfter('data: 0', () => upstream)
    expect(end.reason).toBe('client-disconnect')
    expect(upstream.destroyed).toBe(true)
    await turns(1)
    expect(warnings.all).toEqual([])
  })

  it('a memory receiver is closed, and its producer gets BrokenResource instead of waiting for ever', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const produced = expect(produce(sender)).rejects.toMatchObject({ code: 'broken-resource' })
    const { end } = await leaveAfter('data: 3', () => receiver)
    expect(end.reason).toBe('client-disconnect')
    await produced
    expect(receiver.closed).toBe(true)
  })
})

async function produce(sender: MemorySender<string>): Promise<never> {
  for (let i = 0; ; i++) {
    await sender.send(String(i))
    await turns(1)
  }
}

describe('a client that reads nothing', () => {
  it('stops a sync infinite source: what was taken from it is bounded, and it is closed when the client goes', async () => {
    let taken = 0
    let closed = false
    const item = 'x'.repeat(10_000)
    const source = function* (_: StreamContext<IncomingMessage>): Generator<string> {
      try {
        while (taken < ENDLESS) {
          taken++
          yield item
        }
      } finally {
        closed = true
      }
    }
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(source, { pingIntervalMs: false }).send(request, response),
    )
    using client = await RawClient.connect(server.port)
    await expect.poll(() => server.responses[0]?.socket?.writableNeedDrain).toBe(true)
    const bytes = (await settled(() => taken, 'the source is not asked any more')) * item.length
    // What the two kernels' buffers take (Linux: at most 4 + 6 MiB), and one buffer of node's.
    expect(bytes).toBeLessThan(16 * 1024 * 1024)
    expect(server.responses[0]?.writableLength).toBeLessThan(256 * 1024)
    expect(closed).toBe(false)

    client.reset()
    expect((await server.end()).reason).toBe('client-disconnect')
    expect(closed).toBe(true)
  })
})
