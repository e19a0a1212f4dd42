import type { Clock } from '@sse/core'
import {
  type AttemptListener,
  attempt,
  type CreateParser,
  type FetchLike,
  type PreparedRequest,
} from '../attempt/attempt.ts'
import type { ConnectionError } from '../errors.ts'
import type {
  ClosedState,
  ConnectingState,
  ConnectionState,
  OpenState,
  SuspendedState,
  WaitingState,
} from './connection-state.ts'

/** What follows an attempt that has ended: another one, one without a wait, the proper end, or the end with an error. */
export type Verdict = 'again' | 'at-once' | 'done' | ConnectionError

/** A state that a connection can be put into. Only a server can open it. */
export type NextState = Exclude<ConnectionState, OpenState>

export interface ConnectionSettings {
  readonly prepare: (lastEventId: string, attempt: number) => PreparedRequest | Promise<PreparedRequest>
  readonly fetch: FetchLike
  readonly judge: (error: ConnectionError) => Verdict | Promise<Verdict>
  /** Asked whenever it is time for an attempt: which it is, or why there is none. */
  readonly begin: () => ConnectingState | SuspendedState
  /** What stands between an attempt that has failed and another. `retryMs`: the least that the server wants, if it said so. */
  readonly between: (
    error: ConnectionError,
    retryMs: number | undefined,
  ) => WaitingState | SuspendedState | ClosedState
  readonly lastEventId: string
  readonly createParser: CreateParser
  readonly clock: Clock
}

/** Who is told. None of these may throw. */
export interface ConnectionListener extends Omit<AttemptListener, 'opened' | 'retry'> {
  state(state: ConnectionState, previous: ConnectionState): void
}

/**
 * Keeps one stream going over any number of attempts. It does the input and output, and holds the timer of the wait between two of
 * them; what to do is told by its settings.
 */
export class Connection {
  readonly #settings: ConnectionSettings
  readonly #listener: ConnectionListener
  #state: ConnectionState = { status: 'connecting', attempt: 1 }
  #lastEventId: string
  #retryMs: number | undefined
  /** Of the attempt that is under way. */
  #controller: AbortController | undefined
  #cancelWait: (() => void) | undefined

  constructor(settings: ConnectionSettings, listener: ConnectionListener) {
    this.#settings = settings
    this.#listener = listener
    this.#lastEventId = settings.lastEventId
  }

  get state(): ConnectionState {
    return this.#state
  }

  get lastEventId(): string {
    return this.#lastEventId
  }

  /** Before the first attempt: where it goes on. */
  resumeFrom(lastEventId: string): void {
    this.#lastEventId = lastEventId
  }

  /** Makes the next attempt now, if there may be one. */
  connect(): void {
    if (this.#state.status !== 'closed') this.enter(this.#settings.begin())
  }

  close(reason: ClosedState['reason'], error?: ConnectionError): void {
    this.enter({ status: 'closed', reason, ...(error && { error }) })
  }

  /** Gives up whatever is under way, and does what belongs to the state. */
  enter(state: NextState): void {
    if (this.#state.status === 'closed') return
    this.#cancelWait?.()
    const controller = this.#controller
    this.#controller = undefined
    // Who gives an attempt up is not told how it ended.
    controller?.abort()
    if (state.status === 'connecting') void this.#attempt(state)
    else {
      if ('until' in state && state.until !== undefined) this.#waitUntil(state.until)
      this.#set(state)
    }
  }

  /** Ends the attempt that is under way as failed. */
  fail(error: ConnectionError): void {
    this.#controller?.abort(error)
  }

  #waitUntil(wallTime: number): void {
    const { clock } = this.#settings
    // On a busy machine a short wait may be over before it begins.
    const restMs = Math.max(wallTime - clock.wallTime(), 0)
    this.#cancelWait = clock.schedule(() => this.connect(), restMs, true)
  }

  async #attempt(state: ConnectingState): Promise<void> {
    const { prepare, fetch, createParser, judge } = this.#settings
    const controller = new AbortController()
    this.#controller = controller
    const lastEventId = this.#lastEventId
    this.#set(state)
    const error = await attempt(
      () => prepare(lastEventId, state.attempt),
      { fetch, signal: controller.signal, lastEventId, createParser },
      this.#attemptListener(),
    )
    if (this.#controller !== controller) return
    const verdict = await judge(error)
    // It was given up meanwhile.
    if (this.#controller === controller) this.#proceed(verdict, error)
  }

  #proceed(verdict: Verdict, error: ConnectionError): void {
    if (verdict === 'again') this.enter(this.#settings.between(error, this.#retryMs))
    else if (verdict === 'at-once') this.connect()
    else if (verdict === 'done') this.close('done')
    else this.close('failed', verdict)
  }

  #attemptListener(): AttemptListener {
    const listener = this.#listener
    return {
      ...listener,
      opened: (response) => this.#set({ status: 'open', since: this.#settings.clock.wallTime(), response }),
      event: (event, id) => {
        this.#lastEventId = event.lastEventId
        listener.event(event, id)
      },
      position: (lastEventId) => {
        this.#lastEventId = lastEventId
        listener.position?.(lastEventId)
      },
      retry: (ms) => {
        this.#retryMs = ms
      },
    }
  }

  #set(state: ConnectionState): void {
    const previous = this.#state
    this.#state = state
    this.#listener.state(state, previous)
  }
}
