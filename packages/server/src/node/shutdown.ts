import { Server } from 'node:net'
import { serverError } from '../errors.ts'
import { streamsOfServer } from './server-streams.ts'
import { ServerConnections } from './shutdown-connections.ts'
import { Drain } from './shutdown-drain.ts'
import { checkShutdownOptions, type ShutdownOptions, type ShutdownSettings } from './shutdown-options.ts'
import { listenForSignals, type SignalTarget } from './shutdown-signals.ts'

/** The shutdown of one server. */
export interface Shutdown extends Disposable {
  /**
   * Ends all streams and closes the server; settles when it is closed. Never rejects. However often it is called, it
   * happens once, and all get the same promise.
   */
  drain(): Promise<void>
  /** Whether it drains now: what a readiness probe wants to know. */
  readonly draining: boolean
  /** Takes its listeners off the process and the server. A drain that has begun goes on. */
  [Symbol.dispose](): void
}

/**
 * Closes a server of node:http, node:https or node:http2 without losing what its streams still have to say, and without
 * all their clients coming back at once: on SIGTERM and SIGINT, or when `drain` is called. Call it before the server
 * listens, so that it knows all connections.
 *
 * 1. New connections are refused; what still comes by an open one is answered 503 with `Retry-After` where it asks for a
 *    stream, and its connection is closed after it.
 * 2. Every client that can take it is told its own reconnection time, and `ctx.shutdown` aborts in every stream at once.
 * 3. A source may say goodbye and return within the `shutdownGraceMs` of its stream; then the stream ends, with the reason
 *    `shutdown`. One that does not, and one without such a grace, is ended, paced over `spreadMs`. A channel's client
 *    is first given what was published, also by others who heard of the same signal.
 * 4. What is left after `graceMs` is cut off: clients that take nothing, and whatever else the server has open.
 *
 * **The process is not ended.** Exiting would cut off what other parts of it still do: `onClose` and `background` of the
 * streams, a log, another server. When nothing is left to do, node ends the process by itself, with code 0. What keeps it
 * alive, such as a pool of database connections, is to be closed then: `server.once('close', () => pool.end())`.
 * After the drain the listeners are gone, and the next signal has its default effect.
 *
 * **Signals** reach the main thread alone. There, each `createShutdown` passes them on to those in worker threads; if
 * the main thread has none, call `forwardShutdownSignals`. A worker whose `createShutdown` comes after the signal does not
 * hear of it. A listener of the app for the same signal may call `drain` as well.
 *
 * A server that listens again needs a new `createShutdown`.
 *
 * @throws SseError `invalid-option`
 */
export function createShutdown(server: Server, options: ShutdownOptions = {}): Shutdown {
  const settings = checkShutdownOptions(options)
  if (server instanceof Server) return new ServerShutdown(server, settings)
  throw serverError(
    'invalid-option',
    'createShutdown takes the server that listens, which http.createServer() or app.listen() returns, and not the app.',
    { field: 'server' },
  )
}

/** The drains under way: a server has one at a time, whoever asks for it. */
const drains = new WeakMap<Server, Drain>()

class ServerShutdown implements Shutdown, SignalTarget {
  readonly #server: Server
  readonly #settings: ShutdownSettings
  readonly #connections: ServerConnections
  readonly #stopListening: () => void
  #drain: Drain | undefined

  constructor(server: Server, settings: ShutdownSettings) {
    this.#server = server
    this.#settings = settings
    this.#connections = new ServerConnections(server)
    this.#stopListening = listenForSignals(settings.signals, this)
  }

  get draining(): boolean {
    return this.#drain?.running === true
  }

  drain(): Promise<void> {
    this.#drain ??= this.#join()
    // Not before everybody can find it: a source may ask for it as soon as it is told.
    this.#drain.begin()
    return this.#drain.ended
  }

  onSignal(): void {
    // In the turn in which the drain began it is the same signal: a listener of the app has heard it first.
    if (this.#drain === undefined || this.#drain.justBegun) void this.drain()
    else this.#drain.cutOff()
  }

  [Symbol.dispose](): void {
    this.#stopListening()
    if (!this.draining) this.#connections.forget()
  }

  #join(): Drain {
    const drain = drains.get(this.#server) ?? this.#createDrain()
    void drain.ended.then(() => this[Symbol.dispose]())
    return drain
  }

  #createDrain(): Drain {
    const drain = new Drain(streamsOfServer(this.#server), this.#connections, this.#settings)
    drains.set(this.#server, drain)
    void drain.ended.then(() => drains.delete(this.#server))
    return drain
  }
}
