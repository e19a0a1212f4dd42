import type { OpenStream, OpenStreams } from '../stream/open-streams.ts'
import { MAX_RETRY_MS } from '../stream/stream-options.ts'
import type { ServerConnections } from './shutdown-connections.ts'
import type { ShutdownSettings } from './shutdown-options.ts'

/** The reconnection time of browsers that nobody told one: 3 to 5 seconds. */
const DEFAULT_RETRY_MS = 3_000

/** When a stream is ended, if it has not ended by itself. */
interface Ending {
  readonly stream: OpenStream
  readonly afterMs: number
}

/** Ends all streams of one server, and then the server: once, within `graceMs`. */
export class Drain {
  readonly #streams: OpenStreams
  readonly #connections: ServerConnections
  readonly #settings: ShutdownSettings
  readonly #resolveEnded: () => void
  /** Settles when the server is closed. Never rejects. */
  readonly ended: Promise<void>
  #state: 'new' | 'announced' | 'ending' | 'over' = 'new'
  #startedAt = 0
  /** The streams that wait for their end, the next one last. */
  #endings: Ending[] = []
  #cancelNext: (() => void) | undefined
  #cancelDeadline: (() => void) | undefined

  constructor(streams: OpenStreams, connections: ServerConnections, settings: ShutdownSettings) {
    this.#streams = streams
    this.#connections = connections
    this.#settings = settings
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ended = promise
    this.#resolveEnded = resolve
  }

  get running(): boolean {
    return this.#state === 'announced' || this.#state === 'ending'
  }

  /** Whether it began in this turn of the event loop. */
  get justBegun(): boolean {
    return this.#state === 'announced'
  }

  /** Does nothing if it has begun. */
  begin(): void {
    if (this.#state !== 'new') return
    this.#state = 'announced'
    const { clock, graceMs, retryMs = DEFAULT_RETRY_MS } = this.#settings
    this.#startedAt = clock.now()
    this.#cancelDeadline = clock.schedule(() => this.cutOff(), graceMs)
    this.#streams.retryAfterSeconds = Math.ceil(retryMs / 1000)
    void this.#connections.close().then(() => this.#end())
    this.#announce()
    // What others publish when they hear of the same signal still goes out; and a request that is on its way by a
    // connection which is as new is read.
    clock.nextTurn(() => {
      if (this.#state !== 'announced') return
      this.#state = 'ending'
      this.#connections.closeUnused()
      this.#endNext()
    })
  }

  #end(): void {
    this.#state = 'over'
    this.#cancelNext?.()
    this.#cancelDeadline?.()
    // The same server may listen again.
    this.#streams.retryAfterSeconds = undefined
    this.#resolveEnded()
  }

  /** Cuts off what is left. */
  cutOff(): void {
    for (const stream of this.#streams) stream.cutForShutdown()
    this.#connections.destroy()
  }

  #announce(): void {
    const open = [...this.#streams]
    this.#endings = open
      .map((stream, index) => ({ stream, afterMs: this.#endsAfter(stream, index / open.length) }))
      .sort((a, b) => b.afterMs - a.afterMs)
    for (const stream of open) {
      // Before the source knows: it may end the stream at once, and its own farewell may carry another time.
      stream.writeEvent({ retry: this.#retryOf(stream) })
      stream.announceShutdown()
    }
  }

  /**
   * A source may go on for its grace. The streams whose grace ends together are ended one after the other: each has its
   * place, from 0 up to 1, in what the drain has left of `spreadMs`.
   */
  #endsAfter({ shutdownGraceMs }: OpenStream, place: number): number {
    const { graceMs, spreadMs } = this.#settings
    const mayGoOnMs = Math.min(shutdownGraceMs, graceMs)
    return mayGoOnMs + place * Math.min(spreadMs, graceMs - mayGoOnMs)
  }

  /** Each client comes back at its own time: from its base up to as much again, or `spreadMs` more if that is longer. */
  #retryOf(stream: OpenStream): number {
    const { retryMs, spreadMs, random } = this.#settings
    const base = retryMs ?? stream.retryMs ?? DEFAULT_RETRY_MS
    return Math.min(Math.round(base + random() * Math.max(base, spreadMs)), MAX_RETRY_MS)
  }

  /** Ends those whose time has come, and waits for the next. */
  #endNext(): void {
    const { clock } = this.#settings
    for (;;) {
      const next = this.#endings.at(-1)
      if (next === undefined) return
      // Anew for each: to end many takes time, and who is left to a timer then may be cut off before it comes.
      const elapsedMs = clock.now() - this.#startedAt
      if (next.afterMs > elapsedMs) {
        this.#cancelNext = clock.schedule(() => this.#endNext(), next.afterMs - elapsedMs)
        return
      }
      this.#endings.pop()
      next.stream.endForShutdown()
    }
  }
}
