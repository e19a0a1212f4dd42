import { type Clock, systemClock } from '@sse/core'
import { createEpoch } from '../channel/event-id.ts'
import { checkBound } from '../errors.ts'
import type {
  Broker,
  BrokerEvent,
  BrokerFollower,
  BrokerPlace,
  BrokerReading,
  BrokerRecord,
} from './broker.ts'

export interface MemoryBrokerOptions {
  /** How many events are retained. Default 10,000. */
  readonly maxLength?: number | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
}

/**
 * A broker in the memory of this process: for tests, and for several channels with one log. It shows what the contract asks for, without an
 * outage in the way.
 */
export class MemoryBroker implements Broker {
  readonly #maxLength: number
  readonly #clock: Clock
  readonly #epoch = createEpoch()
  /** Positions are numbers from 1; `#records[i]` is at `#first + i`. */
  readonly #records: BrokerRecord[] = []
  #first = 1
  readonly #positionByKey = new Map<string, number>()
  readonly #keys = new Map<number, string>()
  readonly #followers = new Set<BrokerFollower>()

  /** @throws SseError `invalid-option` */
  constructor({ maxLength = 10_000, clock = systemClock }: MemoryBrokerOptions = {}) {
    this.#maxLength = checkBound('maxLength', maxLength)
    this.#clock = clock
  }

  async publish({ payload, dedupeKey }: BrokerEvent): Promise<BrokerPlace> {
    const known = dedupeKey === undefined ? undefined : this.#positionByKey.get(dedupeKey)
    if (known !== undefined) return this.#place(known)
    const position = this.#end
    const record = { position: String(position), payload, publishedAt: this.#clock.wallTime() }
    this.#records.push(record)
    if (dedupeKey !== undefined) {
      this.#positionByKey.set(dedupeKey, position)
      this.#keys.set(position, dedupeKey)
    }
    if (this.#records.length > this.#maxLength) this.#dropOldest()
    for (const follower of [...this.#followers]) follower.append([record])
    return this.#place(position)
  }

  async read(after: string | undefined, limit: number): Promise<BrokerReading> {
    const position = after === undefined ? this.#first - 1 : Number(after)
    if (position >= this.#end) return { ...this.#page(this.#first, limit), lost: 'unknown-id' }
    if (position < this.#first - 1) return { ...this.#page(this.#first, limit), lost: 'evicted' }
    return this.#page(position + 1, limit)
  }

  isPosition(text: string): boolean {
    return /^(0|[1-9][0-9]{0,15})$/.test(text)
  }

  follow(follower: BrokerFollower, backlog: number): () => void {
    // Not from inside this call: whoever follows is not ready for it before it returns.
    queueMicrotask(() => {
      if (stopped) return
      follower.begin(this.#page(Math.max(this.#first, this.#end - backlog), backlog))
      this.#followers.add(follower)
    })
    let stopped = false
    return () => {
      stopped = true
      this.#followers.delete(follower)
    }
  }

  get #end(): number {
    return this.#first + this.#records.length
  }

  #place(position: number): BrokerPlace {
    return { epoch: this.#epoch, position: String(position) }
  }

  #page(from: number, limit: number): BrokerReading {
    const at = from - this.#first
    return {
      epoch: this.#epoch,
      before: String(from - 1),
      records: this.#records.slice(at, at + limit),
    }
  }

  #dropOldest(): void {
    const key = this.#keys.get(this.#first)
    if (key !== undefined) this.#positionByKey.delete(key)
    this.#keys.delete(this.#first)
    this.#records.shift()
    this.#first++
  }
}
