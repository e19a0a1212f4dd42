import { onAbort } from './abort.ts'
import { Fifo } from './fifo.ts'
import { BrokenResource, EndOfStream } from './memory-channel-errors.ts'

/** A snapshot of a channel. Counts are of items, open ends and pending operations; nothing is in bytes. */
export interface MemoryChannelStatistics {
  /** Items that were sent and not yet received. Items of waiting senders do not count. */
  readonly bufferUsed: number
  /** The most items the buffer holds: an integer of 0 or more, or `Infinity`. */
  readonly capacity: number
  /** Senders that are not closed, clones included. */
  readonly openSenders: number
  /** Receivers that are not closed, clones included. */
  readonly openReceivers: number
  /** `send()` calls that wait for room. */
  readonly waitingSenders: number
  /** `receive()` calls that wait for an item. */
  readonly waitingReceivers: number
}

/** Options of an operation that may wait. */
export interface WaitOptions {
  /** Ends the wait: the operation rejects with `signal.reason` and has no effect. */
  readonly signal?: AbortSignal | undefined
}

/** An operation that waits. Settling it also takes it off its queue, its end and its abort signal. */
interface Waiter<Item, Result> {
  /** What the operation brings: a send its item, a receive nothing. */
  readonly item: Item
  succeed(result: Result): void
  fail(error: unknown): void
}

/** The operations that wait at one end, so that closing the end can fail exactly those. */
export type PendingOperations = Set<{ fail(error: unknown): void }>

/**
 * What all ends of one channel share: the buffer, the queues of those who wait, and how many ends are open.
 *
 * Two facts hold between any two calls, and make the methods short:
 * - senders wait only while the buffer is full, receivers only while it is empty and no sender waits;
 * - everything here is synchronous, so that no abort or close can come between finding a waiter and settling it.
 *
 * Whether the end that calls is itself open is checked by the end.
 */
export class ChannelState<T> {
  readonly #capacity: number
  readonly #buffer = new Fifo<T>()
  readonly #waitingSenders = new Fifo<Waiter<T, void>>()
  readonly #waitingReceivers = new Fifo<Waiter<undefined, T>>()
  #openSenders = 0
  #openReceivers = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get hasSenders(): boolean {
    return this.#openSenders > 0
  }

  get hasReceivers(): boolean {
    return this.#openReceivers > 0
  }

  /** Hands `item` to the longest waiting receiver, or else to the buffer. `false`: there is no room for it now. */
  offer(item: T): boolean {
    const receiver = this.#waitingReceivers.first
    if (receiver !== undefined) receiver.item.succeed(item)
    else if (this.#buffer.size < this.#capacity) this.#buffer.push(item)
    else return false
    return true
  }

  /** Takes the oldest item, in a box because it may be `undefined`. No box: there is none now. */
  take(): { readonly item: T } | undefined {
    // The oldest item leaves the buffer, so one waiting sender gets its place. At capacity 0 its item only passes through.
    const sender = this.#waitingSenders.first
    if (sender !== undefined) {
      this.#buffer.push(sender.item.item)
      sender.item.succeed()
    }
    return this.#buffer.shift()
  }

  /** Queues `item`, which `offer` had no room for, until someone takes it. */
  waitToSend(item: T, pending: PendingOperations, signal: AbortSignal | undefined): Promise<void> {
    return wait(this.#waitingSenders, item, pending, signal)
  }

  /** Queues for an item, when `take` had none. */
  waitToReceive(pending: PendingOperations, signal: AbortSignal | undefined): Promise<T> {
    return wait(this.#waitingReceivers, undefined, pending, signal)
  }

  senderOpened(): void {
    this.#openSenders += 1
  }

  senderClosed(): void {
    this.#openSenders -= 1
    if (this.#openSenders === 0) failAll(this.#waitingReceivers, () => new EndOfStream())
  }

  receiverOpened(): void {
    this.#openReceivers += 1
  }

  receiverClosed(): void {
    this.#openReceivers -= 1
    if (this.#openReceivers > 0) return
    failAll(this.#waitingSenders, () => new BrokenResource())
    // Nobody can receive these items any more, and the senders may live on for long.
    this.#buffer.clear()
  }

  statistics(): MemoryChannelStatistics {
    return {
      bufferUsed: this.#buffer.size,
      capacity: this.#capacity,
      openSenders: this.#openSenders,
      openReceivers: this.#openReceivers,
      waitingSenders: this.#waitingSenders.size,
      waitingReceivers: this.#waitingReceivers.size,
    }
  }
}

/**
 * What a sender uses of the state. Without the methods that give items out, a `MemorySender` is contravariant:
 * who can send any value can send strings, but not the other way round.
 */
export type SendingSide<T> = Pick<
  ChannelState<T>,
  'hasReceivers' | 'offer' | 'waitToSend' | 'senderOpened' | 'senderClosed' | 'statistics'
>

/** Adds a waiter to `queue` and `pending`. It leaves both, and `signal`, in the moment it is settled. */
function wait<Item, Result>(
  queue: Fifo<Waiter<Item, Result>>,
  item: Item,
  pending: PendingOperations,
  signal: AbortSignal | undefined,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      stopListening()
      queue.remove(place)
      pending.delete(waiter)
    }
    const waiter: Waiter<Item, Result> = {
      item,
      succeed(result) {
        leave()
        resolve(result)
      },
      fail(error) {
        leave()
        reject(error)
      },
    }
    const stopListening = onAbort(signal, waiter.fail)
    const place = queue.push(waiter)
    pending.add(waiter)
  })
}

function failAll<Item, Result>(queue: Fifo<Waiter<Item, Result>>, makeError: () => Error): void {
  for (let waiter = queue.first; waiter !== undefined; waiter = queue.first) waiter.item.fail(makeError())
}
