import { isSseError } from '@sse/core'
import { Channel, ChannelRegistry, type ServerErrorCode } from '@sse/server'

/** Names that may stand in a URL and in a log without any escaping. */
export const CHANNEL_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/

const RETENTION = { events: 1_000, bytes: 1024 * 1024 }

/** Channels by name, made when somebody first asks for them. Anyone may ask, so there is a bound on how many there are. */
export class Channels {
  // Metrics count all of them under one name: theirs are chosen by clients.
  readonly #registry = new ChannelRegistry(
    () => new Channel(undefined, { name: 'realtime', retention: RETENTION }),
    {
      max: 1_000,
    },
  )
  /** In use for as long as the demo runs, listened to or not. */
  readonly main = new Channel(undefined, { name: 'main', retention: RETENTION })

  /** The channel of this name; `undefined` when there are too many, all of them in use. */
  get(name: string): Channel | undefined {
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
