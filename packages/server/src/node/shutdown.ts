import type { Server as HttpServer } from 'node:http'
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from 'node:http2'
import { type Clock, systemClock } from '@sse/core'
import { checkDuration } from '../errors.ts'
import type { OpenStream, OpenStreams } from '../stream/open-streams.ts'
import { streamsOfServer } from './server-streams.ts'
import { forgetShutdown, type ShutdownSignal, shutDownOn } from './shutdown-signals.ts'

export type ShutdownServer = HttpServer | Http2Server | Http2SecureServer

export interface ShutdownOptions {
  /** What begins the shutdown by itself. Default SIGTERM and SIGINT; `false` = only `drain()`. */
  readonly signals?: readonly ShutdownSignal[] | false | undefined
  /** After this time whatever is left is cut off. Stay below what your platform grants before it kills. Default 10,000 ms. */
  readonly graceMs?: number | undefined
  /** Streams end one after the other over this time, so that their clients do not come back all at once. Default 0. */
  readonly spreadMs?: number | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
  /** Chance, for tests: numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** Clients are told to come back after at least this, and spread over at least {@link SHORTEST_RETURN_MS} more. */
const FIRST_RETURN_MS = 1_000
const SHORTEST_RETURN_MS = 4_000

/**
 * Lets a server go down without losing anybody: newcomers are refused, every stream is told and may say goodbye, every
 * client is given its own time to come back, and what does not end in time is cut off.
 *
 * On a signal it drains, and on a second one it cuts off what is left. It does not end the process: that ends by itself
 * when nothing keeps it alive, with the exit code 0.
 *
 * @throws SseError `invalid-option`
 */
export function createShutdown(server: ShutdownServer, options: ShutdownOptions = {}): Shutdown {
  return new Shutdown(server, options)
}

/** Made by {@link createShutdown}. Disposing of it takes it off the signals. */
export class Shutdown implements Disposable {
  readonly #server: ShutdownServer
  readonly #streams: OpenStreams
  readonly #graceMs: number
  readonly #spreadMs: number
  readonly #clock: Clock
  readonly #random: () => number
  /** HTTP/2 keeps a session open when its streams have ended, and no server closes it. */
  readonly #sessions = new Set<ServerHttp2Session>()
  #drained: Promise<void> | undefined

  constructor(server: ShutdownServer, options: ShutdownOptions) {
    this.#server = server
    this.#streams = streamsOfServer(server)
    this.#graceMs = checkDuration('graceMs', options.graceMs ?? 10_000)
    this.#spreadMs = checkDuration('spreadMs', options.spreadMs ?? 0)
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    server.on('session', this.#remember)
    if (options.signals !== false) shutDownOn(options.signals ?? ['SIGTERM', 'SIGINT'], this)
  }

  get draining(): boolean {
    return this.#streams.retryAfterSeconds !== undefined
  }

  /** Drains the server; settles when it is closed. Calling it again while it drains changes nothing. */
  drain(): Promise<void> {
    this.#drained ??= this.#drain().finally(() => {
      this.#drained = undefined
    })
    return this.#drained
  }

  /** Cuts off what is left, without waiting. */
  force(): void {
    for (const stream of this.#streams) stream.cutForShutdown()
    for (const session of this.#sessions) session.destroy()
    if ('closeAllConnections' in this.#server) this.#server.closeAllConnections()
  }

  [Symbol.dispose](): void {
    forgetShutdown(this)
    this.#server.off('session', this.#remember)
  }

  async #drain(): Promise<void> {
    this.#streams.retryAfterSeconds = Math.max(1, Math.ceil(this.#graceMs / 1000))
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#streams.onEnd = () => this.#closeIdle()
    const timers = [this.#clock.schedule(() => this.force(), this.#graceMs)]
    const streams = [...this.#streams]
    for (const stream of streams) stream.announceShutdown()
    for (const session of this.#sessions) session.close()
    await this.#turnAndFlush()
    for (const [i, stream] of streams.entries()) {
      const turn = (this.#spreadMs * i) / streams.length
      const delay = Math.min(Math.max(turn, stream.shutdownGraceMs), this.#graceMs)
      if (delay === 0) this.#end(stream)
      else timers.push(this.#clock.schedule(() => this.#end(stream), delay))
    }
    await closed
    for (const cancel of timers) cancel()
    // The server may listen again.
    this.#streams.retryAfterSeconds = undefined
    this.#streams.onEnd = undefined
  }

  /** A connection whose stream has ended is kept alive for the next request, and would keep the server open for seconds. */
  #closeIdle(): void {
    this.#clock.nextTurn(() => {
      if ('closeIdleConnections' in this.#server) this.#server.closeIdleConnections()
    })
  }

  /** What channels are told to publish now, by whoever else heard of the shutdown, goes out when the turn after this one is over. */
  async #turnAndFlush(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => this.#clock.nextTurn(resolve))
  }

  #end(stream: OpenStream): void {
    if (!stream.open) return
    const window = Math.max(this.#spreadMs, SHORTEST_RETURN_MS)
    stream.writeEvent({ retry: Math.round(FIRST_RETURN_MS + this.#random() * window) })
    stream.endForShutdown()
  }

  readonly #remember = (session: ServerHttp2Session): void => {
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
  }
}
