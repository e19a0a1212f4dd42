import { type Clock, warn } from '@sse/core'
import { isAbortError } from '../errors.ts'
import { type ItemIterator, writeItem } from './content.ts'
import type { EventStream } from './event-stream.ts'

/**
 * Feeds a stream from an iterator: takes an item, writes it, waits while the sink is full, takes the next. When the
 * stream ends first, it lets go of the iterator.
 */
export class Pump {
  readonly #stream: EventStream
  readonly #iterator: ItemIterator
  /** Whether the iterator can be closed: not while it works on its next item, and not after it was done or threw. */
  #state: 'suspended' | 'working' | 'finished' = 'suspended'

  constructor(stream: EventStream, iterator: ItemIterator) {
    this.#stream = stream
    this.#iterator = iterator
  }

  /**
   * Runs until the iterator is done, or the stream has ended.
   * Rejects with what the iterator threw, or with the `SseError` for an item that cannot be written.
   */
  async run(): Promise<void> {
    while (this.#stream.open) {
      const { done, value } = await this.#next()
      if (done) return
      if (!this.#stream.open) return
      writeItem(this.#stream, value)
      while (this.#stream.open && !this.#stream.writable) await this.#writable()
    }
  }

  async #next(): Promise<IteratorResult<unknown, unknown>> {
    this.#state = 'working'
    try {
      const result = await this.#iterator.next()
      this.#state = result.done ? 'finished' : 'suspended'
      return result
    } catch (error) {
      this.#state = 'finished'
      throw error
    }
  }

  #writable(): Promise<void> {
    return new Promise((resolve) => this.#stream.whenWritable(resolve))
  }

  /**
   * Closes the iterator after the stream has ended and waits until its `finally` blocks have run.
   * An iterator that is working on its next item cannot be interrupted: it is given one turn of the event loop to stop
   * by itself, because `ctx.signal` has aborted, and is then left behind. Never rejects.
   */
  async close(clock: Clock): Promise<void> {
    if (this.#state === 'finished') return
    const working = this.#state === 'working'
    this.#state = 'finished'
    const closed = this.#return()
    await (working ? Promise.race([closed, new Promise<void>((resolve) => clock.nextTurn(resolve))]) : closed)
  }

  async #return(): Promise<void> {
    try {
      await this.#iterator.return?.()
    } catch (error) {
      if (!isAbortError(error)) warn('The source of an event stream threw while it was being closed.', error)
    }
  }
}
