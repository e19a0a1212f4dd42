import { BrokenResource, ClosedResource, WouldBlock } from './memory-channel-errors.ts'
import type {
  MemoryChannelStatistics,
  PendingOperations,
  SendingSide,
  WaitOptions,
} from './memory-channel-state.ts'

/**
 * The end of a channel that items go in at. Made by `createMemoryChannel` and by `clone()`.
 * Receivers reach their end of stream when the last open sender closes.
 */
export class MemorySender<in T> implements Disposable, AsyncDisposable {
  readonly #state: SendingSide<T>
  readonly #pending: PendingOperations = new Set()
  #closed = false

  /** @internal */
  constructor(state: SendingSide<T>) {
    this.#state = state
    state.senderOpened()
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Sends `item`, and waits while the channel is full.
   * When it resolves, a receiver or the buffer has the item; when it rejects, the item is never delivered.
   *
   * @throws `signal.reason` (before any other check if already aborted), {@link ClosedResource} if this sender is
   *   closed now or while it waits, {@link BrokenResource} if the last receiver is.
   */
  async send(item: T, { signal }: WaitOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    this.#assertUsable()
    if (!this.#state.offer(item)) await this.#state.waitToSend(item, this.#pending, signal)
  }

  /**
   * Sends `item` without waiting.
   *
   * @throws {@link ClosedResource}, {@link BrokenResource}, or {@link WouldBlock} if the buffer is full and nobody
   *   waits to receive.
   */
  sendNowait(item: T): void {
    this.#assertUsable()
    if (!this.#state.offer(item)) {
      throw new WouldBlock(
        'The channel is full and nobody waits to receive. Use send() to wait, or drop the item.',
      )
    }
  }

  /** Another sender into the same channel, to be closed on its own. @throws {@link ClosedResource} */
  clone(): MemorySender<T> {
    if (this.#closed) throw new ClosedResource('sender')
    return new MemorySender(this.#state)
  }

  /** Closes this sender, and rejects what waits at it with {@link ClosedResource}. Closing again does nothing. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const operation of this.#pending) operation.fail(new ClosedResource('sender'))
    this.#state.senderClosed()
  }

  /** How full the whole channel is, and who uses it. */
  statistics(): MemoryChannelStatistics {
    return this.#state.statistics()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #assertUsable(): void {
    if (this.#closed) throw new ClosedResource('sender')
    if (!this.#state.hasReceivers) throw new BrokenResource()
  }
}
