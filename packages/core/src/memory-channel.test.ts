import { getEventListeners } from 'node:events'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { isSseError, SseError } from './errors.ts'
import {
  BrokenResource,
  ClosedResource,
  createMemoryChannel,
  EndOfStream,
  type MemoryReceiver,
  type MemorySender,
  WouldBlock,
} from './memory-channel.ts'

/** Lets everything happen that can happen without new input. No operation takes more than a few microtasks to settle. */
async function quiescence(): Promise<void> {
  for (let tick = 0; tick < 10; tick += 1) await Promise.resolve()
}

const PENDING = Symbol('pending')

/** What a promise has come to by now: its value, its reason, or `PENDING`. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  let result: unknown = PENDING
  promise.then(
    (value) => {
      result = value
    },
    (reason: unknown) => {
      result = reason
    },
  )
  await quiescence()
  return result
}

/** Marks rejections as handled for promises that a test looks at later. */
function watched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

describe('createMemoryChannel', () => {
  it.each([-1, 1.5, Number.NaN, -Infinity, '1', undefined])('refuses the capacity %s', (capacity) => {
    const create = (): unknown => createMemoryChannel(capacity as number)
    expect(create).toThrow(SseError)
    expect(create).toThrow(`an integer of 0 or more, or Infinity, but it is ${capacity}.`)
    expect(create).toThrow(expect.objectContaining({ code: 'invalid-capacity', field: 'capacity' }))
  })

  it.each([0, 1, 1000, Infinity])('accepts the capacity %d', (capacity) => {
    const [sender] = createMemoryChannel(capacity)
    expect(sender.statistics().capacity).toBe(capacity)
  })
})

describe('sending and receiving', () => {
  it('hands an item directly to a receiver that already waits', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const received = [receiver.receive(), receiver.receive()]
    await sender.send('hello')
    await sender.send('anyio')
    expect(await Promise.all(received)).toEqual(['hello', 'anyio'])
  })

  it('lets sendNowait serve waiting receivers in the order they came, even at capacity 0', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const received = [receiver.receive(), receiver.receive()]
    sender.sendNowait('hello')
    sender.sendNowait('anyio')
    expect(await Promise.all(received)).toEqual(['hello', 'anyio'])
  })

  it('lets receiveNowait take the item of a waiting sender', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const sent = sender.send('hello')
    expect(receiver.receiveNowait()).toBe('hello')
    expect(await outcome(sent)).toBe(undefined)
  })

  it('gives the place that receiveNowait frees to the longest waiting sender', async () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    sender.sendNowait('hello')
    const sent = sender.send('anyio')
    expect(await outcome(sent)).toBe(PENDING)
    expect(receiver.receiveNowait()).toBe('hello')
    expect(await outcome(sent)).toBe(undefined)
    expect(receiver.receiveNowait()).toBe('anyio')
  })

  it('lets receive take the item of a waiting sender', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const sent = sender.send('hello')
    expect(await receiver.receive()).toBe('hello')
    await sent
  })

  it('lets a clone of the receiver release a waiting sender', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const sent = sender.send('hello')
    expect(await receiver.clone().receive()).toBe('hello')
    await sent
  })

  it('delivers buffered items in the order of sending', () => {
    const [sender, receiver] = createMemoryChannel<string>(2)
    sender.sendNowait('hello')
    sender.sendNowait('anyio')
    expect([receiver.receiveNowait(), receiver.receiveNowait()]).toEqual(['hello', 'anyio'])
  })

  it('delivers buffered items before those of waiting senders', async () => {
    const [sender, receiver] = createMemoryChannel<number>(2)
    const sent = [1, 2, 3, 4].map((item) => sender.send(item))
    const received = [1, 2, 3, 4].map(() => receiver.receiveNowait())
    expect(received).toEqual([1, 2, 3, 4])
    await Promise.all(sent)
  })

  it('carries undefined like any other item', async () => {
    const [sender, receiver] = createMemoryChannel<undefined>(1)
    const sent = [sender.send(undefined), sender.send(undefined)]
    expect(receiver.receiveNowait()).toBe(undefined)
    expect(await receiver.receive()).toBe(undefined)
    expect(() => receiver.receiveNowait()).toThrow(WouldBlock)
    await Promise.all(sent)
  })

  it('never fills up at capacity Infinity', () => {
    const [sender] = createMemoryChannel<number>(Infinity)
    for (let item = 0; item < 10_000; item += 1) sender.sendNowait(item)
    expect(sender.statistics().bufferUsed).toBe(10_000)
  })
})

describe('the nowait operations', () => {
  it('throw WouldBlock from sendNowait when the buffer is full and nobody waits', () => {
    const [sender] = createMemoryChannel<string>(1)
    sender.sendNowait('hello')
    expect(() => sender.sendNowait('anyio')).toThrow(WouldBlock)
    expect(sender.statistics()).toMatchObject({ bufferUsed: 1, waitingSenders: 0 })
  })

  it('throw WouldBlock from receiveNowait when nothing is buffered and nobody waits', () => {
    const [, receiver] = createMemoryChannel<string>(1)
    expect(() => receiver.receiveNowait()).toThrow(WouldBlock)
    expect(receiver.statistics().waitingReceivers).toBe(0)
  })
})

describe('closing the senders', () => {
  it('ends the stream for receivers, and closes the sender for its own user', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    sender.close()
    expect(sender.closed).toBe(true)
    expect(() => receiver.receiveNowait()).toThrow(EndOfStream)
    await expect(receiver.receive()).rejects.toBeInstanceOf(EndOfStream)
    expect(() => sender.sendNowait('x')).toThrow(ClosedResource)
    await expect(sender.send('x')).rejects.toBeInstanceOf(ClosedResource)
  })

  it('wakes waiting receivers with EndOfStream', async () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    const received = [watched(receiver.receive()), watched(receiver.clone().receive())]
    sender.close()
    for (const promise of received) expect(await outcome(promise)).toBeInstanceOf(EndOfStream)
    expect(receiver.statistics().waitingReceivers).toBe(0)
  })

  it('still delivers what is buffered', async () => {
    const [sender, receiver] = createMemoryChannel<string>(2)
    await sender.send('hello')
    await sender.send('anyio')
    sender.close()
    expect(await receiver.receive()).toBe('hello')
    expect(receiver.receiveNowait()).toBe('anyio')
    await expect(receiver.receive()).rejects.toBeInstanceOf(EndOfStream)
  })

  it('rejects the sends that wait at the closed sender, and never delivers their items', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const other = sender.clone()
    const mine = watched(sender.send('mine'))
    const others = other.send('others')
    sender.close()
    expect(await outcome(mine)).toBeInstanceOf(ClosedResource)
    expect(receiver.receiveNowait()).toBe('others')
    await others
    expect(() => receiver.receiveNowait()).toThrow(WouldBlock)
  })
})

describe('closing the receivers', () => {
  it('breaks the channel for senders, and closes the receiver for its own user', async () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    receiver.close()
    expect(receiver.closed).toBe(true)
    expect(() => receiver.receiveNowait()).toThrow(ClosedResource)
    await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedResource)
    expect(() => sender.sendNowait('x')).toThrow(BrokenResource)
    await expect(sender.send('x')).rejects.toBeInstanceOf(BrokenResource)
  })

  it('wakes waiting senders with BrokenResource, also one that sends undefined', async () => {
    const [sender, receiver] = createMemoryChannel<undefined>(0)
    const sent = [watched(sender.send(undefined)), watched(sender.clone().send(undefined))]
    receiver.close()
    for (const promise of sent) expect(await outcome(promise)).toBeInstanceOf(BrokenResource)
    expect(sender.statistics().waitingSenders).toBe(0)
  })

  it('rejects the receives that wait at the closed receiver, and no others', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const other = receiver.clone()
    const mine = watched(receiver.receive())
    const others = other.receive()
    receiver.close()
    expect(await outcome(mine)).toBeInstanceOf(ClosedResource)
    sender.sendNowait('hello')
    expect(await others).toBe('hello')
  })

  it('drops the buffer, but only with the last receiver', () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    const other = receiver.clone()
    sender.sendNowait('hello')
    receiver.close()
    expect(sender.statistics().bufferUsed).toBe(1)
    other.close()
    expect(sender.statistics().bufferUsed).toBe(0)
  })

  it('keeps an item that was handed over just before', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const received = receiver.receive()
    await sender.send('hello')
    receiver.close()
    sender.close()
    expect(await received).toBe('hello')
  })
})

describe('when several errors apply', () => {
  it('reports the own closed end before the closed other side', async () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    sender.close()
    receiver.close()
    expect(() => sender.sendNowait('x')).toThrow(ClosedResource)
    expect(() => receiver.receiveNowait()).toThrow(ClosedResource)
    await expect(sender.send('x')).rejects.toBeInstanceOf(ClosedResource)
    await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedResource)
  })

  it('reports an aborted signal before anything else', async () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    sender.close()
    receiver.close()
    const signal = AbortSignal.abort('stop')
    await expect(sender.send('x', { signal })).rejects.toBe('stop')
    await expect(receiver.receive({ signal })).rejects.toBe('stop')
  })
})

describe('clone', () => {
  it('keeps its side open after the original is closed', () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    const [sender2, receiver2] = [sender.clone(), receiver.clone()]
    sender.close()
    receiver.close()
    sender2.sendNowait('hello')
    expect(receiver2.receiveNowait()).toBe('hello')
  })

  it('throws ClosedResource on a closed end', () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    sender.close()
    receiver.close()
    expect(() => sender.clone()).toThrow(ClosedResource)
    expect(() => receiver.clone()).toThrow(ClosedResource)
  })

  it('is not closed by closing the original twice', () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    const ends = [sender.clone(), receiver.clone()]
    for (const end of [sender, sender, receiver, receiver]) end.close()
    expect(ends.map((end) => end.closed)).toEqual([false, false])
    expect(sender.statistics()).toMatchObject({ openSenders: 1, openReceivers: 1 })
  })
})

describe('aborting', () => {
  it('takes a waiting receive out of the queue', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const controller = new AbortController()
    const received = watched(receiver.receive({ signal: controller.signal }))
    controller.abort('stop')
    expect(await outcome(received)).toBe('stop')
    expect(() => sender.sendNowait('hello')).toThrow(WouldBlock)
  })

  it('takes a waiting send out of the queue, and its item with it', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const controller = new AbortController()
    const sent = watched(sender.send('hello', { signal: controller.signal }))
    controller.abort('stop')
    expect(await outcome(sent)).toBe('stop')
    expect(() => receiver.receiveNowait()).toThrow(WouldBlock)
  })

  it('rejects with an AbortError when no reason is given', async () => {
    const [, receiver] = createMemoryChannel<string>(0)
    const controller = new AbortController()
    const received = watched(receiver.receive({ signal: controller.signal }))
    controller.abort()
    expect(await outcome(received)).toMatchObject({ name: 'AbortError' })
  })

  it('lets receive with an aborted signal take nothing', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const sent = [sender.send('hello'), sender.send('world')]
    await expect(receiver.receive({ signal: AbortSignal.abort('stop') })).rejects.toBe('stop')
    expect([await receiver.receive(), await receiver.receive()]).toEqual(['hello', 'world'])
    await Promise.all(sent)
  })

  it('lets send with an aborted signal send nothing', async () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    const received = receiver.receive()
    await expect(sender.send('hello', { signal: AbortSignal.abort('stop') })).rejects.toBe('stop')
    await sender.send('world')
    expect(await received).toBe('world')
    expect(sender.statistics().bufferUsed).toBe(0)
  })

  it('comes too late for a receive that was handed its item in the same tick', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const controller = new AbortController()
    const received = receiver.receive({ signal: controller.signal })
    sender.sendNowait('hello')
    controller.abort('stop')
    expect(await received).toBe('hello')
  })

  it('comes too late for a send whose item was taken in the same tick', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const controller = new AbortController()
    const sent = sender.send('hello', { signal: controller.signal })
    expect(receiver.receiveNowait()).toBe('hello')
    controller.abort('stop')
    expect(await outcome(sent)).toBe(undefined)
  })

  it('makes an item sent right after go to the buffer rather than to the aborted receive', async () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    const controller = new AbortController()
    const received = watched(receiver.receive({ signal: controller.signal }))
    controller.abort('stop')
    sender.sendNowait('item')
    expect(await outcome(received)).toBe('stop')
    expect(receiver.receiveNowait()).toBe('item')
  })

  it('does not disturb an operation that another listener of the same signal settles first', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const controller = new AbortController()
    controller.signal.addEventListener('abort', () => sender.sendNowait('last words'))
    const received = receiver.receive({ signal: controller.signal })
    controller.abort('stop')
    expect(await received).toBe('last words')
    expect(receiver.statistics().waitingReceivers).toBe(0)
  })

  const actions = ['abort', 'close own end', 'close other side', 'serve'] as const
  const orders = actions.flatMap((first) =>
    actions.filter((second) => second !== first).map((second) => ({ first, second })),
  )

  it.each(orders)(
    'settles a receive by what comes first: $first, then $second',
    async ({ first, second }) => {
      const [sender, receiver] = createMemoryChannel<string>(1)
      const controller = new AbortController()
      const received = watched(receiver.receive({ signal: controller.signal }))
      const act = {
        abort: () => controller.abort('stop'),
        'close own end': () => receiver.close(),
        'close other side': () => sender.close(),
        serve: () => !sender.closed && !receiver.closed && sender.sendNowait('item'),
      }
      act[first]()
      act[second]()
      const expected = {
        abort: 'stop',
        'close own end': expect.any(ClosedResource),
        'close other side': expect.any(EndOfStream),
        serve: 'item',
      }
      expect(await outcome(received)).toEqual(expected[first])
      expect(receiver.statistics().waitingReceivers).toBe(0)
    },
  )

  it.each(orders)('settles a send by what comes first: $first, then $second', async ({ first, second }) => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const controller = new AbortController()
    const sent = watched(sender.send('item', { signal: controller.signal }))
    const act = {
      abort: () => controller.abort('stop'),
      'close own end': () => sender.close(),
      'close other side': () => receiver.close(),
      serve: () => watched(receiver.receive()),
    }
    act[first]()
    act[second]()
    const expected = {
      abort: 'stop',
      'close own end': expect.any(ClosedResource),
      'close other side': expect.any(BrokenResource),
      serve: undefined,
    }
    expect(await outcome(sent)).toEqual(expected[first])
    expect(receiver.statistics().waitingSenders).toBe(0)
  })

  it('leaves no listener on a long-lived signal, however the operations end', async () => {
    const { signal } = new AbortController()
    const listeners = (): number => getEventListeners(signal, 'abort').length
    const [sender, receiver] = createMemoryChannel<number>(0)
    const other = sender.clone()
    const received = receiver.receive({ signal })
    expect(listeners()).toBe(1)
    await sender.send(1, { signal })
    expect([await received, listeners()]).toEqual([1, 0])

    const sends = [2, 3, 4].map((item) => watched(sender.send(item, { signal })))
    const others = watched(other.send(5, { signal }))
    expect(listeners()).toBe(4)
    await receiver.receive({ signal })
    expect(listeners()).toBe(3)
    sender.close()
    expect(listeners()).toBe(1)
    receiver.close()
    expect(listeners()).toBe(0)
    await Promise.allSettled([...sends, others])

    const controller = new AbortController()
    const [, lonely] = createMemoryChannel<number>(0)
    const aborted = watched(lonely.receive({ signal: controller.signal }))
    controller.abort('stop')
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    expect(await outcome(aborted)).toBe('stop')
  })
})

describe('1,000 concurrent waiters', () => {
  /** A fixed pseudo-random choice of about a third. */
  const chosen = (index: number): boolean => (index * 7919) % 1009 < 336
  const indices = Array.from({ length: 1000 }, (_, index) => index)
  const kept = indices.filter((index) => !chosen(index))

  it('are served in order as receivers, less the aborted ones', async () => {
    const [sender, receiver] = createMemoryChannel<number>(0)
    const ends = [receiver, receiver.clone(), receiver.clone()]
    const controllers = indices.map(() => new AbortController())
    const received = controllers.map(({ signal }, index) =>
      watched((ends[index % 3] ?? receiver).receive({ signal })),
    )
    for (const index of indices.toReversed()) if (chosen(index)) controllers[index]?.abort('stop')
    expect(receiver.statistics().waitingReceivers).toBe(kept.length)
    for (const item of kept) sender.sendNowait(item)
    const expected = indices.map((index) => (chosen(index) ? 'stop' : index))
    expect(await Promise.all(received.map((promise) => promise.catch((reason) => reason)))).toEqual(expected)
    expect(() => sender.sendNowait(-1)).toThrow(WouldBlock)
  })

  it('are served in order as senders, less the aborted ones', async () => {
    const [sender, receiver] = createMemoryChannel<number>(0)
    const ends = [sender, sender.clone(), sender.clone()]
    const controllers = indices.map(() => new AbortController())
    const sent = controllers.map(({ signal }, index) =>
      watched((ends[index % 3] ?? sender).send(index, { signal })),
    )
    for (const index of indices.toReversed()) if (chosen(index)) controllers[index]?.abort('stop')
    expect(sender.statistics().waitingSenders).toBe(kept.length)
    expect(kept.map(() => receiver.receiveNowait())).toEqual(kept)
    const expected = indices.map((index) => (chosen(index) ? 'stop' : undefined))
    expect(await Promise.all(sent.map((promise) => promise.catch((reason) => reason)))).toEqual(expected)
    expect(() => receiver.receiveNowait()).toThrow(WouldBlock)
  })
})

describe('iterating over a receiver', () => {
  it('ends at the end of the stream and leaves the receiver open', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    const items: string[] = []
    const consumer = (async () => {
      for await (const item of receiver) items.push(item)
    })()
    await sender.send('hello')
    await sender.send('anyio')
    sender.close()
    await consumer
    expect(items).toEqual(['hello', 'anyio'])
    expect(receiver.closed).toBe(false)
  })

  it('closes the receiver when the loop is left early, so that producers do not wait for ever', async () => {
    const [sender, receiver] = createMemoryChannel<number>(0)
    const sent = [1, 2].map((item) => watched(sender.send(item)))
    for await (const item of receiver) {
      expect(item).toBe(1)
      break
    }
    expect(receiver.closed).toBe(true)
    await expect(sent[1]).rejects.toBeInstanceOf(BrokenResource)
  })

  it('closes the receiver when the loop body throws', async () => {
    const [sender, receiver] = createMemoryChannel<number>(1)
    sender.sendNowait(1)
    const loop = async (): Promise<void> => {
      for await (const item of receiver) throw new Error(`bad item ${item}`)
    }
    await expect(loop()).rejects.toThrow('bad item 1')
    expect(receiver.closed).toBe(true)
  })

  it('leaves a clone open when the loop is left early', async () => {
    const [sender, receiver] = createMemoryChannel<number>(2)
    sender.sendNowait(1)
    sender.sendNowait(2)
    for await (const _ of receiver.clone()) break
    expect(receiver.receiveNowait()).toBe(2)
  })

  it('may be left twice, and closes nobody else the second time', async () => {
    const [sender, receiver] = createMemoryChannel<number>(1)
    const other = receiver.clone()
    const iterator = receiver[Symbol.asyncIterator]()
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    expect(other.closed).toBe(false)
    expect(sender.statistics().openReceivers).toBe(1)
  })

  it('ends a next() that waits when the loop is left', async () => {
    const [, receiver] = createMemoryChannel<number>(0)
    const iterator = receiver[Symbol.asyncIterator]()
    const next = iterator.next()
    await iterator.return?.()
    expect(await outcome(next)).toEqual({ done: true, value: undefined })
  })

  it('stays done after the end of the stream, also when the receiver is closed then', async () => {
    const [sender, receiver] = createMemoryChannel<number>(0)
    const iterator = receiver[Symbol.asyncIterator]()
    sender.close()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    receiver.close()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })

  it('fails with ClosedResource when someone else closes the receiver', async () => {
    const [, receiver] = createMemoryChannel<number>(0)
    const next = watched(receiver[Symbol.asyncIterator]().next())
    receiver.close()
    expect(await outcome(next)).toBeInstanceOf(ClosedResource)
  })

  it('gives an iterator that is itself iterable', () => {
    const [, receiver] = createMemoryChannel<number>(0)
    const iterator = receiver[Symbol.asyncIterator]()
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator)
  })
})

describe('disposal', () => {
  it('closes both ends at the end of a using block', () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    {
      using _sender = sender
      using _receiver = receiver
    }
    expect(() => sender.sendNowait('x')).toThrow(ClosedResource)
    expect(() => receiver.receiveNowait()).toThrow(ClosedResource)
  })

  it('closes both ends at the end of an await using block', async () => {
    const [sender, receiver] = createMemoryChannel<string>(1)
    {
      await using _sender = sender
      await using _receiver = receiver
    }
    expect([sender.closed, receiver.closed]).toEqual([true, true])
  })
})

describe('statistics', () => {
  it('are the same at both ends, and follow each step', () => {
    const [sender, receiver] = createMemoryChannel<number>(1)
    const expectBoth = (expected: object): void => {
      for (const end of [sender, receiver]) expect(end.statistics()).toMatchObject(expected)
    }
    expectBoth({
      bufferUsed: 0,
      capacity: 1,
      openSenders: 1,
      openReceivers: 1,
      waitingSenders: 0,
      waitingReceivers: 0,
    })
    sender.sendNowait(1)
    for (const item of [2, 3, 4]) watched(sender.send(item))
    expectBoth({ bufferUsed: 1, waitingSenders: 3 })
    for (const waitingSenders of [2, 1, 0]) {
      receiver.receiveNowait()
      expectBoth({ bufferUsed: 1, waitingSenders })
    }
    receiver.receiveNowait()
    expectBoth({ bufferUsed: 0, waitingSenders: 0 })
    watched(receiver.receive())
    expectBoth({ waitingReceivers: 1 })
    sender.sendNowait(5)
    expectBoth({ bufferUsed: 0, waitingReceivers: 0 })
    sender.clone()
    receiver.clone().close()
    expectBoth({ openSenders: 2, openReceivers: 1 })
  })
})

describe('the errors', () => {
  it.each([
    [new WouldBlock('full'), 'WouldBlock', 'would-block'],
    [new EndOfStream(), 'EndOfStream', 'end-of-stream'],
    [new BrokenResource(), 'BrokenResource', 'broken-resource'],
    [new ClosedResource('sender'), 'ClosedResource', 'closed-resource'],
  ] as const)('%s is an SseError with its own name and code', (error, name, code) => {
    expect(error).toBeInstanceOf(SseError)
    expect(error).toMatchObject({ name, code })
    expect(isSseError(error, code)).toBe(true)
  })

  it('say which end was closed', () => {
    const [sender, receiver] = createMemoryChannel<number>(0)
    sender.close()
    receiver.close()
    expect(() => sender.clone()).toThrow('This sender is closed.')
    expect(() => receiver.clone()).toThrow('This receiver is closed.')
  })
})

describe('the types', () => {
  it('let a receiver of a narrower type stand for one of a wider type, and a sender the other way round', () => {
    expectTypeOf<MemoryReceiver<string>>().toExtend<MemoryReceiver<string | number>>()
    expectTypeOf<MemoryReceiver<string | number>>().not.toExtend<MemoryReceiver<string>>()
    expectTypeOf<MemorySender<string | number>>().toExtend<MemorySender<string>>()
    expectTypeOf<MemorySender<string>>().not.toExtend<MemorySender<string | number>>()
  })
})
