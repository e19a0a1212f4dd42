import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FakeClock, turns } from '@sse/testing'
import { describe, expect, it, vi } from 'vitest'
import { Channel, ConnectionLimiter, EventSourceResponse, type StreamEnd } from '../src/web/index.ts'
import { captureWarnings } from './captured-warnings.ts'
import { never } from './fake-sink.ts'

const QUIET = { pingIntervalMs: false } as const

interface Abortable {
  readonly request: Request
  abort(): void
}

function abortable(headers: Record<string, string> = {}): Abortable {
  const controller = new AbortController()
  return {
    request: new Request('http://localhost/', { signal: controller.signal, headers }),
    abort: () => controller.abort(),
  }
}

/** Reads in the background until the body is over. */
function readAll(response: Response): Promise<string> {
  return response.text()
}

/** A source that tells what is done with it. */
function watchedSource(): { readonly source: AsyncGenerator<string>; readonly log: string[] } {
  const log: string[] = []
  async function* source(): AsyncGenerator<string> {
    try {
      log.push('asked')
      yield 'a'
      log.push('asked')
      yield 'b'
    } finally {
      log.push('finally')
    }
  }
  return { source: source(), log }
}

describe('a web response', () => {
  it('is a Response', async () => {
    const response = new EventSourceResponse(['a'], QUIET)
    expect(response).toBeInstanceOf(Response)
    expect([response.ok, response.bodyUsed, response.type]).toEqual([true, false, 'default'])
    // As CORS middleware does.
    response.headers.set('access-control-allow-origin', '*')
    expect(await readAll(response)).toBe(': open\n\ndata: a\n\n')
    expect(await response.ended).toMatchObject({ reason: 'complete', events: 1 })
  })

  it('goes on when middleware makes another Response of it', async () => {
    const response = new EventSourceResponse(['a'], QUIET)
    const wrapped = new Response(response.body, response)
    expect(wrapped.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(await readAll(wrapped)).toBe(': open\n\ndata: a\n\n')
    expect((await response.ended).reason).toBe('complete')
  })

  it('can be cloned', async () => {
    const response = new EventSourceResponse(['a', 'b'], QUIET)
    const copy = response.clone()
    const whole = ': open\n\ndata: a\n\ndata: b\n\n'
    expect(await Promise.all([readAll(response), readAll(copy)])).toEqual([whole, whole])
  })

  it('has no request in its context where it was given none', async () => {
    const seen: unknown[] = []
    const response = new EventSourceResponse(({ request, lastEventId }) => {
      seen.push(request, lastEventId)
      return []
    }, QUIET)
    await readAll(response)
    expect(seen).toEqual([undefined, ''])
  })

  it('throws for a wrong option where the mistake is, before it has touched the source', async () => {
    const { request } = abortable()
    const listen = vi.spyOn(request.signal, 'addEventListener')
    const limiter = new ConnectionLimiter()
    const make =
      (options: object): (() => unknown) =>
      () =>
        new EventSourceResponse([], { request, limiter, ...options })
    expect(make({ pingIntervalMs: -1 })).toThrow(expect.objectContaining({ code: 'invalid-option' }))
    expect(make({ headers: { 'content-type': 'x' } })).toThrow(
      expect.objectContaining({ code: 'invalid-header' }),
    )
    expect(make({ headers: { 'x y': '1' } })).toThrow(TypeError)
    expect(make({ headers: { x: 'a\nb' } })).toThrow(TypeError)
    for (const status of [204, 205, 304]) {
      expect(make({ status })).toThrow(expect.objectContaining({ code: 'invalid-option', field: 'status' }))
    }
    expect(listen).not.toHaveBeenCalled()
    expect(limiter.open()).toBe(0)
  })
})

describe('a body that nobody reads', () => {
  it('asks its source for nothing, and holds no timer and no place in a channel', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const channel = new Channel(undefined, { clock })
    const { source, log } = watchedSource()
    const factory = vi.fn(() => [])
    const options = { clock, sendTimeoutMs: 1, maxDurationMs: 1 }
    for (const content of [channel, source, factory]) new EventSourceResponse(content, options)
    await turns(1)
    expect([clock.scheduled, channel.subscribers, log, factory.mock.calls.length]).toEqual([0, 0, [], 0])
  })

  it('is garbage when the response is', async () => {
    const refs = Array.from({ length: 20 }, () => {
      const content = { [Symbol.asyncIterator]: () => never() }
      new EventSourceResponse(content)
      return new WeakRef(content)
    })
    await turns(1)
    collectGarbage()
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(3)
  })

  it('begins with the read, and gives the opening block to it at once', async () => {
    const response = new EventSourceResponse(never(), { ...QUIET, clock: new FakeClock({ turns: 'manual' }) })
    const reader = response.body?.getReader()
    let first = ''
    void reader?.read().then(({ value }) => {
      first = new TextDecoder().decode(value)
    })
    await turns()
    expect(first).toBe(': open\n\n')
  })

  it.each([
    ['cancelled', (response: Response, _: Abortable) => response.body?.cancel()],
    ['of a request that is aborted', async (_: Response, { abort }: Abortable) => abort()],
  ])('and is %s closes its source, calls the hooks, and gives its place back', async (_, leave) => {
    const { source, log } = watchedSource()
    const abortableRequest = abortable()
    const limiter = new ConnectionLimiter()
    const onClose = vi.fn()
    const response = new EventSourceResponse(source, {
      request: abortableRequest.request,
      limiter,
      onClose,
    })
    expect(limiter.open()).toBe(1)
    await leave(response, abortableRequest)
    const end: StreamEnd = { reason: 'client-disconnect', events: 0, bytes: 0, wireBytes: 0, durationMs: 0 }
    expect(await response.ended).toEqual(end)
    expect(onClose).toHaveBeenCalledExactlyOnceWith(end, expect.anything())
    expect(limiter.open()).toBe(0)
    expect(await source.next()).toEqual({ done: true, value: undefined })
    expect(log).toEqual([])
    const reader = response.body?.getReader()
    expect(await reader?.read()).toEqual({ done: true, value: undefined })
  })
})

describe('a client that leaves', () => {
  it.each([
    ['by the body', (reader: ReadableStreamDefaultReader, _: Abortable) => void reader.cancel()],
    ['by request.signal alone', (_: ReadableStreamDefaultReader, { abort }: Abortable) => abort()],
  ])('%s frees the source within one turn, and the body is closed', async (_, leave) => {
    const { source, log } = watchedSource()
    const abortableRequest = abortable()
    const remove = vi.spyOn(abortableRequest.request.signal, 'removeEventListener')
    const signals: AbortSignal[] = []
    const response = new EventSourceResponse(
      ({ signal }) => {
        signals.push(signal)
        return source
      },
      {
        ...QUIET,
        request: abortableRequest.request,
        sendTimeoutMs: 1_000,
        clock: new FakeClock({ turns: 'manual' }),
      },
    )
    const reader = response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array>
    await reader.read()
    await turns()
    leave(reader, abortableRequest)
    await turns(1)
    expect(log.at(-1)).toBe('finally')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    // What was read before the client left may still be there.
    while (!(await reader.read()).done);
    await reader.closed
    expect(remove).toHaveBeenCalledWith('abort', expect.any(Function))
  })

  it('before its response is made gets one that is over', async () => {
    const { source, log } = watchedSource()
    const { request, abort } = abortable()
    abort()
    const response = new EventSourceResponse(source, { request })
    expect(response.status).toBe(200)
    expect(await readAll(response)).toBe('')
    expect((await response.ended).reason).toBe('client-disconnect')
    expect(log).toEqual([])
  })

  it('is not told of a request that has no signal', async () => {
    const { method, url, headers } = abortable().request
    const response = new EventSourceResponse(['a'], {
      ...QUIET,
      request: { method, url, headers, signal: null },
    })
    expect(await readAll(response)).toBe(': open\n\ndata: a\n\n')
  })

  it('after the end changes nothing: some runtimes abort the signal of every request when it was answered', async () => {
    using warnings = captureWarnings()
    const { request, abort } = abortable()
    const response = new EventSourceResponse(['a', 'b'], { ...QUIET, request })
    await readAll(response)
    abort()
    expect((await response.ended).reason).toBe('complete')
    expect(warnings.all).toEqual([])
  })
})

describe('a limiter', () => {
  it('answers who is too many, and gives the place back at the end', async () => {
    const limiter = new ConnectionLimiter<Request>({
      maxPerKey: 1,
      key: (request) => request.headers.get('x-user') ?? undefined,
      retryAfterMs: 2_000,
    })
    const { request } = abortable({ 'x-user': 'ann' })
    const open = new EventSourceResponse(['a'], { ...QUIET, request, limiter })
    const refused = new EventSourceResponse(['b'], { ...QUIET, request, limiter })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2'])
    expect(await refused.ended).toMatchObject({ reason: 'refused', status: 429 })
    await readAll(open)
    await open.ended
    expect(new EventSourceResponse([], { ...QUIET, request, limiter }).status).toBe(200)
  })
})

describe('what goes wrong', () => {
  it('rejects nothing, whoever looks away', async () => {
    using _warnings = captureWarnings()
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const clock = new FakeClock()
      const failure = (): Promise<never> => Promise.reject(new Error('broken'))
      const options = { ...QUIET, clock, sendTimeoutMs: 10, onClose: failure, background: failure }
      const flood = ['x'.repeat(20_000), 'x'.repeat(20_000), 'x']
      const responses = [failure, () => flood, never()].map(
        (content) => new EventSourceResponse(content, options),
      )
      const readers = responses.map((response) => response.body?.getReader())
      await Promise.all(readers.map((reader) => reader?.read()))
      await turns(1)
      clock.advance(10)
      await readers[2]?.cancel(new Error('the client has left'))
      const ends = await Promise.all(responses.map(({ ended }) => ended))
      expect(ends.map(({ reason }) => reason)).toEqual(['error', 'send-timeout', 'client-disconnect'])
      for (let i = 0; i < 5; i++) await turns(1)
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })
})

describe('readers of one channel', () => {
  it('cannot harm each other: what one reads is its own', async () => {
    const clock = new FakeClock({ turns: 'manual' })
    const channel = new Channel(undefined, { clock })
    const read = (response: Response): ReadableStreamDefaultReader<Uint8Array> =>
      (response.body as ReadableStream<Uint8Array>).getReader()
    const readers = [1, 2].map(() => read(new EventSourceResponse(channel, { ...QUIET, clock })))
    // The opening block and the position.
    for (const reader of readers) for (let i = 0; i < 2; i++) await reader.read()
    channel.publish('n', 1)
    clock.runTurn()
    for (const reader of readers) {
      const { value } = await reader.read()
      expect(new TextDecoder().decode(value)).toContain('data: 1\n\n')
      value?.fill(0)
    }
  })
})

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
