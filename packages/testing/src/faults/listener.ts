import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { testingError } from '../errors.ts'

/** A port that can be closed, so that connections to it are refused, and opened again. */
export class Listener {
  readonly #host: string
  readonly #onConnection: (socket: Socket) => void
  #port: number
  #server: Server | undefined

  constructor(host: string, port: number, onConnection: (socket: Socket) => void) {
    this.#host = host
    this.#port = port
    this.#onConnection = onConnection
  }

  /** The port; once it is known, it stays, open or closed. */
  get port(): number {
    return this.#port
  }

  /** @throws `port-unavailable` when another program has the port, or this one may not have it. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return
    const server = createServer({ allowHalfOpen: true, noDelay: true }, this.#onConnection)
    this.#server = server
    server.listen(this.#port, this.#host)
    try {
      await once(server, 'listening')
    } catch (cause) {
      this.#server = undefined
      throw testingError(
        'port-unavailable',
        `Cannot listen on ${this.#host}:${this.#port} (${(cause as NodeJS.ErrnoException).code}). ` +
          'Choose another port, or 0 for any that is free.',
        { field: 'port', cause },
      )
    }
    this.#port = (server.address() as AddressInfo).port
  }

  /** The port is closed at once; connections that were made stay. Resolves when those are gone too. */
  close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    return new Promise((resolve) => (server === undefined ? resolve() : server.close(() => resolve())))
  }
}
