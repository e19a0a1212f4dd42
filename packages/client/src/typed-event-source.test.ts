import { inspect } from 'node:util'
import { defineEvents, text, type } from '@sse/core'
import { scriptedFetch, stall, turns } from '@sse/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { watchedSource } from '../test/watched-source.ts'
import type { EventSourceOptions } from './event-source-options.ts'
import { constantBackoff } from './policy/backoff.ts'
import { createEventSource } from './typed-event-source.ts'

const GAP = { reason: 'evicted', requestedId: '1', resumedAtId: '5', missed: 4 }

afterEach(() => void vi.unstubAllGlobals())

/** What is reported as an error that nobody caught. */
function reported(): unknown[] {
  const errors: unknown[] = []
  vi.stubGlobal('reportError', (error: unknown) => errors.push(error))
  return errors
}

async function warnings(run: () => Promise<void>): Promise<string[]> {
  const messages: string[] = []
  const spy = vi
    .spyOn(process, 'emitWarning')
    .mockImplementation((warning) => void messages.push(String(warning)))
  await run()
  spy.mockRestore()
  return messages
}

describe('listeners', () => {
  it('get the data of the events of their type, until they are taken off', async () => {
    const { source, last } = await watchedSource()
    const heard: unknown[] = []
    const stop = source.on('tick', (data, event) => heard.push([data, event]))
    const other = vi.fn()
    source.on('tock', other)
    last.send('id: 1\nevent: tick\ndata: a\n\nevent: tock\ndata: b\n\n')
    await turns()
    expect(heard).toEqual([['a', { type: 'tick', data: 'a', lastEventId: '1' }]])
    expect(other).toHaveBeenCalledExactlyOnceWith('b', { type: 'tock', data: 'b', lastEventId: '1' })
    stop()
    source.off('tock', other)
    source.off('never', other)
    last.send('event: tick\ndata: c\n\nevent: tock\ndata: d\n\n')
    await turns()
    expect([heard.length, other.mock.calls.length]).toEqual([1, 1])
  })

  it('are called once each, however often they are put on', async () => {
    const { source, last } = await watchedSource()
    const listener = vi.fn()
    source.on('tick', listener)
    source.on('tick', listener)
    source.once('tick', listener)
    last.send('event: tick\ndata: a\n\nevent: tick\ndata: b\n\n')
    await turns()
    expect(listener).toHaveBeenCalledTimes(2)
  })

  it('of once() are called for one event, if they are not taken off before, in either way', async () => {
    const { source, last } = await watchedSource()
    const [once, off, stopped] = [vi.fn(), vi.fn(), vi.fn()]
    source.once('tick', once)
    source.once('tick', off)
    source.off('tick', off)
    source.once('tick', stopped)()
    last.send('event: tick\ndata: a\n\nevent: tick\ndata: b\n\n')
    await turns()
    expect([once, off, stopped].map(({ mock }) => mock.calls.length)).toEqual([1, 0, 0])
  })

  it('may take off each other, and put on others, which hear of the next event', async () => {
    const { source, last } = await watchedSource()
    const heard: string[] = []
    const second = (): void => void heard.push('second')
    source.on('tick', () => {
      heard.push('first')
      source.off('tick', second)
      source.once('tick', () => heard.push('added'))
    })
    source.on('tick', second)
    last.send('event: tick\ndata: a\n\n')
    await turns()
    expect(heard).toEqual(['first'])
    last.send('event: tick\ndata: b\n\n')
    await turns()
    expect(heard).toEqual(['first', 'first', 'added'])
  })

  it('that throw cost neither the others the event nor the source its connection', async () => {
    const errors = reported()
    const { source, last, data } = await watchedSource()
    const mistake = new Error('a mistake')
    source.on('message', () => {
      throw mistake
    })
    const after = vi.fn()
    source.on('message', after)
    source.observe(() => {
      throw mistake
    })
    last.send('data: a\n\n')
    await turns()
    expect(new Set(errors)).toEqual(new Set([mistake]))
    expect([data, after.mock.calls.length, source.state.status]).toEqual([['a'], 1, 'open'])
  })

  it('that close the source are the last to be called', async () => {
    const { source, last, data } = await watchedSource()
    source.on('message', () => source.close())
    const after = vi.fn()
    source.on('message', after)
    last.send('id: 1\ndata: a\n\nid: 2\ndata: b\n\n')
    await turns()
    expect([data, after.mock.calls.length, source.lastEventId]).toEqual([['a'], 0, '1'])
  })

  it('are what it waits for: nothing is read before there is one', async () => {
    const fetch = scriptedFetch([['data: a\n\n', stall()]])
    const source = createEventSource('/events', { fetch })
    await source.ready()
    await turns()
    expect(fetch.last.isRead).toBe(false)
    const listener = vi.fn()
    source.on('message', listener)
    await turns()
    expect(listener).toHaveBeenCalledOnce()
    source.close()
  })
})

describe('observers', () => {
  it('hear of bytes, comments, states and the rest, until they stop', async () => {
    const { source, last } = await watchedSource()
    const heard: string[] = []
    const stop = source.observe(({ type }) => heard.push(type))
    last.send(': hi\ndata: a\n\n')
    await turns()
    expect(heard).toEqual(['state', 'bytes', 'comment'])
    stop()
    last.end()
    await turns()
    expect(heard).toHaveLength(3)
  })
})

describe('typed events', () => {
  const events = defineEvents({
    price: z.object({ value: z.number() }).transform(({ value }) => value),
    tick: type<{ at: number }>(),
    line: text(),
  })
  const body = [
    'event: price\ndata: {"value":1}\n\n',
    'event: price\ndata: {"value":"x"}\n\n',
    'event: price\ndata: {\n\n',
    'event: unheard\ndata: 1\n\n',
    'event: line\ndata: {\n\n',
    'event: constructor\ndata: 1\n\n',
  ].join('')

  it('are parsed, validated and transformed; what does not fit is dropped, and told', async () => {
    const watched = await watchedSource({ events } as unknown as EventSourceOptions)
    const typed = watched.source as unknown as ReturnType<typeof createEventSource<typeof events.schemas>>
    const prices: number[] = []
    typed.on('price', (price) => prices.push(price))
    const lines: string[] = []
    typed.on('line', (line) => lines.push(line))
    watched.last.send(body)
    await turns()
    expect([prices, lines]).toEqual([[1], ['{']])
    const dropped = watched.happenings.flatMap((happening) =>
      happening.type === 'dropped' ? [[happening.reason, happening.event.data, happening.error]] : [],
    )
    expect(dropped).toEqual([
      ['invalid', '{"value":"x"}', expect.objectContaining({ code: 'invalid-data', path: 'data.value' })],
      ['invalid', '{', expect.objectContaining({ code: 'invalid-data' })],
      ['unknown-type', '1', expect.objectContaining({ code: 'unknown-event' })],
      ['unknown-type', '1', expect.objectContaining({ code: 'unknown-event' })],
    ])
  })

  it('that do not fit are warned of when nobody observes, those of unknown types are not', async () => {
    const fetch = scriptedFetch([[body, stall()]])
    const messages = await warnings(async () => {
      const source = createEventSource('/events', { events, fetch })
      source.on('tick', () => {})
      await turns()
      source.close()
    })
    expect(messages).toHaveLength(2)
    expect(messages[0]).toMatch(/An event of a stream was dropped/)
  })
})

describe('gaps', () => {
  const body = `id: 5\nevent: gap\ndata: ${JSON.stringify(GAP)}\n\n`

  it('are handed out as events, and told', async () => {
    const { source, last, happenings } = await watchedSource()
    const gaps: unknown[] = []
    source.on('gap', (gap, event) => gaps.push([gap, event.lastEventId]))
    const iterated = source[Symbol.asyncIterator]().next()
    last.send(body)
    expect(await iterated).toEqual({
      done: false,
      value: { type: 'gap', data: JSON.stringify(GAP), lastEventId: '5' },
    })
    expect(gaps).toEqual([[GAP, '5']])
    expect(happenings).toContainEqual({ type: 'gap', gap: GAP })
    expect(source.lastEventId).toBe('5')
  })

  it('are parsed in an iteration over typed events', async () => {
    const fetch = scriptedFetch([[body, stall()]])
    const source = createEventSource('/events', { fetch, events: defineEvents({ line: text() }) })
    for await (const event of source) {
      expect(event).toEqual({ type: 'gap', data: GAP, lastEventId: '5' })
      break
    }
  })

  it('are told though their id was seen before', async () => {
    const { source, clock } = await watchedSource({ backoff: constantBackoff(1) }, () => [body])
    const gaps = vi.fn()
    source.on('gap', gaps)
    await clock.advanceAsync(2)
    expect(gaps.mock.calls.length).toBeGreaterThan(1)
  })

  it('are warned of when nobody hears of them', async () => {
    const fetch = scriptedFetch([[body, stall()]])
    const messages = await warnings(async () => {
      const source = createEventSource('/events', { fetch })
      source.on('message', () => {})
      await turns()
      source.close()
    })
    expect(messages).toEqual([
      expect.stringMatching(/Events of \/events were missed: evicted\. Listen to 'gap'/),
    ])
  })

  it('are what our servers tell: other events of that type are ordinary ones', async () => {
    const { source, last } = await watchedSource()
    const heard: unknown[] = []
    source.on('gap', (data) => heard.push(data))
    last.send('event: gap\ndata: mind it\n\n')
    await turns()
    expect(heard).toEqual(['mind it'])
  })
})

describe('duplicates after a resumption', () => {
  it('are dropped, and told', async () => {
    const watched = await watchedSource({ backoff: constantBackoff(0) }, [
      ['id: 1\ndata: a\n\nid: 2\ndata: b\n\n'],
      ['id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n', stall()],
    ])
    await watched.clock.advanceAsync(1)
    expect(watched.data).toEqual(['a', 'b', 'c'])
    expect(watched.happenings.filter(({ type }) => type === 'dropped')).toHaveLength(2)
  })
})

describe('until', () => {
  it('ends the stream properly, with an event that is not handed out', async () => {
    const watched = await watchedSource({ method: 'POST', until: ({ data }) => data === '[DONE]' })
    watched.last.send('data: a\n\ndata: [DONE]\n\ndata: b\n\n')
    await turns()
    expect(watched.data).toEqual(['a'])
    expect(await watched.source.closed).toEqual({ status: 'closed', reason: 'done' })
    expect([watched.last.released, watched.clock.pendingTimers]).toEqual([true, 0])
  })

  it('knows that a POST stream which ends before it was cut', async () => {
    const watched = await watchedSource({ method: 'POST', until: () => false })
    watched.last.send('data: a\n\n').end()
    await turns()
    expect(watched.source.state).toMatchObject({ reason: 'failed', error: { code: 'not-repeated' } })
  })

  it('that throws ends nothing, and is reported', async () => {
    const errors = reported()
    const watched = await watchedSource({
      until: () => {
        throw new Error('a mistake')
      },
    })
    watched.last.send('data: a\n\n')
    await turns()
    expect([watched.data, errors.length]).toEqual([['a'], 1])
  })
})

describe('iteration', () => {
  it('gives all events in order, and ends when the source is closed, after those that wait', async () => {
    const { source, last } = await watchedSource()
    const seen: string[] = []
    last.send('data: a\n\nevent: tick\ndata: b\n\ndata: c\n\n')
    for await (const event of source) {
      if (event.type === 'gap') continue
      seen.push(`${event.type} ${event.data}`)
      if (seen.length === 2) source.close()
    }
    expect(seen).toEqual(['message a', 'tick b', 'message c'])
  })

  it('throws why the source has failed, after the events before that', async () => {
    const { source, last } = await watchedSource({ maxAttempts: 1 })
    const events = source[Symbol.asyncIterator]()
    last.send('data: a\n\n')
    await turns()
    last.cut()
    await turns()
    expect(await events.next()).toMatchObject({ value: { data: 'a' } })
    await expect(events.next()).rejects.toMatchObject({ code: 'too-many-attempts' })
    await expect(source[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'too-many-attempts' })
  })

  it('of a source that was closed is over', async () => {
    const { source } = await watchedSource()
    source.close()
    expect(await source[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  })

  it('reads no more while its buffer is full, and goes on when it is not', async () => {
    const { source, last } = await watchedSource({ bufferSize: 2 })
    const events = source[Symbol.asyncIterator]()
    last.send('data: a\n\n')
    await turns()
    expect(last.isRead).toBe(true)
    last.send('data: b\n\ndata: c\n\n')
    await turns()
    expect(last.isRead).toBe(false)
    await events.next()
    await turns()
    expect(last.isRead).toBe(false)
    await events.next()
    await turns()
    expect(last.isRead).toBe(true)
    last.send('data: d\n\n')
    await turns()
    expect(last.isRead).toBe(false)
  })

  it('is held up by another that is full, and not by one that was left', async () => {
    const { source, last } = await watchedSource({ bufferSize: 1 })
    const slow = source[Symbol.asyncIterator]()
    const quick = source[Symbol.asyncIterator]()
    const first = quick.next()
    last.send('data: a\n\n').send('data: b\n\n')
    await first
    await turns()
    expect(last.isRead).toBe(false)
    await slow.return?.()
    expect(await quick.next()).toMatchObject({ value: { data: 'b' } })
    expect(source.state.status).toBe('open')
  })

  it('closes a source that nobody else listens to when the last one is left', async () => {
    const fetch = scriptedFetch([['data: a\n\n', stall()]])
    const source = createEventSource('/events', { fetch })
    const other = source[Symbol.asyncIterator]()
    for await (const event of source) {
      expect(event.data).toBe('a')
      break
    }
    expect(source.state.status).toBe('open')
    await other[Symbol.asyncDispose]()
    expect(source.state).toMatchObject({ status: 'closed', reason: 'closed' })
    await turns()
    expect(fetch.last.released).toBe(true)
  })

  it('leaves a source open that somebody listens to', async () => {
    const { source, last } = await watchedSource({ bufferSize: 1 })
    const events = source[Symbol.asyncIterator]()
    last.send('data: a\n\n')
    await turns()
    await events.return?.()
    await turns()
    expect([source.state.status, last.isRead]).toEqual(['open', true])
  })
})

describe('ready()', () => {
  it('settles when a connection is open, for all who wait, at once when one is', async () => {
    const { source, last } = await watchedSource()
    const waiting = Promise.all([source.ready(), source.ready()])
    last.respond()
    await waiting
    await source.ready()
  })

  it('waits over attempts that fail, and for the next connection', async () => {
    const watched = await watchedSource({ backoff: constantBackoff(10) }, [{ networkError: true }, [stall()]])
    const ready = vi.fn()
    void watched.source.ready().then(ready)
    await turns()
    expect(ready).not.toHaveBeenCalled()
    await watched.clock.advanceAsync(10)
    expect(ready).toHaveBeenCalled()
  })

  it('rejects with why there will be none', async () => {
    const failed = await watchedSource({})
    const waiting = failed.source.ready()
    failed.last.respond({ status: 404 })
    await expect(waiting).rejects.toMatchObject({ code: 'refused', response: { status: 404 } })
    await expect(failed.source.ready()).rejects.toMatchObject({ code: 'refused' })
    const closed = await watchedSource({})
    closed.source.close()
    await expect(closed.source.ready()).rejects.toMatchObject({
      code: 'closed',
      message: expect.stringContaining('(closed)'),
    })
  })

  it('need not be waited for: no rejection goes unhandled', async () => {
    const { source } = await watchedSource()
    void source.ready()
    source.close()
    await turns()
  })
})

describe('a failure', () => {
  async function failing(watch: (source: ReturnType<typeof createEventSource>) => void): Promise<string[]> {
    const fetch = scriptedFetch([{ status: 404 }])
    return warnings(async () => {
      const source = createEventSource('/events', { fetch })
      watch(source)
      await source.closed
    })
  }

  it('that nobody hears of is warned of', async () => {
    expect(await failing(() => {})).toEqual([
      expect.stringMatching(/\/events has failed, and there will be no other attempt/),
    ])
  })

  it.each<[string, (source: ReturnType<typeof createEventSource>) => void]>([
    ['an observer', (source) => void source.observe(() => {})],
    [
      'an iteration',
      (source) =>
        void source[Symbol.asyncIterator]()
          .next()
          .catch(() => {}),
    ],
    ['ready()', (source) => void source.ready().catch(() => {})],
  ])('that %s hears of is not', async (_, watch) => {
    expect(await failing(watch)).toEqual([])
  })
})

describe('lastEventIdStore', () => {
  const id = (n: number): string => `id: ${n}\ndata: ${n}\n\n`

  it('says where to begin, before the first request', async () => {
    const store = { load: async () => '41', save: vi.fn() }
    const watched = await watchedSource({ lastEventId: '7', lastEventIdStore: store })
    expect(watched.last.lastEventId).toBe('41')
    watched.source.close()
    expect(store.save).not.toHaveBeenCalled()
  })

  it.each([null, undefined, ''])('that has %j leaves it to the option', async (stored) => {
    const watched = await watchedSource({
      lastEventId: '7',
      lastEventIdStore: { load: () => stored, save() {} },
    })
    expect(watched.last.lastEventId).toBe('7')
  })

  it('is given the position once for each chunk, when it has changed', async () => {
    const save = vi.fn()
    const watched = await watchedSource({ lastEventIdStore: { load: () => null, save } })
    watched.last.send(id(1) + id(2))
    await turns()
    watched.last.send('data: x\n\n')
    await turns()
    watched.last.send('id: 3\n\n')
    await turns()
    expect(save.mock.calls).toEqual([['2'], ['3']])
  })

  it('is not given an event that an iteration has not asked past', async () => {
    const save = vi.fn()
    const watched = await watchedSource({ lastEventIdStore: { load: () => null, save } })
    const events = watched.source[Symbol.asyncIterator]()
    watched.last.send(id(1) + id(2) + id(3))
    await turns()
    await events.next()
    await turns()
    expect(save).not.toHaveBeenCalled()
    await events.next()
    await turns()
    expect(save.mock.calls).toEqual([['1']])
    watched.source.close()
    await events.next()
    expect(await events.next()).toMatchObject({ done: true })
    await turns()
    expect(save.mock.calls).toEqual([['1'], ['2'], ['3']])
  })

  it('is given a position without an event, also while an iteration waits', async () => {
    const save = vi.fn()
    const watched = await watchedSource({ lastEventIdStore: { load: () => null, save } })
    const events = watched.source[Symbol.asyncIterator]()
    watched.last.send(id(1))
    await events.next()
    void events.next()
    watched.last.send('id: 9\n\n')
    await turns()
    expect(save.mock.lastCall).toEqual(['9'])
  })

  it.each([
    ['that it has', { load: () => '41' }, {}],
    ['of the option', { load: () => null }, { lastEventId: '41' }],
  ])('is not given the position %s, nor one before it', async (_, load, options) => {
    const save = vi.fn()
    const watched = await watchedSource({ lastEventIdStore: { ...load, save }, ...options })
    const events = watched.source[Symbol.asyncIterator]()
    watched.last.send(id(42) + id(43))
    await events.next()
    watched.source.close()
    await turns()
    expect(save).not.toHaveBeenCalled()
  })

  it('is left at the event that an iteration was left with', async () => {
    const save = vi.fn()
    const fetch = scriptedFetch([[id(1) + id(2) + id(3), stall()]])
    const source = createEventSource('/events', { fetch, lastEventIdStore: { load: () => null, save } })
    for await (const event of source) if (event.data === '2') break
    await turns()
    expect(save.mock.lastCall).toEqual(['2'])
  })

  it('waits for the slowest iteration', async () => {
    const save = vi.fn()
    const watched = await watchedSource({ lastEventIdStore: { load: () => null, save } })
    const quick = watched.source[Symbol.asyncIterator]()
    const slow = watched.source[Symbol.asyncIterator]()
    watched.last.send(id(1) + id(2))
    for (const events of [quick, quick, slow]) await events.next()
    void quick.next()
    await turns()
    expect(save).not.toHaveBeenCalled()
    await slow.next()
    await turns()
    expect(save.mock.calls).toEqual([['1']])
  })

  it('is given one position at a time, and then the latest', async () => {
    const saved: string[] = []
    let done = Promise.withResolvers<void>()
    const save = (position: string): Promise<void> => {
      saved.push(position)
      done = Promise.withResolvers()
      return done.promise
    }
    const watched = await watchedSource({ lastEventIdStore: { load: () => null, save } })
    watched.last.send(id(1))
    for (const n of [2, 3]) {
      await turns()
      watched.last.send(id(n))
    }
    await turns()
    expect(saved).toEqual(['1'])
    done.resolve()
    await turns()
    expect(saved).toEqual(['1', '3'])
  })

  it('that fails costs a warning, not the stream', async () => {
    const broken = (): never => {
      throw new Error('full')
    }
    const messages = await warnings(async () => {
      const watched = await watchedSource({ lastEventIdStore: { load: broken, save: async () => broken() } })
      watched.last.send(id(1))
      await turns()
      watched.last.send(id(2))
      await turns()
      expect([watched.data, watched.source.state.status]).toEqual([['1', '2'], 'open'])
    })
    expect(messages).toEqual([
      expect.stringMatching(/could not be loaded/),
      expect.stringMatching(/could not be stored/),
      expect.stringMatching(/could not be stored/),
    ])
  })
})

describe('a look at it', () => {
  it('tells where it is', async () => {
    const watched = await watchedSource({ lastEventId: 'a"b' })
    expect(String(watched.source)).toBe('EventSource /events (connecting, attempt 1, after "a\\"b")')
    watched.last.send('id\n\n')
    await watched.clock.advanceAsync(1_500)
    expect(inspect(watched.source)).toBe('Source [EventSource /events (open for 1.5 s)] {}')
    expect(String(createEventSource(() => '/', { fetch: () => new Promise(() => {}) }))).toMatch(
      /\(made for each attempt\)/,
    )
  })
})

describe('options', () => {
  const fetch = scriptedFetch()

  it('on wants a listener', () => {
    using source = createEventSource('/', { fetch })
    expect(() => source.on('price', undefined as never)).toThrow(
      'The listener for "price" must be a function, but it is undefined.',
    )
  })

  it.each([
    [{ bufferSize: 0 }, 'bufferSize must be a whole number from 1 up, but it is 0.'],
    [{ bufferSize: 1.5 }, 'bufferSize must be'],
    [{ maxAttempts: 0 }, 'maxAttempts must be a whole number from 1 up, but it is 0.'],
    [{ maxAttempts: Number.NaN }, 'maxAttempts must be'],
    [{ healthyAfterMs: -1 }, 'healthyAfterMs must be a number of milliseconds from 0 up, but it is -1.'],
    [{ stallTimeoutMs: -1 }, 'stallTimeoutMs must be'],
    [{ stallTimeoutMs: Number.POSITIVE_INFINITY }, 'stallTimeoutMs must be'],
    [{ connectTimeoutMs: '5' as unknown as number }, 'connectTimeoutMs must be'],
    [{ connectTimeoutMs: true as unknown as number }, 'connectTimeoutMs must be'],
    [
      { backoff: 500 as never },
      'backoff must be a policy such as exponentialBackoff({ maxMs }), but it is 500.',
    ],
    [{ circuitBreaker: {} as never }, 'circuitBreaker must be a policy'],
  ])('that make no sense are refused: %o', (options, message) => {
    expect(() => createEventSource('/', { fetch, ...options })).toThrow(message)
    expect(() => createEventSource('/', { fetch, ...options })).toThrow(
      expect.objectContaining({ code: 'invalid-option', field: Object.keys(options)[0] }),
    )
  })

  it.each([
    ['/relative', {}],
    ['https://', {}],
    ['https://host/', { method: 'NO SUCH' }],
    ['https://host/', { body: 'a body' }],
  ])('of which no request can be made are refused: %s %o', (url, options) => {
    expect(() => createEventSource(url, options)).toThrow(/There can be no such request: /)
  })

  it('accept that nothing is bounded', async () => {
    const source = createEventSource('/', {
      fetch,
      bufferSize: Number.POSITIVE_INFINITY,
      maxAttempts: Number.POSITIVE_INFINITY,
    })
    source.close()
  })
})
