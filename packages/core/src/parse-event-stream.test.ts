import { describe, expect, it, vi } from 'vitest'
import { collect, streamOf } from '../test/feeds.ts'
import { type EventStreamIterator, parseEventStream } from './parse-event-stream.ts'

const THREE = 'id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n'
const END = { done: true, value: undefined }

async function dataOf(events: AsyncIterable<{ data: string }>): Promise<string[]> {
  return (await collect(events)).map(({ data }) => data)
}

const dataOfNext = async (events: EventStreamIterator): Promise<string | undefined> =>
  (await events.next()).value?.data

describe('the order of events', () => {
  it('is the same for calls of next that overlap', async () => {
    const events = parseEventStream(
      streamOf(['data: a\n\nda', 'ta: b\n\n', ': nothing\n', 'data: c\n\ndata: d\n\n']),
    )
    const five = [1, 2, 3, 4, 5].map(() => dataOfNext(events))
    expect(await Promise.all(five)).toEqual(['a', 'b', 'c', 'd', undefined])
  })

  it('is kept when calls overlap only now and then', async () => {
    const events = parseEventStream(streamOf(['data: a\n\ndata: b\n\ndata: c\n\n', 'data: d\n\n']))
    expect(await dataOfNext(events)).toBe('a')
    expect(await Promise.all([dataOfNext(events), dataOfNext(events), dataOfNext(events)])).toEqual([
      'b',
      'c',
      'd',
    ])
    expect(await events.next()).toEqual(END)
    expect(await events.next()).toEqual(END)
  })

  it('settles overlapping calls in the order in which they came', async () => {
    const events = parseEventStream(streamOf(['data: a\n\ndata: b\n\n']))
    const settled: number[] = []
    await Promise.all([0, 1, 2].map((call) => events.next().then(() => settled.push(call))))
    expect(settled).toEqual([0, 1, 2])
  })
})

describe('reading as fast as events are taken', () => {
  /** A body that counts how many chunks were asked of it. */
  function countedBody(chunks: readonly string[]) {
    const pull = vi.fn()
    const rest = chunks[Symbol.iterator]()
    const body = new ReadableStream<string>(
      {
        pull(controller) {
          pull()
          const next = rest.next()
          if (next.done) controller.close()
          else controller.enqueue(next.value)
        },
      },
      { highWaterMark: 0 },
    )
    return { body, pull }
  }

  it('asks for no chunk before the first next', async () => {
    const { body, pull } = countedBody([THREE])
    parseEventStream(body)
    await turn()
    expect(pull).not.toHaveBeenCalled()
  })

  it('asks for no further chunk before the events of the last one are taken', async () => {
    const { body, pull } = countedBody([THREE, THREE])
    const events = parseEventStream(body)
    for (const calls of [1, 1, 1, 2, 2, 2]) {
      await events.next()
      await turn()
      expect(pull).toHaveBeenCalledTimes(calls)
    }
    expect(await events.next()).toEqual(END)
    expect(pull).toHaveBeenCalledTimes(3)
  })
})

describe('the last event ID of an iterator', () => {
  it('is that of the event taken last while others of its chunk wait', async () => {
    const events = parseEventStream(streamOf([THREE, 'data: d\n\n']), { lastEventId: '0' })
    const seen = [events.lastEventId]
    for await (const _ of events) seen.push(events.lastEventId)
    expect(seen).toEqual(['0', '1', '2', '3', '3'])
  })

  it('counts blocks without data once the events before them are taken', async () => {
    const events = parseEventStream(streamOf(['id: 1\ndata: a\n\nid: 2\n\ndata: b\n\nid: 3\n\n']))
    await events.next()
    expect(events.lastEventId).toBe('1')
    await events.next()
    expect(events.lastEventId).toBe('3')
  })

  it('is that before the chunk while a handler hears of what the chunk holds', async () => {
    const seen: string[] = []
    const onComment = (): number => seen.push(events.lastEventId)
    const chunks = ['id: 1\ndata: a\n\n', ': c\nid: 2\ndata: b\n\n: c\n']
    const events: EventStreamIterator = parseEventStream(streamOf(chunks), { onComment })
    await events.next()
    await events.next()
    expect([seen, events.lastEventId]).toEqual([['1', '1'], '2'])
  })

  it('does not count events that return() dropped', async () => {
    const events = parseEventStream(streamOf([THREE]))
    for await (const _ of events) break
    expect(events.lastEventId).toBe('1')
    await events.return()
    expect(events.lastEventId).toBe('1')
  })

  it('does not count the unfinished event at the end', async () => {
    const events = parseEventStream(streamOf(['id: 1\ndata: a\n\nid: 2\ndata: b']))
    expect(await dataOf(events)).toEqual(['a'])
    expect(events.lastEventId).toBe('1')
  })

  it('does not count an event past the limit', async () => {
    const body = streamOf(['id: 1\ndata: a\n\nid: 2\ndata: 0123456789a\n\n'])
    const events = parseEventStream(body, { limits: { maxEventLength: 10 } })
    await events.next()
    await expect(events.next()).rejects.toMatchObject({ code: 'event-too-large' })
    expect(events.lastEventId).toBe('1')
  })
})

describe('leaving an iteration', () => {
  function watchedBody(chunks: readonly string[]) {
    const cancel = vi.fn()
    const rest = [...chunks]
    const body = new ReadableStream<string>({
      pull(controller) {
        const chunk = rest.shift()
        if (chunk !== undefined) controller.enqueue(chunk)
      },
      cancel,
    })
    return { body, cancel }
  }

  it('by break cancels the body once', async () => {
    const { body, cancel } = watchedBody([THREE])
    for await (const _ of parseEventStream(body)) break
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it('by a throw in the loop cancels the body', async () => {
    const { body, cancel } = watchedBody([THREE])
    const loop = async (): Promise<void> => {
      for await (const { data } of parseEventStream(body)) throw new Error(data)
    }
    await expect(loop()).rejects.toThrow('a')
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it('by return() twice ends it twice and cancels once', async () => {
    const { body, cancel } = watchedBody([THREE])
    const events = parseEventStream(body)
    await events.next()
    expect(await events.return()).toEqual(END)
    expect(await events.return()).toEqual(END)
    expect(await events.next()).toEqual(END)
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it('by return() before the first next cancels the body', async () => {
    const { body, cancel } = watchedBody([THREE])
    await parseEventStream(body).return()
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it('by return() ends a next that is pending', async () => {
    const { body, cancel } = watchedBody([])
    const events = parseEventStream(body)
    const pending = [events.next(), events.next()]
    await turn()
    await events.return()
    expect(await Promise.all(pending)).toEqual([END, END])
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it('by the end of an await using block cancels the body', async () => {
    const { body, cancel } = watchedBody([THREE])
    {
      await using events = parseEventStream(body)
      await events.next()
      expect(cancel).not.toHaveBeenCalled()
    }
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it('at the end of the body cancels nothing', async () => {
    const { body } = watchedBody([])
    const cancel = vi.spyOn(ReadableStreamDefaultReader.prototype, 'cancel')
    try {
      const events = parseEventStream(streamOf([THREE]))
      expect(await dataOf(events)).toEqual(['a', 'b', 'c'])
      await events.return()
      expect(cancel).not.toHaveBeenCalled()
    } finally {
      cancel.mockRestore()
    }
    await body.cancel()
  })
})

describe('a body that fails', () => {
  function failingBody(chunks: readonly string[], error: unknown): ReadableStream<string> {
    const rest = [...chunks]
    return new ReadableStream<string>(
      {
        pull(controller) {
          const chunk = rest.shift()
          if (chunk === undefined) controller.error(error)
          else controller.enqueue(chunk)
        },
      },
      { highWaterMark: 0 },
    )
  }

  it('is told of once, after the events before it', async () => {
    const error = new TypeError('terminated')
    const events = parseEventStream(failingBody(['data: a\n\ndata: b\n\ndata: lost'], error))
    expect(await dataOfNext(events)).toBe('a')
    expect(await dataOfNext(events)).toBe('b')
    await expect(events.next()).rejects.toBe(error)
    expect(await events.next()).toEqual(END)
  })

  it('rejects one of the calls that overlap, and ends the others', async () => {
    const error = new Error('reset')
    const events = parseEventStream(failingBody(['data: a\n\n'], error))
    const calls = await Promise.allSettled([events.next(), events.next(), events.next()])
    expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(calls[2]).toMatchObject({ value: END })
  })

  it('may fail with undefined', async () => {
    const events = parseEventStream(failingBody([], undefined))
    await expect(events.next()).rejects.toBeUndefined()
    expect(await events.next()).toEqual(END)
  })

  it('gives up an event past the limit after the events before it, and cancels the body', async () => {
    const cancel = vi.fn()
    const body = new ReadableStream({
      start: (controller) => controller.enqueue('data: a\n\ndata: 0123456789a\n\ndata: c\n\n'),
      cancel,
    })
    const events = parseEventStream(body, { limits: { maxEventLength: 10 } })
    expect(await dataOfNext(events)).toBe('a')
    const error = await events.next().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'event-too-large' })
    expect(await events.next()).toEqual(END)
    expect(cancel.mock.calls).toEqual([[error]])
  })

  it('is not told of after return(), though it was known', async () => {
    const body = streamOf(['data: a\n\ndata: 0123456789a\n\n'])
    const events = parseEventStream(body, { limits: { maxEventLength: 10 } })
    await events.next()
    await events.return()
    expect(await events.next()).toEqual(END)
  })

  it('is left without a word when the iteration is left first', async () => {
    const events = parseEventStream(failingBody(['data: a\n\ndata: b\n\n'], new Error('late')))
    await events.next()
    await events.return()
    expect(await events.next()).toEqual(END)
  })
})

describe('the handlers of parseEventStream', () => {
  it('hear of retries and comments as chunks are read', async () => {
    const [onRetry, onComment] = [vi.fn(), vi.fn()]
    const events = parseEventStream(streamOf(['retry: 10\n: hi\ndata: a\n\n']), { onRetry, onComment })
    await events.next()
    expect([onRetry.mock.calls, onComment.mock.calls]).toEqual([[[10]], [['hi']]])
  })

  it('end the iteration with what they throw, after the events of the chunk', async () => {
    const error = new Error('handler')
    const onComment = (): never => {
      throw error
    }
    const events = parseEventStream(streamOf(['data: a\n\n: x\ndata: b\n\n', 'data: c\n\n']), { onComment })
    expect([await dataOfNext(events), await dataOfNext(events)]).toEqual(['a', 'b'])
    await expect(events.next()).rejects.toBe(error)
    expect(await events.next()).toEqual(END)
  })
})

/** One turn of the event loop: whatever was going to happen without further events has happened. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
