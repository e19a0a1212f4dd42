import { getEventListeners } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { parseEventStream } from './parse-event-stream.ts'

const END = { done: true, value: undefined }

/** A body that gives one chunk, if any, and then never answers again. */
function silentBody(chunk?: string) {
  const cancel = vi.fn()
  const body = new ReadableStream<string>({
    start: (controller) => (chunk === undefined ? undefined : controller.enqueue(chunk)),
    cancel,
  })
  return { body, cancel }
}

describe('aborting an iteration', () => {
  it('before it begins rejects the first next with the reason and cancels the body', async () => {
    const { body, cancel } = silentBody('data: a\n\n')
    const reason = new Error('too late')
    const events = parseEventStream(body, { signal: AbortSignal.abort(reason) })
    await expect(events.next()).rejects.toBe(reason)
    expect(await events.next()).toEqual(END)
    expect(cancel.mock.calls).toEqual([[reason]])
  })

  it('rejects a pending next with the reason, even if the body never answers', async () => {
    const { body, cancel } = silentBody()
    const controller = new AbortController()
    const events = parseEventStream(body, { signal: controller.signal })
    const pending = Promise.allSettled([events.next(), events.next()])
    await Promise.resolve()
    const reason = { why: 'enough' }
    controller.abort(reason)
    expect(await pending).toEqual([
      { status: 'rejected', reason },
      { status: 'fulfilled', value: END },
    ])
    expect(cancel.mock.calls).toEqual([[reason]])
  })

  it('rejects a pending next although an async iterable neither answers nor can be left', async () => {
    const body = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
    const controller = new AbortController()
    const pending = parseEventStream(body, { signal: controller.signal }).next()
    controller.abort()
    await expect(pending).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('drops a chunk that comes after it', async () => {
    const late = Promise.withResolvers<IteratorResult<string>>()
    const controller = new AbortController()
    const body = { [Symbol.asyncIterator]: () => ({ next: () => late.promise }) }
    const events = parseEventStream(body, { signal: controller.signal })
    const pending = events.next()
    controller.abort('stop')
    await expect(pending).rejects.toBe('stop')
    late.resolve({ done: false, value: 'id: 1\ndata: late\n\n' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(await events.next()).toEqual(END)
    expect(events.lastEventId).toBe('')
  })

  it('still hands out the events that were read, then rejects once', async () => {
    const { body } = silentBody('id: 1\ndata: a\n\nid: 2\ndata: b\n\n')
    const controller = new AbortController()
    const events = parseEventStream(body, { signal: controller.signal })
    await events.next()
    controller.abort('stop')
    expect(events.lastEventId).toBe('1')
    expect(await events.next()).toMatchObject({ value: { data: 'b' } })
    await expect(events.next()).rejects.toBe('stop')
    expect(await events.next()).toEqual(END)
  })

  it('does not wait for a body whose cancel never ends or fails', async () => {
    for (const cancel of [() => new Promise<void>(() => {}), () => Promise.reject(new Error('cancel'))]) {
      const controller = new AbortController()
      const events = parseEventStream(new ReadableStream<string>({ cancel }), { signal: controller.signal })
      const pending = events.next()
      controller.abort('stop')
      await expect(pending).rejects.toBe('stop')
    }
  })

  it('changes nothing after the end of the body', async () => {
    const controller = new AbortController()
    const body = new ReadableStream<string>({ start: (c) => c.close() })
    const events = parseEventStream(body, { signal: controller.signal })
    expect(await events.next()).toEqual(END)
    controller.abort()
    expect(await events.next()).toEqual(END)
  })

  it('changes nothing after return()', async () => {
    const { body, cancel } = silentBody('data: a\n\n')
    const controller = new AbortController()
    const events = parseEventStream(body, { signal: controller.signal })
    await events.return()
    controller.abort()
    expect(await events.next()).toEqual(END)
    expect(cancel).toHaveBeenCalledTimes(1)
  })
})

describe('the abort listener of an iteration', () => {
  const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length
  const closed = (): ReadableStream<string> => new ReadableStream({ start: (c) => c.close() })
  const failed = (): ReadableStream<string> => new ReadableStream({ start: (c) => c.error(new Error('x')) })

  it.each([
    ['the end of the body', closed, (events: AsyncIterator<unknown>) => events.next()],
    ['an error of the body', failed, (events: AsyncIterator<unknown>) => events.next().catch(() => {})],
    ['return()', () => silentBody().body, (events: AsyncIterator<unknown>) => events.return?.()],
  ])('is gone after %s', async (_, body, end) => {
    const { signal } = new AbortController()
    const events = parseEventStream(body(), { signal })
    expect(listeners(signal)).toBe(1)
    await end(events)
    expect(listeners(signal)).toBe(0)
  })

  it('is gone after the abort, and never there when it came before', async () => {
    const controller = new AbortController()
    const pending = parseEventStream(silentBody().body, { signal: controller.signal }).next()
    controller.abort('stop')
    expect(listeners(controller.signal)).toBe(0)
    await expect(pending).rejects.toBe('stop')
    await parseEventStream(silentBody().body, { signal: controller.signal })
      .next()
      .catch(() => {})
    expect(listeners(controller.signal)).toBe(0)
  })

  it('is not added when the body is refused', () => {
    const { signal } = new AbortController()
    expect(() => parseEventStream(new Response('', { status: 500 }), { signal })).toThrow()
    expect(listeners(signal)).toBe(0)
  })
})
