import type { Broker, Channel, UntypedEvents } from '@sse/server'

/** Publishes one event after the other, each until it is acknowledged: what it has published is what everyone must have. */
export class Publisher {
  readonly #publish: (data: string) => Promise<unknown>
  readonly #name: string
  acknowledged = 0
  /** How often it had to try again. */
  retries = 0

  private constructor(name: string, publish: (data: string) => Promise<unknown>) {
    this.#name = name
    this.#publish = publish
  }

  /** Sends its events to whichever server the proxy picks: that may die before it answers. */
  static overHttp(name: string, url: string): Publisher {
    return new Publisher(name, async (body) => {
      const signal = AbortSignal.timeout(3_000)
      const response = await fetch(url, { method: 'POST', body, signal })
      if (!response.ok) throw new Error(`The server says ${response.status}.`)
      await response.text()
    })
  }

  /** Has a channel of its own, as a process without clients would. */
  static onChannel(name: string, channel: Channel<UntypedEvents, Broker>): Publisher {
    return new Publisher(name, (data) => channel.publish('message', data, { dedupeKey: data }))
  }

  async publish(): Promise<void> {
    const data = `${this.#name}${this.acknowledged + 1}`
    for (;;) {
      try {
        await this.#publish(data)
        this.acknowledged++
        return
      } catch {
        this.retries++
        await pause(20)
      }
    }
  }

  /** Publishes so many, at a pace that lets much happen between them, and no more than there may be by now. */
  async run(count: number, pauseMs: number, allowed: () => number): Promise<void> {
    while (this.acknowledged < count) {
      if (this.acknowledged < allowed()) await this.publish()
      await pause(pauseMs)
    }
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
