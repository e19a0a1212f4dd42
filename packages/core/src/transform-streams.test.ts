import { describe, expect, it, vi } from 'vitest'
import { collect, streamOf } from '../test/feeds.ts'
import type { ServerSentEvent } from './server-sent-event.ts'
import { EventStreamEncoderStream, EventStreamParserStream } from './transform-streams.ts'

const EVENTS: readonly ServerSentEvent[] = [
  { id: '1', data: 'é' },
  { id: '2' },
  { event: 'add', data: { a: 1 }, retry: 5, comment: 'c' },
]

describe('EventStreamEncoderStream', () => {
  it('turns events into the bytes of an event stream', async () => {
    const response = new Response(streamOf(EVENTS).pipeThrough(new EventStreamEncoderStream()))
    expect(await response.text()).toBe(
      'id: 1\ndata: é\n\nid: 2\n\n: c\nevent: add\ndata: {"a":1}\nretry: 5\n\n',
    )
  })

  it('takes the line ending', async () => {
    const stream = streamOf(EVENTS.slice(0, 1)).pipeThrough(
      new EventStreamEncoderStream({ lineEnding: '\r' }),
    )
    expect(await new Response(stream).text()).toBe('id: 1\rdata: é\r\r')
  })

  it('errors with what the encoder refuses, and cancels its source', async () => {
    const cancel = vi.fn()
    const source = new ReadableStream<ServerSentEvent>({
      pull: (c) => c.enqueue({ data: '', id: 'a\nb' }),
      cancel,
    })
    const reader = source.pipeThrough(new EventStreamEncoderStream()).getReader()
    await expect(reader.read()).rejects.toMatchObject({ code: 'line-break-in-field' })
    expect(cancel).toHaveBeenCalledTimes(1)
  })
})

describe('EventStreamParserStream', () => {
  it('reads what the encoder stream writes, and tracks ids of blocks without data', async () => {
    const events = streamOf(EVENTS)
      .pipeThrough(new EventStreamEncoderStream())
      .pipeThrough(new EventStreamParserStream())
    expect(await collect(events)).toEqual([
      { type: 'message', data: 'é', lastEventId: '1' },
      { type: 'add', data: '{"a":1}', lastEventId: '2' },
    ])
  })

  it('takes strings, and passes its options on', async () => {
    const [onRetry, onComment] = [vi.fn(), vi.fn()]
    const parser = new EventStreamParserStream({ onRetry, onComment, lastEventId: '9' })
    const events = streamOf(['retry: 7\n: c\nda', 'ta: a\n\n']).pipeThrough(parser)
    expect(await collect(events)).toEqual([{ type: 'message', data: 'a', lastEventId: '9' }])
    expect([onRetry.mock.calls, onComment.mock.calls]).toEqual([[[7]], [['c']]])
  })

  it('discards the unfinished event at the end (§9.2.6)', async () => {
    const events = streamOf(['data: a\n\ndata: b\n']).pipeThrough(new EventStreamParserStream())
    expect(await collect(events)).toMatchObject([{ data: 'a' }])
  })

  it('errors with an event past the limit, and cancels its source', async () => {
    const cancel = vi.fn()
    const source = new ReadableStream<string>({ pull: (c) => c.enqueue('data: 0123456789a\n\n'), cancel })
    const parser = new EventStreamParserStream({ limits: { maxEventLength: 10 } })
    await expect(source.pipeThrough(parser).getReader().read()).rejects.toMatchObject({
      code: 'event-too-large',
    })
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it('errors with the error of its source', async () => {
    const error = new Error('reset')
    const source = new ReadableStream<string>({ start: (c) => c.error(error) })
    await expect(source.pipeThrough(new EventStreamParserStream()).getReader().read()).rejects.toBe(error)
  })

  it('refuses an invalid limit at once', () => {
    expect(() => new EventStreamParserStream({ limits: { maxEventLength: -1 } })).toThrow(
      expect.objectContaining({ code: 'invalid-limit' }),
    )
  })
})
