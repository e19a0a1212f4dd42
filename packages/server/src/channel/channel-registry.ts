import { type Clock, type EventSchemas, systemClock } from '@sse/core'
import type { Broker } from '../broker/broker.ts'
import { checkBound, checkDuration, serverError } from '../errors.ts'
import type { Channel } from './channel.ts'
import type { UntypedEvents } from './channel-options.ts'

export interface ChannelRegistryOptions {
  /** How many channels there may be. Default 10,000. */
  readonly max?: number | undefined
  /** A channel that nobody asked for and nobody listened to for this long is closed. Default 300,000 ms (5 minutes). */
  readonly idleMs?: number | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
}

interface Entry<Schemas extends EventSchemas, ItsBroker extends Broker | undefined> {
  readonly channel: Channel<Schemas, ItsBroker>
  usedAt: number
}

/**
 * Named channels, made when somebody first asks for them and closed when they are idle: one for each room, user or job.
 *
 * Names often come from clients, so there is a bound on how many there are. A channel that was closed is forgotten with
 * its log, whoever closed it: whoever comes back to its name finds a new one, and is told by a `gap` that it was
 * restarted. So ask for a channel each time that you use it, rather than hold on to it.
 */
export class ChannelRegistry<
  Schemas extends EventSchemas = UntypedEvents,
  ItsBroker extends Broker | undefined = undefined,
> {
  readonly #create: (name: string) => Channel<Schemas, ItsBroker>
  readonly #max: number
  readonly #idleMs: number
  readonly #clock: Clock
  /** In the order of use: the one that was asked for last is last. */
  readonly #entries = new Map<string, Entry<Schemas, ItsBroker>>()
  /** How many are being made: `#create` may ask for others meanwhile. */
  #making = 0
  #cancelSweep: (() => void) | undefined

  /** @throws SseError `invalid-option` */
  constructor(create: (name: string) => Channel<Schemas, ItsBroker>, options: ChannelRegistryOptions = {}) {
    this.#create = create
    this.#max = checkBound('max', options.max ?? 10_000)
    this.#idleMs = checkDuration('idleMs', options.idleMs ?? 300_000)
    this.#clock = options.clock ?? systemClock
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * The channel of this name; a new one if there is none.
   *
   * @throws SseError `too-many-channels` when there are `max`, and all of them have listeners or are being made.
   */
  get(name: string): Channel<Schemas, ItsBroker> {
    const entry = this.#entries.get(name) ?? this.#make(name)
    entry.usedAt = this.#clock.now()
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    this.#cancelSweep ??= this.#clock.schedule(() => this.#sweep(), this.#idleMs)
    return entry.channel
  }

  /** The channel of this name if there is one; asking does not count as use. */
  peek(name: string): Channel<Schemas, ItsBroker> | undefined {
    return this.#entries.get(name)?.channel
  }

  *[Symbol.iterator](): IterableIterator<[name: string, channel: Channel<Schemas, ItsBroker>]> {
    for (const [name, { channel }] of this.#entries) yield [name, channel]
  }

  /** Closes all channels. The registry can be used again. */
  close(): void {
    this.#cancelSweep?.()
    this.#cancelSweep = undefined
    for (const name of [...this.#entries.keys()]) this.#drop(name)
  }

  #make(name: string): Entry<Schemas, ItsBroker> {
    if (this.#entries.size + this.#making >= this.#max && !this.#dropOldestUnused()) {
      throw serverError(
        'too-many-channels',
        `There are ${this.#max} channels, and all of them have listeners or are being made. Raise max, or refuse the client with a 503.`,
        { field: 'max' },
      )
    }
    this.#making++
    try {
      const channel = this.#create(name)
      const entry = { channel, usedAt: 0 }
      channel.onClose = () => this.#entries.delete(name)
      channel.onLeave = () => {
        entry.usedAt = this.#clock.now()
      }
      return entry
    } finally {
      this.#making--
    }
  }

  #dropOldestUnused(): boolean {
    for (const [name, { channel }] of this.#entries) {
      if (channel.subscribers > 0) continue
      this.#drop(name)
      return true
    }
    return false
  }

  #sweep(): void {
    this.#cancelSweep = undefined
    const now = this.#clock.now()
    for (const [name, { channel, usedAt }] of this.#entries) {
      if (channel.subscribers === 0 && now - usedAt >= this.#idleMs) this.#drop(name)
    }
    if (this.#entries.size > 0) this.#cancelSweep = this.#clock.schedule(() => this.#sweep(), this.#idleMs)
  }

  #drop(name: string): void {
    const entry = this.#entries.get(name)
    this.#entries.delete(name)
    entry?.channel.close()
  }
}
