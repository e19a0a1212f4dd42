import type { jetstream } from '@nats-io/jetstream'

/** A connection of `@nats-io/transport-node`, or of another transport. */
export type NatsConnection = Parameters<typeof jetstream>[0]

const links = new WeakMap<NatsConnection, NatsLink>()

/** Whether a connection has its server, and who wants to know when that changes. One for all brokers on a connection. */
export class NatsLink {
  static of(connection: NatsConnection): NatsLink {
    const known = links.get(connection)
    if (known !== undefined) return known
    const link = new NatsLink(connection)
    links.set(connection, link)
    return link
  }

  #connected = true
  readonly #listeners = new Set<(connected: boolean) => void>()

  private constructor(connection: NatsConnection) {
    void this.#watch(connection)
  }

  get connected(): boolean {
    return this.#connected
  }

  /** Calls back at each change, also at a reconnection that nobody has noticed. */
  watch(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What the promise gives, or a rejection when the connection is lost first: the answer then never comes. */
  during<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#connected) reject(new Error('There is no connection to NATS.'))
      const unwatch = this.watch((connected) => {
        if (!connected) reject(new Error('The connection to NATS was lost.'))
      })
      promise.then(resolve, reject).finally(unwatch)
    })
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.#tell(false)
      else if (type === 'reconnect') this.#tell(true)
    }
    // It was closed, by its owner or because it has given up.
    this.#tell(false)
  }

  #tell(connected: boolean): void {
    this.#connected = connected
    for (const listener of [...this.#listeners]) listener(connected)
  }
}
