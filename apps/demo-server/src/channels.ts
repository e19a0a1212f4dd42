import { isSseError } from '@sse/core'
import { type Broker, Channel, ChannelRegistry, type ServerErrorCode, type UntypedEvents } from '@sse/server'
import type { Brokers } from './brokers.ts'

/** Names that may stand in a URL and in a log without any escaping. */
export const CHANNEL_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/

const RETENTION = { events: 1_000, bytes: 1024 * 1024 }

/** A channel that may have a broker: `await` what it publishes. */
export type DemoChannel = Channel<UntypedEvents, Broker | undefined>

/** Channels by name, made when somebody first asks for them. Anyone may ask, so there is a bound on how many there are. */
export class Channels {
  // Metrics count all of them under one name: theirs are chosen by clients.
  readonly #registry: ChannelRegistry<UntypedEvents, Broker | undefined>
  /** In use for as long as the demo runs, listened to or not. */
  readonly main: DemoChannel

  constructor(brokers: Brokers | undefined) {
    const create = (name: string, key: string): DemoChannel =>
      new Channel(undefined, { name, retention: RETENTION, broker: brokers?.of(key) })
    this.#registry = new ChannelRegistry((key) => create('realtime', key), { max: 1_000 })
    this.main = create('main', 'main')
  }

  /** The channel of this name; `undefined` when there are too many, all of them in use. */
  get(name: string): DemoChannel | undefined {
    if (name === 'main') return this.main
    try {
      return this.#registry.get(name)
    } catch (error) {
      if (isSseError<ServerErrorCode>(error, 'too-many-channels')) return undefined
      throw error
    }
  }

  get streams(): number {
    let { subscribers } = this.main
    for (const [, channel] of this.#registry) subscribers += channel.subscribers
    return subscribers
  }

  close(): void {
    this.main.close()
    this.#registry.close()
  }
}
