import { ClosedResource, EndOfStream, WouldBlock } from './memory-channel-errors.ts'
import type {
  ChannelState,
  MemoryChannelStatistics,
  PendingOperations,
  WaitOptions,
} from './memory-channel-state.ts'

/**
 * The end of a channel that items come out of. Made by `createMemoryChannel` and by `clone()`.
 * Several receivers share the items: each item goes to one of them. Senders fail when the last open receiver closes.
 */
export class MemoryReceiver<out T> implements AsyncIterable<T, undefined, void>, Disposable, AsyncDisposable {
  readonly #state: ChannelState<T>
  readonly #pending: PendingOperations = new Set()
  #closed = false

  /** @internal */
  constructor(state: ChannelState<T>) {
    this.#state = state
    state.receiverOpened()
  }

  get closed(): boolean {
    return this.#closed
  }

  /**
   * Receives the oldest item, and waits while there is none.
   * An item that was handed to this call is never lost: an abort after that comes too late and changes nothing.
   *
   * @throws `signal.reason` (before any other check if already aborted), {@link ClosedResource} if this receiver is
   *   closed now or while it waits, {@link EndOfStream} if the last sender is and no item is left.
   */
  async receive({ signal }: WaitOptions = {}): Promise<T> {
    signal?.throwIfAborted()
    const taken = this.#take()
    return taken === undefined ? await this.#state.waitToReceive(this.#pending, signal) : taken.item
  }

  /**
   * Receives the oldest item without waiting.
   *
   * @throws {@link ClosedResource}, {@link EndOfStream}, or {@link WouldBlock} if the buffer is empty and nobody waits
   *   to send.
   */
  receiveNowait(): T {
    const taken = this.#take()
    if (taken === undefined) {
      throw new WouldBlock(
        'The channel is empty and nobody waits to send. Use receive() to wait for an item.',
      )
    }
    return taken.item
  }

  /** Another receiver of the same channel, to be closed on its own. @throws {@link ClosedResource} */
  clone(): MemoryReceiver<T> {
    if (this.#closed) throw new ClosedResource('receiver')
    return new MemoryReceiver(this.#state)
  }

  /** Closes this receiver, and rejects what waits at it with {@link ClosedResource}. Closing again does nothing. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const operation of this.#pending) operation.fail(new ClosedResource('receiver'))
    this.#state.receiverClosed()
  }

  /** How full the whole channel is, and who uses it. */
  statistics(): MemoryChannelStatistics {
    return this.#state.statistics()
  }

  /**
   * Receives until the end of the stream. Leaving the loop early, which calls `return()`, closes this receiver.
   * A `next()` that waits in that moment ends with `done`: the loop was left, nothing failed.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined, void> {
    let done = false
    return {
      next: async () => {
        if (done) return { done, value: undefined }
        try {
          return { done: false, value: await this.receive() }
        } catch (error) {
          done ||= error instanceof EndOfStream
          if (done) return { done, value: undefined }
          throw error
        }
      },
      return: async () => {
        done = true
        this.close()
        return { done, value: undefined }
      },
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** @throws {@link ClosedResource}, {@link EndOfStream} */
  #take(): { readonly item: T } | undefined {
    if (this.#closed) throw new ClosedResource('receiver')
    const taken = this.#state.take()
    if (taken === undefined && !this.#state.hasSenders) throw new EndOfStream()
    return taken
  }
}
