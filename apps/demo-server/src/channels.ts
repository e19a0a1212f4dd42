import { Channel } from '@sse/server'

/** Names that may stand in a URL and in a log without any escaping. */
export const CHANNEL_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/

const RETENTION = { events: 1_000, bytes: 1024 * 1024 }
const MOST_CHANNELS = 1_000

/** Channels by name, made when somebody first asks for them. Anyone may ask, so there is a bound on how many there are. */
export class Channels {
  readonly #byName = new Map<string, Channel>()

  /** The channel of this name; `undefined` when there are too many, all of them in use. */
  get(name: string): Channel | undefined {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    if (this.#byName.size >= MOST_CHANNELS && !this.#dropUnused()) return undefined
    const channel = new Channel(undefined, { retention: RETENTION })
    this.#byName.set(name, channel)
    return channel
  }

  get streams(): number {
    let streams = 0
    for (const channel of this.#byName.values()) streams += channel.subscribers
    return streams
  }

  close(): void {
    for (const channel of this.#byName.values()) channel.close()
  }

  /** Makes room by dropping the oldest channel that nobody listens to. */
  #dropUnused(): boolean {
    for (const [name, channel] of this.#byName) {
      if (channel.subscribers > 0) continue
      channel.close()
      return this.#byName.delete(name)
    }
    return false
  }
}
