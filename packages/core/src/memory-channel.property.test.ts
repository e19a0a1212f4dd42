/**
 * Random schedules against a reference model. The model states the rules of a memory channel with plain arrays and
 * no promises; each step runs on both, and both must agree on every outcome and on all statistics.
 */
import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  ClosedResource,
  createMemoryChannel,
  type MemoryChannelStatistics,
  type MemoryReceiver,
  type MemorySender,
} from './memory-channel.ts'

/** How an operation ended: `sent`, `item 3`, `done`, `stop` (the abort reason) or the name of the error. */
type Outcome = string

interface ModelIterator {
  readonly end: number
  done: boolean
}

interface Request {
  readonly id: number
  readonly end: number
  readonly iterator?: ModelIterator | undefined
}

/** The reference. Ends are numbered in the order they were opened; an operation's id is the item it sends. */
class Model {
  readonly outcomes = new Map<number, Outcome>()
  readonly openSenders = new Set([0])
  readonly openReceivers = new Set([0])
  readonly iterators: ModelIterator[] = []
  readonly capacity: number
  buffer: number[] = []
  sends: Request[] = []
  receives: Request[] = []

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** The one rule by which items move: the oldest first, to the one who waits longest. */
  settle(): void {
    for (;;) {
      if (this.receives.length > 0 && this.buffer.length > 0) this.deliver(this.buffer.shift())
      else if (this.sends.length > 0 && this.buffer.length < this.capacity) this.buffer.push(this.accept())
      else if (this.receives.length > 0 && this.sends.length > 0) this.deliver(this.accept())
      else return
    }
  }

  deliver(item: number | undefined): void {
    this.outcomes.set(this.receives.shift()?.id ?? -1, `item ${item}`)
  }

  accept(): number {
    const id = this.sends.shift()?.id ?? -1
    this.outcomes.set(id, 'sent')
    return id
  }

  send(request: Request, options: { aborted: boolean; wait: boolean }): void {
    const { id, end } = request
    if (options.aborted) this.outcomes.set(id, 'stop')
    else if (!this.openSenders.has(end)) this.outcomes.set(id, 'ClosedResource')
    else if (this.openReceivers.size === 0) this.outcomes.set(id, 'BrokenResource')
    else {
      this.sends.push(request)
      this.settle()
      if (!options.wait) this.reject('WouldBlock', (pending) => pending === request)
    }
  }

  receive(request: Request, options: { aborted: boolean; wait: boolean }): void {
    const { id, end } = request
    if (options.aborted) this.outcomes.set(id, 'stop')
    else if (request.iterator?.done) this.outcomes.set(id, 'done')
    else if (!this.openReceivers.has(end)) this.outcomes.set(id, 'ClosedResource')
    else {
      this.receives.push(request)
      this.settle()
      if (this.openSenders.size === 0) this.reject('EndOfStream', (pending) => pending === request)
      if (!options.wait) this.reject('WouldBlock', (pending) => pending === request)
    }
  }

  /** Takes those pending requests out of the queues and ends them with `outcome`. */
  reject(outcome: Outcome, matches: (request: Request) => boolean): void {
    for (const request of [...this.sends, ...this.receives].filter(matches)) {
      if (request.iterator && outcome === 'EndOfStream') request.iterator.done = true
      this.outcomes.set(request.id, request.iterator?.done ? 'done' : outcome)
    }
    this.sends = this.sends.filter((request) => !matches(request))
    this.receives = this.receives.filter((request) => !matches(request))
  }

  closeSender(end: number): void {
    this.openSenders.delete(end)
    this.reject('ClosedResource', (request) => this.sends.includes(request) && request.end === end)
    if (this.openSenders.size === 0) this.reject('EndOfStream', (request) => this.receives.includes(request))
  }

  closeReceiver(end: number): void {
    this.openReceivers.delete(end)
    this.reject('ClosedResource', (request) => this.receives.includes(request) && request.end === end)
    if (this.openReceivers.size > 0) return
    this.reject('BrokenResource', (request) => this.sends.includes(request))
    this.buffer = []
  }

  statistics(): MemoryChannelStatistics {
    return {
      bufferUsed: this.buffer.length,
      capacity: this.capacity,
      openSenders: this.openSenders.size,
      openReceivers: this.openReceivers.size,
      waitingSenders: this.sends.length,
      waitingReceivers: this.receives.length,
    }
  }
}

/** The real channel and the model side by side. The public methods up to `tick` are the actions of a schedule. */
class Comparison {
  readonly #model: Model
  readonly #senders: MemorySender<number>[]
  readonly #receivers: MemoryReceiver<number>[]
  readonly #iterators: AsyncIterableIterator<number, undefined, void>[] = []
  readonly #controllers = new Map<number, AbortController>()
  readonly #outcomes = new Map<number, Outcome>()
  #operations = 0

  constructor(capacity: number) {
    const [sender, receiver] = createMemoryChannel<number>(capacity)
    this.#model = new Model(capacity)
    this.#senders = [sender]
    this.#receivers = [receiver]
  }

  send({ choice, aborted }: Step): void {
    const { id, signal } = this.#newOperation(aborted)
    const [end, sender] = pick(this.#senders, choice)
    this.#follow(id, sender.send(id, { signal }))
    this.#model.send({ id, end }, { aborted, wait: true })
  }

  sendNowait({ choice }: Step): void {
    const { id } = this.#newOperation(false)
    const [end, sender] = pick(this.#senders, choice)
    this.#attempt(id, () => sender.sendNowait(id))
    this.#model.send({ id, end }, { aborted: false, wait: false })
  }

  receive({ choice, aborted }: Step): void {
    const { id, signal } = this.#newOperation(aborted)
    const [end, receiver] = pick(this.#receivers, choice)
    this.#follow(id, receiver.receive({ signal }))
    this.#model.receive({ id, end }, { aborted, wait: true })
  }

  receiveNowait({ choice }: Step): void {
    const { id } = this.#newOperation(false)
    const [end, receiver] = pick(this.#receivers, choice)
    this.#attempt(id, () => receiver.receiveNowait())
    this.#model.receive({ id, end }, { aborted: false, wait: false })
  }

  iterate({ choice }: Step): void {
    const [end, receiver] = pick(this.#receivers, choice)
    this.#iterators.push(receiver[Symbol.asyncIterator]())
    this.#model.iterators.push({ end, done: false })
  }

  async next({ choice }: Step): Promise<void> {
    if (this.#iterators.length === 0) return
    // An iterator learns of its end when its consumer does, a few microtasks after the model.
    await this.tick()
    const { id } = this.#newOperation(false)
    const [index, realIterator] = pick(this.#iterators, choice)
    const [, iterator] = pick(this.#model.iterators, index)
    this.#follow(
      id,
      realIterator.next().then((result) => (result.done ? 'done' : result.value)),
    )
    this.#model.receive({ id, end: iterator.end, iterator }, { aborted: false, wait: true })
  }

  async return({ choice }: Step): Promise<void> {
    if (this.#iterators.length === 0) return
    await this.tick()
    const [index, realIterator] = pick(this.#iterators, choice)
    const [, iterator] = pick(this.#model.iterators, index)
    const returned = realIterator.return?.()
    iterator.done = true
    this.#model.closeReceiver(iterator.end)
    expect(await returned).toEqual({ done: true, value: undefined })
  }

  /** Aborts a pending operation, or now and then one that is over, which must change nothing. */
  abort({ choice, aborted }: Step): void {
    const pending = [...this.#controllers.keys()].filter((id) => aborted || !this.#model.outcomes.has(id))
    if (pending.length === 0) return
    const [, id] = pick(pending, choice)
    this.#controllers.get(id)?.abort('stop')
    this.#model.reject('stop', (request) => request.id === id && request.iterator === undefined)
  }

  cloneSender({ choice }: Step): void {
    const [end, sender] = pick(this.#senders, choice)
    if (this.#model.openSenders.has(end)) {
      this.#model.openSenders.add(this.#senders.length)
      this.#senders.push(sender.clone())
    } else expect(() => sender.clone()).toThrow(ClosedResource)
  }

  cloneReceiver({ choice }: Step): void {
    const [end, receiver] = pick(this.#receivers, choice)
    if (this.#model.openReceivers.has(end)) {
      this.#model.openReceivers.add(this.#receivers.length)
      this.#receivers.push(receiver.clone())
    } else expect(() => receiver.clone()).toThrow(ClosedResource)
  }

  closeSender({ choice }: Step): void {
    const [end, sender] = pick(this.#senders, choice)
    sender.close()
    this.#model.closeSender(end)
  }

  closeReceiver({ choice }: Step): void {
    const [end, receiver] = pick(this.#receivers, choice)
    receiver.close()
    this.#model.closeReceiver(end)
  }

  /** Lets everything settle that can, and compares how all operations so far ended. */
  async tick(): Promise<void> {
    for (let microtask = 0; microtask < 6; microtask += 1) await Promise.resolve()
    expect(this.#outcomes).toEqual(this.#model.outcomes)
  }

  compareStatistics(): void {
    const expected = this.#model.statistics()
    expect(pick(this.#senders, 0)[1].statistics()).toEqual(expected)
    expect(pick(this.#receivers, 0)[1].statistics()).toEqual(expected)
  }

  /** Closes all senders, empties the buffer, closes all receivers: nothing may be pending, lost or doubled then. */
  async finish(): Promise<void> {
    for (const choice of this.#senders.keys()) this.closeSender({ choice, aborted: false })
    const [receiver] = this.#model.openReceivers
    if (receiver !== undefined) {
      while (this.#model.buffer.length > 0) this.receiveNowait({ choice: receiver, aborted: false })
      await this.tick()
      const outcomes = [...this.#outcomes]
      const sent = outcomes.flatMap(([id, outcome]) => (outcome === 'sent' ? [`item ${id}`] : []))
      const received = outcomes.flatMap(([, outcome]) => (outcome.startsWith('item') ? [outcome] : []))
      expect(received.sort()).toEqual(sent.sort())
    }
    for (const choice of this.#receivers.keys()) this.closeReceiver({ choice, aborted: false })
    await this.tick()
    expect(this.#outcomes.size).toBe(this.#operations)
    for (const { signal } of this.#controllers.values()) {
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    }
  }

  #newOperation(aborted: boolean): { id: number; signal: AbortSignal } {
    const id = this.#operations
    this.#operations += 1
    const controller = new AbortController()
    if (aborted) controller.abort('stop')
    this.#controllers.set(id, controller)
    return { id, signal: controller.signal }
  }

  #follow(id: number, promise: Promise<unknown>): void {
    promise.then(
      (value) => this.#outcomes.set(id, outcomeOf(value)),
      (error: unknown) => this.#outcomes.set(id, reasonOf(error)),
    )
  }

  #attempt(id: number, operation: () => unknown): void {
    try {
      this.#outcomes.set(id, outcomeOf(operation()))
    } catch (error) {
      this.#outcomes.set(id, reasonOf(error))
    }
  }
}

function outcomeOf(value: unknown): Outcome {
  if (value === undefined) return 'sent'
  return typeof value === 'number' ? `item ${value}` : String(value)
}

function reasonOf(error: unknown): Outcome {
  return error instanceof Error ? error.name : String(error)
}

function pick<T>(list: readonly T[], choice: number): [index: number, value: T] {
  const index = choice % list.length
  return [index, list[index] as T]
}

/** How often each action occurs, relative to the others. */
const WEIGHTS = {
  send: 8,
  sendNowait: 4,
  receive: 8,
  receiveNowait: 4,
  iterate: 2,
  next: 4,
  return: 1,
  abort: 6,
  cloneSender: 2,
  cloneReceiver: 2,
  closeSender: 1,
  closeReceiver: 1,
  tick: 6,
} as const

interface Step {
  /** Chooses among the ends, iterators or pending operations there are, modulo their number. */
  readonly choice: number
  /** Whether the signal of a `send` or `receive` is aborted beforehand. */
  readonly aborted: boolean
}

const schedules = fc.array(
  fc.record({
    action: fc.oneof(
      ...(Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[]).map((action) => ({
        weight: WEIGHTS[action],
        arbitrary: fc.constant(action),
      })),
    ),
    choice: fc.nat({ max: 11 }),
    aborted: fc.oneof(
      { weight: 9, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  }),
  { maxLength: 60, size: 'max' },
)

it('does what the model does, for any schedule and capacity', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(0, 1, 2, 3, Infinity), schedules, async (capacity, schedule) => {
      const comparison = new Comparison(capacity)
      for (const { action, ...step } of schedule) {
        // Awaited only where there is something to await, so that other steps race within one microtask.
        const settled = comparison[action](step)
        if (settled !== undefined) await settled
        comparison.compareStatistics()
      }
      await comparison.finish()
    }),
    { numRuns: 2500, seed: 20_250_101 },
  )
})
