import { ConnectionError } from '../errors.ts'
import type { Backoff } from '../policy/backoff.ts'
import type { CircuitBreaker } from '../policy/circuit-breaker.ts'
import type { Presence } from '../policy/presence.ts'
import { parseRetryAfter } from '../policy/retry-after.ts'
import { Connection, type ConnectionListener, type ConnectionSettings, type Verdict } from './connection.ts'
import type {
  ClosedState,
  ConnectingState,
  ConnectionState,
  SuspendedState,
  WaitingState,
} from './connection-state.ts'
import { ConnectionWatchdog } from './connection-watchdog.ts'

export interface SupervisedSettings extends Omit<ConnectionSettings, 'begin' | 'between'> {
  readonly backoff: Backoff
  readonly circuitBreaker: CircuitBreaker | undefined
  readonly presence: Presence | undefined
  /** How many attempts may fail in a row. */
  readonly maxAttempts: number
  /** A connection that holds for so long was no failure: what is counted starts anew. */
  readonly healthyAfterMs: number
  /** Silence after which a connection is taken for dead; `undefined` for what the server announces; 0 = off. */
  readonly stallTimeoutMs: number | undefined
  /** Until the head of the response is there. 0 = off. */
  readonly connectTimeoutMs: number
  readonly random: () => number
}

/** Who is told. None of these may throw. */
export interface SupervisedListener extends Required<ConnectionListener> {
  circuit(circuit: CircuitBreaker, previous: CircuitBreaker): void
}

/** The longest delay that timers take. */
const MAX_DELAY_MS = 0x7fff_ffff

/**
 * A connection whose failures are counted, whose silence is noticed, and that is left alone while there is no point in it: backoff,
 * circuit breaker, `Retry-After`, presence, watchdog. These are values that are asked; the timers are here.
 */
export class SupervisedConnection {
  readonly #settings: SupervisedSettings
  readonly #listener: SupervisedListener
  readonly #connection: Connection
  readonly #watchdog: ConnectionWatchdog
  #endPresence: (() => void) | undefined
  #failures = 0
  #backoff: Backoff
  #circuit: CircuitBreaker | undefined
  /** Until when the server wants no attempt, as `Retry-After` told. */
  #notBefore = 0
  /** Of the time until a connection has its head, and then until it counts as healthy. */
  #cancelTimer: (() => void) | undefined

  constructor(settings: SupervisedSettings, listener: SupervisedListener) {
    this.#settings = settings
    this.#listener = listener
    this.#backoff = settings.backoff
    this.#circuit = settings.circuitBreaker
    this.#watchdog = new ConnectionWatchdog(settings.clock, settings.stallTimeoutMs, (silentMs) =>
      this.#fail(
        'stalled',
        `Nothing came for ${Math.round(silentMs)} ms, so the connection is taken for dead.`,
      ),
    )
    this.#connection = new Connection(
      {
        ...settings,
        judge: (error) => this.#judge(error),
        begin: () => this.#begin(),
        between: (error, retryMs) => this.#between(error, retryMs),
      },
      {
        ...listener,
        state: (state, previous) => this.#stateChanged(state, previous),
        received: (bytes) => {
          this.#watchdog.touch()
          listener.received(bytes)
        },
        comment: (text) => {
          this.#watchdog.comment(text)
          listener.comment(text)
        },
        ready: () => this.#ready(),
      },
    )
  }

  get state(): ConnectionState {
    return this.#connection.state
  }

  get lastEventId(): string {
    return this.#connection.lastEventId
  }

  /** Before the first attempt: where it goes on. */
  resumeFrom(lastEventId: string): void {
    this.#connection.resumeFrom(lastEventId)
  }

  /** Makes the first attempt, as soon as there may be one. */
  connect(): void {
    this.#connection.connect()
  }

  close(reason: ClosedState['reason'], error?: ConnectionError): void {
    this.#connection.close(reason, error)
  }

  #begin(): ConnectingState | SuspendedState {
    const { presence } = this.#settings
    this.#endPresence ??= presence?.subscribe(() => this.#presenceChanged())
    const circuit = this.#circuit
    if (circuit?.state === 'open') this.#setCircuit(circuit.halfOpened())
    if (presence?.away !== undefined) return { status: 'suspended', reason: presence.away }
    return { status: 'connecting', attempt: this.#failures + 1 }
  }

  /** Looks whether what has changed outside of it changes what it should do. */
  #presenceChanged(): void {
    const { state } = this
    const away = this.#settings.presence?.away
    if (state.status === 'suspended') {
      if (state.reason === 'circuit-open' || state.reason === away) return
      const restMs = this.#notBefore - this.#settings.clock.now()
      if (away !== undefined) this.#suspend(away, state.error)
      else if (state.error && restMs > 0) this.#connection.enter(this.#wait(restMs, state.error))
      else this.connect()
    } else if (state.status === 'waiting') {
      if (away !== undefined) this.#suspend(away, state.error)
    } else if (away === 'hidden') this.#suspend(away)
    // While there is no network an open connection is left alone: it may be another network that has gone.
    else this.#watchdog.check()
  }

  #suspend(reason: 'offline' | 'hidden', error?: ConnectionError): void {
    this.#connection.enter({ status: 'suspended', reason, ...(error && { error }) })
  }

  #judge(error: ConnectionError): Verdict | Promise<Verdict> {
    this.#stopTimers()
    return this.#settings.judge(error)
  }

  #between(error: ConnectionError, retryMs = 0): WaitingState | SuspendedState | ClosedState {
    const { maxAttempts, clock, random } = this.#settings
    this.#failures++
    if (this.#failures >= maxAttempts)
      return { status: 'closed', reason: 'failed', error: tooManyAttempts(this.#failures, error) }
    const now = clock.now()
    this.#setCircuit(this.#circuit?.failed(now))
    const { delayMs, backoff } = this.#backoff.next(random)
    this.#backoff = backoff
    this.#notBefore =
      now + (parseRetryAfter(error.response?.headers.get('retry-after'), clock.wallTime()) ?? 0)
    const circuitUntil = this.#circuit?.state === 'open' ? this.#circuit.until : 0
    // What the server and the circuit ask for is the least, and chance comes on top: they ask the same of all clients.
    return this.#wait(Math.max(retryMs, this.#notBefore - now, circuitUntil - now) + delayMs, error)
  }

  #wait(delayMs: number, error: ConnectionError): WaitingState | SuspendedState {
    const until = this.#settings.clock.wallTime() + Math.min(delayMs, MAX_DELAY_MS)
    return this.#circuit?.state === 'open'
      ? { status: 'suspended', reason: 'circuit-open', until, error }
      : { status: 'waiting', until, attempt: this.#failures + 1, error }
  }

  #stateChanged(state: ConnectionState, previous: ConnectionState): void {
    this.#stopTimers()
    const { clock, connectTimeoutMs, healthyAfterMs } = this.#settings
    if (state.status === 'connecting' && connectTimeoutMs > 0) {
      this.#cancelTimer = clock.schedule(
        () => this.#fail('connect-timeout', `The server did not answer within ${connectTimeoutMs} ms.`),
        connectTimeoutMs,
      )
    } else if (state.status === 'open') {
      this.#watchdog.opened()
      this.#cancelTimer = clock.schedule(() => this.#healthy(), healthyAfterMs)
    } else if (state.status === 'closed') this.#endPresence?.()
    this.#listener.state(state, previous)
  }

  #healthy(): void {
    this.#failures = 0
    this.#backoff = this.#settings.backoff
    this.#setCircuit(this.#circuit?.succeeded(this.#settings.clock.now()))
  }

  /** Ends the attempt that is under way as failed. */
  #fail(code: 'stalled' | 'connect-timeout', message: string): void {
    const { state } = this
    const response = state.status === 'open' ? state.response : undefined
    this.#connection.fail(new ConnectionError(code, message, { response }))
  }

  #ready(): Promise<void> | undefined {
    const wait = this.#listener.ready()
    if (wait === undefined) return undefined
    this.#watchdog.pause()
    return wait.then(() => this.#watchdog.resume())
  }

  #stopTimers(): void {
    this.#cancelTimer?.()
    this.#watchdog.stop()
  }

  #setCircuit(circuit: CircuitBreaker | undefined): void {
    const previous = this.#circuit
    this.#circuit = circuit
    if (circuit !== undefined && previous !== undefined && circuit.state !== previous.state)
      this.#listener.circuit(circuit, previous)
  }
}

function tooManyAttempts(failures: number, error: ConnectionError): ConnectionError {
  const { message, response } = error
  return new ConnectionError(
    'too-many-attempts',
    failures === 1
      ? `The only attempt failed: ${message}`
      : `${failures} attempts failed in a row, the last one because: ${message}`,
    { cause: error, response },
  )
}
