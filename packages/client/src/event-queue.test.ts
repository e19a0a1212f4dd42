import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { EventQueue } from './event-queue.ts'

const event = (n: number): { n: number } => ({ n })
const given = (n: number): object => ({ done: false, value: { n } })
const over = { done: true, value: undefined }

function queue(
  capacity = 2,
  onChange: (queue: EventQueue<{ n: number }>) => void = () => {},
): EventQueue<{ n: number }> {
  return new EventQueue(capacity, onChange)
}

describe('EventQueue', () => {
  it('hands out events in order, to those who wait before those who ask later', async () => {
    const events = queue()
    const first = events.next()
    const second = events.next()
    for (const n of [1, 2, 3]) events.push(event(n))
    expect(await Promise.all([first, second, events.next()])).toEqual([given(1), given(2), given(3)])
  })

  it('is full from its capacity on, and still takes what comes', async () => {
    const events = queue(2)
    events.push(event(1))
    expect(events.full).toBe(false)
    events.push(event(2))
    expect(events.full).toBe(true)
    events.push(event(3))
    await events.next()
    expect(events.full).toBe(true)
    await events.next()
    expect(events.full).toBe(false)
    expect(await events.next()).toEqual(given(3))
  })

  it('keeps the order of events, and no event that was taken, while there are always some that wait', async () => {
    const events = queue()
    const taken: WeakRef<{ n: number }>[] = []
    for (let n = 0; n < 50; n++) events.push(event(n))
    for (let n = 50; n < 200; n++) {
      events.push(event(n))
      const { value } = await events.next()
      if (value !== undefined) taken.push(new WeakRef(value))
    }
    expect(taken.map((each) => each.deref()?.n)).toEqual(Array.from({ length: 150 }, (_, n) => n))
    await collectGarbage()
    // As many as wait, and the two that its reader has, or had last.
    expect(taken.filter((each) => each.deref() !== undefined).length).toBeLessThanOrEqual(52)
    expect(await events.next()).toEqual(given(150))
  })

  it('hands out what it has before it ends, to everybody who waits', async () => {
    const events = queue()
    events.push(event(1))
    events.end()
    events.push(event(2))
    expect(await Promise.all([events.next(), events.next(), events.next()])).toEqual([given(1), over, over])
    const waiting = queue()
    const waiters = [waiting.next(), waiting.next()]
    waiting.end()
    waiting.end(new Error('too late'))
    expect(await Promise.all(waiters)).toEqual([over, over])
  })

  it('throws the error it ended with once, after the events before it', async () => {
    const events = queue()
    const error = new Error('broken')
    events.push(event(1))
    events.end(error)
    expect(await events.next()).toEqual(given(1))
    await expect(events.next()).rejects.toBe(error)
    expect(await events.next()).toEqual(over)
  })

  it('throws it at the first who waits', async () => {
    const events = queue()
    const waiters = [events.next(), events.next()]
    events.end(new Error('broken'))
    await expect(waiters[0]).rejects.toThrow('broken')
    expect(await waiters[1]).toEqual(over)
  })

  it('is left by return(), once, however often that is called', async () => {
    const changed = vi.fn()
    const events = queue(1, changed)
    events.push(event(1))
    expect(events.full).toBe(true)
    expect(await Promise.all([events.return(), events.return()])).toEqual([over, over])
    expect(changed).toHaveBeenCalledTimes(1)
    expect([events.left, events.full]).toEqual([true, false])
    events.push(event(2))
    expect(await events.next()).toEqual(over)
    await events[Symbol.asyncDispose]()
    expect(changed).toHaveBeenCalledTimes(1)
  })

  it('lets go of those who wait when it is left', async () => {
    const events = queue()
    const waiter = events.next()
    await events.return()
    expect(await waiter).toEqual(over)
  })

  it('does not throw at one who left what it ended with', async () => {
    const events = queue()
    events.end(new Error('broken'))
    await events.return()
    expect(await events.next()).toEqual(over)
  })

  it('tells of each request for an event', async () => {
    const changed = vi.fn()
    const events = queue(1, changed)
    events.push(event(1))
    await events.next()
    expect(changed).toHaveBeenCalledTimes(1)
  })

  it('counts an event as done when its reader asks for another, or leaves', async () => {
    const events = queue(9)
    expect([events.behind, events.done]).toEqual([0, undefined])
    for (const n of [1, 2, 3, 4]) events.push(event(n))
    await events.next()
    expect([events.behind, events.done]).toEqual([4, undefined])
    await events.next()
    expect([events.behind, events.done]).toEqual([3, { n: 1 }])
    await events.return()
    expect([events.behind, events.done]).toEqual([2, { n: 2 }])
  })

  it('counts an event as done when the next one goes to a reader that asked for both', async () => {
    const events = queue(9)
    void events.next()
    void events.next()
    events.push(event(1))
    expect([events.behind, events.done]).toEqual([1, undefined])
    events.push(event(2))
    expect([events.behind, events.done]).toEqual([1, { n: 1 }])
    void events.next()
    expect([events.behind, events.done]).toEqual([0, { n: 2 }])
  })

  it('is its own iterator', () => {
    const events = queue()
    expect(events[Symbol.asyncIterator]()).toBe(events)
  })
})

async function collectGarbage(): Promise<void> {
  // What a `WeakRef` has shown is kept until the end of the turn.
  await new Promise(setImmediate)
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}
