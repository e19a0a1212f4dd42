import {
  type Clock,
  type DispatchedEvent,
  type EventMap,
  type EventName,
  type EventOutput,
  type EventSchemas,
  type Gap,
  isSseError,
  onAbort,
  type ParserLimits,
  parseGap,
  type StandardSchema,
  systemClock,
  warn,
} from '@sse/core'
import type { FetchLike } from './attempt/attempt.ts'
import { Connection, type ConnectionListener } from './connection/connection.ts'
import { type ClosedState, type ConnectionState, describeState } from './connection/connection-state.ts'
import { ConnectionError, checkBound, checkDuration } from './errors.ts'
import { EventQueue } from './event-queue.ts'
import type { Happening } from './happening.ts'
import { type Backoff, exponentialBackoff } from './policy/backoff.ts'
import type { CircuitBreaker } from './policy/circuit-breaker.ts'
import { Judge } from './policy/judge.ts'
import type { LastEventIdStore } from './policy/last-event-id-store.ts'
import { browserPresence, type Presence } from './policy/presence.ts'
import { RecentIds } from './recent-ids.ts'
import { report } from './report.ts'
import { type PerAttempt, prepareRequest, type RequestOptions } from './request.ts'

/** What a source without an event map carries: any type, and its data as text. */
export type UntypedEvents = Readonly<Record<string, StandardSchema<string, string>>>

/** The types one can listen to: those of the event map, and `gap`, by which a channel tells that events were missed. */
export type ListenableType<Schemas extends EventSchemas> = EventName<Schemas> | 'gap'

export type DataOf<Schemas extends EventSchemas, Type extends ListenableType<Schemas>> = Type extends 'gap'
  ? Gap
  : EventOutput<Schemas, Type & EventName<Schemas>>

/** An event as it is handed out: a union over its types, told apart by `type`. */
export type SourceEvent<
  Schemas extends EventSchemas,
  Type extends ListenableType<Schemas> = ListenableType<Schemas>,
> = {
  readonly [Each in Type]: {
    readonly type: Each
    readonly data: DataOf<Schemas, Each>
    readonly lastEventId: string
  }
}[Type]

export type EventListenerOf<Schemas extends EventSchemas, Type extends ListenableType<Schemas>> = (
  data: DataOf<Schemas, Type>,
  event: SourceEvent<Schemas, Type>,
) => void

export interface EventSourceOptions<Schemas extends EventSchemas = UntypedEvents> extends RequestOptions {
  /** The events and what each carries. Default: any type, its data as text. */
  readonly events?: EventMap<Schemas> | undefined
  /** Closes the source. */
  readonly signal?: AbortSignal | undefined
  /** Default the runtime's. */
  readonly fetch?: FetchLike | undefined
  /** After which event to begin. Default: where the server begins. */
  readonly lastEventId?: string | undefined
  /** Keeps the position beyond the life of the program. */
  readonly lastEventIdStore?: LastEventIdStore | undefined
  /**
   * The event that says that the stream is over, such as `({ data }) => data === '[DONE]'`. It is not handed out.
   */
  readonly until?: ((event: DispatchedEvent) => boolean) | undefined
  /**
   * The wait before another attempt, on top of what the server asks for by `retry` or `Retry-After`. Default exponential
   * with full jitter: up to 1 s, 2 s, 4 s … 30 s.
   */
  readonly backoff?: Backoff | undefined
  /** Stops trying a server that is down. Default: none. */
  readonly circuitBreaker?: CircuitBreaker | undefined
  /** Whether it makes sense to be connected. Default {@link browserPresence}; `false`: always. */
  readonly presence?: Presence | false | undefined
  /** How many attempts may fail in a row. Default: any number. */
  readonly maxAttempts?: number | undefined
  /** A connection that holds for so long was no failure: attempts and waits are counted anew. Default 5,000 ms. */
  readonly healthyAfterMs?: number | undefined
  /**
   * A connection that was silent for so long is taken for dead; comments count as well as events. Default: twice the interval of
   * the pings that the server announces, and none where it announces none. 0 or `false`: none.
   */
  readonly stallTimeoutMs?: number | false | undefined
  /** How long the server may take to answer. Default 30,000 ms; 0 or `false`: as long as it likes. */
  readonly connectTimeoutMs?: number | false | undefined
  /** Whether a request that is not idempotent, such as POST, is repeated though no event had an id. Default false. */
  readonly retryUnsafe?: boolean | undefined
  /**
   * Whether another attempt follows an error. `undefined` for those that are to be judged as usual: network errors, silence, the end
   * of a stream, 5xx, 408, 425 and 429 are retried.
   */
  readonly retryWhen?: ((error: ConnectionError) => boolean | undefined) | undefined
  /** Renews the credentials after a 401 or 403. `true`: try once more, at once; `headers` are asked again. */
  readonly onUnauthorized?: ((error: ConnectionError) => boolean | Promise<boolean>) | undefined
  /** How many events wait for a slow `for await` before nothing more is read. Default 100. */
  readonly bufferSize?: number | undefined
  readonly limits?: ParserLimits | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
  /** Chance, for tests: numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** A stream of typed events that survives its connections. Made by {@link createEventSource}. */
export interface TypedEventSource<Schemas extends EventSchemas = UntypedEvents>
  extends AsyncIterable<SourceEvent<Schemas>>,
    Disposable {
  /** Where the connection is, with what belongs to it: `state.status`. */
  readonly state: ConnectionState
  /** The position: after which event the stream goes on. */
  readonly lastEventId: string
  /** Settles when there will be no other attempt, with why. Never rejects. */
  readonly closed: Promise<ClosedState>
  /** Calls back for each event of the type. Returns a function that ends it. */
  on<Type extends ListenableType<Schemas>>(type: Type, listener: EventListenerOf<Schemas, Type>): () => void
  /** Calls back for the next event of the type. Returns a function that ends it. */
  once<Type extends ListenableType<Schemas>>(type: Type, listener: EventListenerOf<Schemas, Type>): () => void
  off<Type extends ListenableType<Schemas>>(type: Type, listener: EventListenerOf<Schemas, Type>): void
  /** Tells of everything that happens beside the events: attempts, waits, gaps, what was dropped. Returns a function that ends it. */
  observe(observer: (happening: Happening) => void): () => void
  /** Settles when a connection is open. Rejects with why there will be none. */
  ready(): Promise<void>
  /** Ends it, for good: no event and no attempt comes after it. */
  close(): void
  /**
   * All events from now on, in order. While the buffer of one iteration is full nothing is read, for nobody. An iteration ends
   * when the source is closed, and throws when it has failed; leaving the last one closes a source that nobody else listens to.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<SourceEvent<Schemas>, undefined> & AsyncDisposable
}

/**
 * Opens an event stream and keeps it open: `createEventSource(url, { events: priceEvents })`.
 *
 * It connects at once, and reads from when somebody listens or iterates, so that no event is missed in between.
 *
 * @throws SseError `invalid-option`
 */
export function createEventSource<const Schemas extends EventSchemas = UntypedEvents>(
  url: PerAttempt<string | URL>,
  options: EventSourceOptions<Schemas> = {},
): TypedEventSource<Schemas> {
  return new Source(url, options)
}

// biome-ignore lint/suspicious/noExplicitAny: a listener takes the data of its own type alone; `on` and `off` see to that.
type AnyListener = (data: any, event: any) => void
type AnyEvent = { readonly type: string; readonly data: unknown; readonly lastEventId: string }

class Source<Schemas extends EventSchemas> implements TypedEventSource<Schemas> {
  readonly #url: string
  readonly #options: EventSourceOptions<Schemas>
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #judge: Judge
  readonly #recentIds = new RecentIds()
  readonly #listeners = new Map<string, Set<AnyListener>>()
  readonly #observers = new Set<(happening: Happening) => void>()
  readonly #queues = new Set<EventQueue<SourceEvent<Schemas>>>()
  readonly #closing = Promise.withResolvers<ClosedState>()
  readonly #capacity: number
  readonly #stopListening: () => void
  /** Whether anybody ever listened. Before that, nothing is read. */
  #wanted = false
  #goOn: PromiseWithResolvers<void> | undefined
  #ready: PromiseWithResolvers<void> | undefined

  constructor(url: PerAttempt<string | URL>, options: EventSourceOptions<Schemas>) {
    const {
      clock = systemClock,
      method = 'GET',
      presence = browserPresence(),
      until,
      lastEventId = '',
      signal,
    } = options
    this.#url = typeof url === 'function' ? '(made for each attempt)' : String(url)
    this.#options = options
    this.#clock = clock
    this.#capacity = checkBound('bufferSize', options.bufferSize ?? 100)
    this.#judge = new Judge({
      method: method.toUpperCase(),
      retryUnsafe: options.retryUnsafe ?? false,
      retryWhen: options.retryWhen,
      onUnauthorized: options.onUnauthorized,
      endsByEvent: until !== undefined,
      lastEventId: () => this.lastEventId,
    })
    this.#connection = new Connection(
      {
        prepare: (from, attempt) => prepareRequest(url, options, { lastEventId: from, attempt }),
        fetch: options.fetch ?? ((input, init) => fetch(input, init)),
        judge: (error) => this.#judge.judge(error),
        backoff: options.backoff ?? exponentialBackoff(),
        circuitBreaker: options.circuitBreaker,
        presence: presence || undefined,
        maxAttempts: checkBound('maxAttempts', options.maxAttempts ?? Number.POSITIVE_INFINITY),
        healthyAfterMs: checkDuration('healthyAfterMs', options.healthyAfterMs ?? 5_000),
        stallTimeoutMs:
          options.stallTimeoutMs === undefined
            ? undefined
            : checkDuration('stallTimeoutMs', options.stallTimeoutMs || 0),
        connectTimeoutMs: checkDuration('connectTimeoutMs', (options.connectTimeoutMs ?? 30_000) || 0),
        retryMs: 0,
        lastEventId,
        limits: options.limits,
        clock,
        random: options.random ?? Math.random,
      },
      this.#listener(),
    )
    this.#stopListening = onAbort(signal, () => this.close())
    void this.#start()
  }

  get state(): ConnectionState {
    return this.#connection.state
  }

  get lastEventId(): string {
    return this.#connection.lastEventId
  }

  get closed(): Promise<ClosedState> {
    return this.#closing.promise
  }

  on(type: string, listener: AnyListener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners)
    listeners.add(listener)
    this.#want()
    return () => this.off(type, listener)
  }

  once(type: string, listener: AnyListener): () => void {
    const stop = this.on(type, (data, event) => {
      stop()
      listener(data, event)
    })
    return stop
  }

  off(type: string, listener: AnyListener): void {
    this.#listeners.get(type)?.delete(listener)
  }

  observe(observer: (happening: Happening) => void): () => void {
    this.#observers.add(observer)
    return () => this.#observers.delete(observer)
  }

  ready(): Promise<void> {
    if (this.state.status === 'open') return Promise.resolve()
    if (this.state.status === 'closed') return Promise.reject(notReady(this.state))
    this.#ready ??= Promise.withResolvers()
    return this.#ready.promise
  }

  close(): void {
    this.#connection.close('closed')
  }

  [Symbol.dispose](): void {
    this.close()
  }

  [Symbol.asyncIterator](): EventQueue<SourceEvent<Schemas>> {
    const queue = new EventQueue<SourceEvent<Schemas>>(this.#capacity, () => this.#queueChanged(queue))
    if (this.state.status === 'closed') queue.end(this.state.error)
    else {
      this.#queues.add(queue)
      this.#want()
    }
    return queue
  }

  toString(): string {
    return `EventSource ${this.#url} (${describeState(this.state, this.#clock.wallTime())}${this.lastEventId && `, after ${JSON.stringify(this.lastEventId)}`})`
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }

  async #start(): Promise<void> {
    try {
      const stored = await this.#options.lastEventIdStore?.load()
      if (stored) this.#connection.resumeFrom(stored)
    } catch (error) {
      report(error)
    }
    this.#connection.connect()
  }

  /** What of it the connection calls: nobody else shall. */
  #listener(): ConnectionListener {
    return {
      state: (state, previous) => this.#stateChanged(state, previous),
      circuit: (circuit, previous) => this.#tell({ type: 'circuit', circuit, previous }),
      received: (bytes) => this.#tell({ type: 'bytes', bytes }),
      comment: (comment) => this.#tell({ type: 'comment', comment }),
      event: (event, id) => this.#dispatch(event, id),
      position: (lastEventId) => this.#keep(lastEventId),
      ready: () => this.#whenWanted(),
    }
  }

  #stateChanged(state: ConnectionState, previous: ConnectionState): void {
    if (state.status === 'open') {
      this.#judge.opened()
      this.#ready?.resolve()
      this.#ready = undefined
    }
    if (state.status === 'connecting' && this.lastEventId !== '') this.#recentIds.resume()
    this.#tell({ type: 'state', state, previous })
    if (state.status === 'closed') this.#ended(state)
  }

  #ended(state: ClosedState): void {
    this.#stopListening()
    this.#keep(this.lastEventId)
    if (this.#ready !== undefined) {
      // Whoever waits hears of it; nobody need wait.
      this.#ready.promise.catch(() => {})
      this.#ready.reject(notReady(state))
    }
    for (const queue of this.#queues) queue.end(state.error)
    this.#queues.clear()
    this.#closing.resolve(state)
    this.#goOn?.resolve()
    const failedUnseen = state.reason === 'failed' && this.#observers.size === 0
    if (failedUnseen)
      warn(`The event source ${this.#url} has failed, and there will be no other attempt.`, state.error)
  }

  #dispatch(event: DispatchedEvent, id: string | undefined): void {
    if (this.#isLast(event)) return this.#connection.close('done')
    if (this.#recentIds.repeats(id)) return this.#tell({ type: 'dropped', reason: 'duplicate', event })
    const gap = parseGap(event)
    if (gap !== undefined) return this.#tellGap(gap, event)
    const { events } = this.#options
    if (events === undefined) return this.#handOut(event)
    let typed: AnyEvent
    try {
      typed = events.parse(event)
    } catch (error) {
      const reason = isSseError(error, 'unknown-event') ? 'unknown-type' : 'invalid'
      if (reason === 'invalid' && this.#observers.size === 0) warn('An event of a stream was dropped.', error)
      return this.#tell({ type: 'dropped', reason, event, error })
    }
    this.#handOut(typed)
  }

  #isLast(event: DispatchedEvent): boolean {
    try {
      return this.#options.until?.(event) ?? false
    } catch (error) {
      report(error)
      return false
    }
  }

  #tellGap(gap: Gap, event: DispatchedEvent): void {
    const unseen = this.#observers.size + this.#queues.size + (this.#listeners.get('gap')?.size ?? 0) === 0
    if (unseen) warn(`Events of ${this.#url} were missed: ${gap.reason}. Listen to 'gap' to handle it.`, gap)
    this.#tell({ type: 'gap', gap })
    this.#handOut({ ...event, data: gap })
  }

  #handOut(event: AnyEvent): void {
    for (const queue of this.#queues) queue.push(event as SourceEvent<Schemas>)
    for (const listener of [...(this.#listeners.get(event.type) ?? [])]) {
      // One that closed the source, or took off another.
      if (this.state.status === 'closed') return
      if (!this.#listeners.get(event.type)?.has(listener)) continue
      try {
        listener(event.data, event)
      } catch (error) {
        report(error)
      }
    }
  }

  #keep(lastEventId: string): void {
    const { lastEventIdStore } = this.#options
    if (lastEventIdStore === undefined || lastEventId === this.#kept) return
    this.#kept = lastEventId
    const save = async (): Promise<void> => lastEventIdStore.save(lastEventId)
    save().catch(report)
  }
  #kept = ''

  #want(): void {
    this.#wanted = true
    this.#goOnIfReady()
  }

  #whenWanted(): Promise<void> | undefined {
    if (this.#mayRead) return undefined
    this.#goOn = Promise.withResolvers()
    return this.#goOn.promise
  }

  get #mayRead(): boolean {
    if (!this.#wanted) return false
    for (const queue of this.#queues) if (queue.full) return false
    return true
  }

  #goOnIfReady(): void {
    if (this.#mayRead) this.#goOn?.resolve()
  }

  #queueChanged(queue: EventQueue<SourceEvent<Schemas>>): void {
    if (queue.left) this.#queues.delete(queue)
    this.#goOnIfReady()
    if (this.#queues.size > 0) return
    for (const listeners of this.#listeners.values()) if (listeners.size > 0) return
    if (queue.left) this.close()
  }

  #tell(happening: Happening): void {
    for (const observer of this.#observers) {
      try {
        observer(happening)
      } catch (error) {
        report(error)
      }
    }
  }
}

function notReady({ error, reason }: ClosedState): ConnectionError {
  return (
    error ?? new ConnectionError('closed', `The event source was closed (${reason}) before it was ready.`)
  )
}
