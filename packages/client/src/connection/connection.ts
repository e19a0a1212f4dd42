import type { Clock, DispatchedEvent, ParserLimits } from '@sse/core'
import { type AttemptListener, attempt, type FetchLike, type PreparedRequest } from '../attempt/attempt.ts'
import { ConnectionError, type ResponseHead } from '../errors.ts'
import type { Backoff } from '../policy/backoff.ts'
import type { CircuitBreaker } from '../policy/circuit-breaker.ts'
import type { Presence } from '../policy/presence.ts'
import { parseRetryAfter } from '../policy/retry-after.ts'
import type { ConnectionState } from './connection-state.ts'
import type { ConnectionWatchdog } from './connection-watchdog.ts'

/** What follows an attempt that has ended: another one, one without a wait, the proper end, or the end with an error. */
export type Verdict = 'again' | 'at-once' | 'done' | ConnectionError

export interface ConnectionSettings {
  readonly prepare: (lastEventId: string, attempt: number) => PreparedRequest | Promise<PreparedRequest>
  readonly fetch: FetchLike
  readonly judge: (error: ConnectionError) => Verdict | Promise<Verdict>
  readonly backoff: Backoff
  readonly circuitBreaker: CircuitBreaker | undefined
  readonly presence: Presence | undefined
  /** How many attempts may fail in a row. */
  readonly maxAttempts: number
  /** A connection that holds for so long was no failure: what is counted starts anew. */
  readonly healthyAfterMs: number
  /** Who notices that a connection is dead, and then calls back. */
  readonly watchdog: ((onStall: (silentMs: number) => void) => ConnectionWatchdog) | undefined
  /** Until the head of the response is there. 0 = off. */
  readonly connectTimeoutMs: number
  /** The reconnection time until the server gives one. */
  readonly retryMs: number
  readonly lastEventId: string
  readonly limits: ParserLimits | undefined
  readonly clock: Clock
  readonly random: () => number
}

/** Who is told. None of these may throw. */
export interface ConnectionListener
  extends Pick<AttemptListener, 'received' | 'event' | 'comment' | 'position' | 'ready'> {
  state(state: ConnectionState, previous: ConnectionState): void
  circuit(circuit: CircuitBreaker, previous: CircuitBreaker): void
}

const MAX_DELAY_MS = 0x7fff_ffff

/**
 * Keeps one stream going over any number of attempts. It does the input and output, and holds the timers; what to do is
 * decided by values: the state, the backoff, the circuit breaker, and whoever judges an attempt.
 */
export class Connection implements AttemptListener {
  readonly #settings: ConnectionSettings
  readonly #listener: ConnectionListener
  readonly #watchdog: ConnectionWatchdog | undefined
  #endPresence: (() => void) | undefined
  #state: ConnectionState = { status: 'connecting', attempt: 1 }
  #lastEventId: string
  #retryMs: number
  #failures = 0
  #backoff: Backoff
  #circuit: CircuitBreaker | undefined
  /** Until when the server wants no attempt, as `Retry-After` told. */
  #notBefore = 0
  /** Of the attempt that is under way. */
  #controller: AbortController | undefined
  /** Of the wait that is under way; of the time until a connection counts as healthy, or has its head. */
  #cancelTimer: (() => void) | undefined

  constructor(settings: ConnectionSettings, listener: ConnectionListener) {
    this.#settings = settings
    this.#listener = listener
    this.#lastEventId = settings.lastEventId
    this.#retryMs = settings.retryMs
    this.#backoff = settings.backoff
    this.#circuit = settings.circuitBreaker
    this.#watchdog = settings.watchdog?.((silentMs) =>
      this.#abort(
        'stalled',
        `Nothing came for ${Math.round(silentMs)} ms, so the connection is taken for dead.`,
      ),
    )
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

  /** Makes the next attempt now. */
  connect(): void {
    if (this.#state.status === 'closed') return
    this.#letGo()
    const { presence } = this.#settings
    this.#endPresence ??= presence?.subscribe(() => this.#presenceChanged())
    if (presence?.away !== undefined) return this.#suspend(presence.away)
    void this.#attempt()
  }

  close(reason: 'closed' | 'done' | 'failed', error?: ConnectionError): void {
    if (this.#state.status === 'closed') return
    this.#letGo()
    this.#endPresence?.()
    this.#set({ status: 'closed', reason, ...(error && { error }) })
  }

  /** Looks whether what has changed outside of it changes what it should do. */
  #presenceChanged(): void {
    const state = this.#state
    const away = this.#settings.presence?.away
    if (state.status === 'suspended') {
      if (state.reason === 'circuit-open') return
      const restMs = this.#notBefore - this.#settings.clock.now()
      if (away !== undefined) this.#suspend(away, state.error)
      else if (state.error && restMs > 0) this.#wait(restMs, state.error)
      else this.connect()
    } else if (state.status === 'waiting') {
      if (away !== undefined) this.#suspend(away, state.error)
    } else if (away === 'hidden') this.#suspend(away)
    // While there is no network an open connection is left alone: it may be another network that has gone.
    else this.#watchdog?.check()
  }

  #suspend(reason: 'offline' | 'hidden', error?: ConnectionError): void {
    this.#letGo()
    if (this.#state.status !== 'suspended' || this.#state.reason !== reason)
      this.#set({ status: 'suspended', reason, ...(error && { error }) })
  }

  async #attempt(): Promise<void> {
    const { fetch, limits, clock, connectTimeoutMs, prepare } = this.#settings
    const controller = new AbortController()
    this.#controller = controller
    const number = this.#failures + 1
    const lastEventId = this.#lastEventId
    if (connectTimeoutMs > 0) {
      this.#cancelTimer = clock.schedule(
        () => this.#abort('connect-timeout', `The server did not answer within ${connectTimeoutMs} ms.`),
        connectTimeoutMs,
      )
    }
    this.#set({ status: 'connecting', attempt: number })
    const error = await attempt(
      () => prepare(lastEventId, number),
      { fetch, signal: controller.signal, lastEventId, limits },
      this,
    )
    if (this.#controller !== controller) return
    this.#stopTimers()
    const verdict = await this.#settings.judge(error)
    // It was given up meanwhile.
    if (this.#controller !== controller) return
    this.#letGo()
    this.#proceed(verdict, error)
  }

  /** Ends the attempt that is under way as failed. */
  #abort(code: 'stalled' | 'connect-timeout', message: string): void {
    const response = this.#state.status === 'open' ? this.#state.response : undefined
    this.#controller?.abort(new ConnectionError(code, message, { response }))
  }

  #proceed(verdict: Verdict, error: ConnectionError): void {
    if (verdict === 'done') return this.close('done')
    if (verdict instanceof ConnectionError) return this.close('failed', verdict)
    // The server is well, and whoever judged has found what it objected to.
    if (verdict === 'at-once') return this.connect()
    const { maxAttempts, clock, random } = this.#settings
    this.#failures++
    if (this.#failures >= maxAttempts) {
      return this.close(
        'failed',
        new ConnectionError(
          'too-many-attempts',
          this.#failures === 1
            ? `The only attempt failed: ${error.message}`
            : `${this.#failures} attempts failed in a row, the last one because: ${error.message}`,
          { cause: error, response: error.response },
        ),
      )
    }
    const now = clock.now()
    this.#setCircuit(this.#circuit?.failed(now))
    const { delayMs, backoff } = this.#backoff.next(random)
    this.#backoff = backoff
    this.#notBefore =
      now + (parseRetryAfter(error.response?.headers.get('retry-after'), clock.wallTime()) ?? 0)
    const circuitUntil = this.#circuit?.state === 'open' ? this.#circuit.until : 0
    // What the server and the circuit ask for is the least, and chance comes on top: they ask the same of all clients.
    this.#wait(Math.max(this.#retryMs, this.#notBefore - now, circuitUntil - now) + delayMs, error)
  }

  #wait(delayMs: number, error: ConnectionError): void {
    // Whoever was told of the circuit may have closed it.
    if (this.#state.status === 'closed') return
    const { clock } = this.#settings
    const circuit = this.#circuit
    const waitMs = Math.min(delayMs, MAX_DELAY_MS)
    const until = clock.wallTime() + waitMs
    const goOn = (): void => {
      if (circuit?.state === 'open') this.#setCircuit(circuit.halfOpened())
      this.connect()
    }
    this.#cancelTimer = clock.schedule(goOn, waitMs, true)
    this.#set(
      circuit?.state === 'open'
        ? { status: 'suspended', reason: 'circuit-open', until, error }
        : { status: 'waiting', until, attempt: this.#failures + 1, error },
    )
  }

  /** For the attempt to call, as are those below. */
  opened(response: ResponseHead): void {
    const { clock, healthyAfterMs } = this.#settings
    this.#stopTimers()
    this.#watchdog?.opened()
    this.#cancelTimer = clock.schedule(() => this.#healthy(), healthyAfterMs)
    this.#set({ status: 'open', since: clock.wallTime(), response })
  }

  #healthy(): void {
    this.#failures = 0
    this.#backoff = this.#settings.backoff
    this.#setCircuit(this.#circuit?.succeeded(this.#settings.clock.now()))
  }

  received(bytes: number): void {
    this.#watchdog?.touch()
    this.#listener.received(bytes)
  }

  event(event: DispatchedEvent, id: string | undefined): void {
    this.#lastEventId = event.lastEventId
    this.#listener.event(event, id)
  }

  position(lastEventId: string): void {
    this.#lastEventId = lastEventId
    this.#listener.position(lastEventId)
  }

  retry(ms: number): void {
    this.#retryMs = ms
  }

  comment(text: string): void {
    this.#watchdog?.comment(text)
    this.#listener.comment(text)
  }

  ready(): Promise<void> | undefined {
    const wait = this.#listener.ready()
    if (wait === undefined) return undefined
    this.#watchdog?.pause()
    return wait.then(() => this.#watchdog?.resume())
  }

  #letGo(): void {
    this.#stopTimers()
    const controller = this.#controller
    this.#controller = undefined
    // Who gives an attempt up is not told how it ended.
    controller?.abort()
  }

  #stopTimers(): void {
    this.#cancelTimer?.()
    this.#watchdog?.stop()
  }

  #set(state: ConnectionState): void {
    const previous = this.#state
    if (previous.status === 'closed') return
    this.#state = state
    this.#listener.state(state, previous)
  }

  #setCircuit(circuit: CircuitBreaker | undefined): void {
    const previous = this.#circuit
    this.#circuit = circuit
    if (circuit !== undefined && previous !== undefined && circuit.state !== previous.state)
      this.#listener.circuit(circuit, previous)
  }
}
