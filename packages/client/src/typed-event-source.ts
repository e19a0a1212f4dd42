import {
  type Clock,
  createEventStreamParser,
  type DispatchedEvent,
  type EventSchemas,
  type Gap,
  onAbort,
  parseGap,
  type SseError,
  systemClock,
  warn,
} from '@sse/core'
import type { CreateParser } from './attempt/attempt.ts'
import { type ClosedState, type ConnectionState, describeState } from './connection/connection-state.ts'
import {
  SupervisedConnection,
  type SupervisedListener,
  type SupervisedSettings,
} from './connection/supervised-connection.ts'
import {
  ConnectionError,
  checkBound,
  checkDuration,
  checkPolicy,
  clientError,
  invalidOption,
} from './errors.ts'
import { EventQueue } from './event-queue.ts'
import type { EventSourceOptions } from './event-source-options.ts'
import type { Happening } from './happening.ts'
import { type AnyListener, Listeners } from './listeners.ts'
import { exponentialBackoff } from './policy/backoff.ts'
import { Judge } from './policy/judge.ts'
import type { LastEventIdStore } from './policy/last-event-id-store.ts'
import { browserPresence } from './policy/presence.ts'
import { RecentIds } from './recent-ids.ts'
import { report } from './report.ts'
import { type PerAttempt, prepareRequest } from './request.ts'
import type { SharingMode } from './shared/sharing-mode.ts'
import type { EventListenerOf, ListenableType, SourceEvent, UntypedEvents } from './source-event.ts'

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

/** What of a connection a source uses: its own, or a share of one that several tabs have. */
export type SourceConnection = Pick<
  SupervisedConnection,
  'state' | 'lastEventId' | 'resumeFrom' | 'connect' | 'close'
>

/** What of a source its connection calls. */
export interface SourceListener extends SupervisedListener {
  mode(mode: SharingMode, previous: SharingMode): void
}

type OpenConnection = (settings: SupervisedSettings, listener: SourceListener) => SourceConnection

/** Opens a source over another connection than its own. */
export function openSource<Schemas extends EventSchemas>(
  url: PerAttempt<string | URL>,
  options: EventSourceOptions<Schemas>,
  open: OpenConnection,
): TypedEventSource<Schemas> {
  return new Source(url, options, open)
}

type AnyEvent = { readonly type: string; readonly data: unknown; readonly lastEventId: string }

class Source<Schemas extends EventSchemas> implements TypedEventSource<Schemas> {
  readonly #url: string
  readonly #options: EventSourceOptions<Schemas>
  readonly #clock: Clock
  readonly #connection: SourceConnection
  readonly #judge: Judge
  readonly #recentIds = new RecentIds()
  readonly #listeners = new Listeners()
  readonly #observers = new Set<(happening: Happening) => void>()
  readonly #queues = new Set<EventQueue<SourceEvent<Schemas>>>()
  readonly #closing = Promise.withResolvers<ClosedState>()
  readonly #capacity: number
  readonly #stopListening: (() => void) | undefined
  /** Whether anybody ever listened. Before that, nothing is read. */
  #wanted = false
  #goOn: PromiseWithResolvers<void> | undefined
  #ready: PromiseWithResolvers<void> | undefined
  /** The position that the store has, or is given now. */
  #kept: string
  #keeping = false

  constructor(
    url: PerAttempt<string | URL>,
    options: EventSourceOptions<Schemas>,
    open: OpenConnection = (settings, listener) => new SupervisedConnection(settings, listener),
  ) {
    const {
      clock = systemClock,
      method = 'GET',
      presence = browserPresence(),
      until,
      lastEventId = '',
      signal,
    } = options
    this.#url = typeof url === 'function' ? '(made for each attempt)' : String(url)
    if (typeof url !== 'function' && options.fetch === undefined)
      checkRequest(this.#url, method, options.body)
    this.#options = options
    this.#kept = lastEventId
    this.#clock = clock
    this.#capacity = checkBound('bufferSize', options.bufferSize ?? 100)
    const stallTimeoutMs =
      options.stallTimeoutMs === undefined
        ? undefined
        : checkDuration('stallTimeoutMs', options.stallTimeoutMs || 0)
    const createParser: CreateParser = (handlers) =>
      createEventStreamParser({ ...handlers, limits: options.limits })
    // Here, where the mistake is, and not in each attempt.
    createParser({ onEvent: () => {} })
    this.#judge = new Judge({
      method: method.toUpperCase(),
      retryUnsafe: options.retryUnsafe ?? false,
      retryWhen: options.retryWhen,
      onUnauthorized: options.onUnauthorized,
      endsByEvent: until !== undefined,
      lastEventId: () => this.lastEventId,
    })
    this.#connection = open(
      {
        prepare: (from, attempt) => prepareRequest(url, options, { lastEventId: from, attempt }),
        fetch: options.fetch ?? ((input, init) => fetch(input, init)),
        judge: (error) => this.#judge.judge(error),
        backoff: checkPolicy(
          'backoff',
          options.backoff ?? exponentialBackoff(),
          'next',
          'exponentialBackoff({ maxMs })',
        ),
        circuitBreaker:
          options.circuitBreaker &&
          checkPolicy('circuitBreaker', options.circuitBreaker, 'failed', 'circuitBreaker({ openMs })'),
        presence: presence || undefined,
        maxAttempts: checkBound('maxAttempts', options.maxAttempts ?? Number.POSITIVE_INFINITY),
        healthyAfterMs: checkDuration('healthyAfterMs', options.healthyAfterMs ?? 5_000),
        stallTimeoutMs,
        connectTimeoutMs: checkDuration('connectTimeoutMs', (options.connectTimeoutMs ?? 30_000) || 0),
        lastEventId,
        createParser,
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
    return this.#listen(type, listener, false)
  }

  once(type: string, listener: AnyListener): () => void {
    return this.#listen(type, listener, true)
  }

  off(type: string, listener: AnyListener): void {
    this.#listeners.remove(type, listener)
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
      this.#wanted = true
      this.#readOn()
    }
    return queue
  }

  toString(): string {
    return `EventSource ${this.#url} (${describeState(this.state, this.#clock.wallTime())}${this.lastEventId && `, after ${JSON.stringify(this.lastEventId)}`})`
  }

  /** What consoles show of it. */
  get [Symbol.toStringTag](): string {
    return this.toString()
  }

  async #start(): Promise<void> {
    try {
      const stored = await this.#options.lastEventIdStore?.load()
      if (stored) {
        this.#connection.resumeFrom(stored)
        this.#kept = stored
      }
    } catch (error) {
      warn('The last event ID could not be loaded, so the stream begins where it would without.', error)
    }
    this.#connection.connect()
  }

  #listen(type: string, listener: AnyListener, once: boolean): () => void {
    if (typeof listener !== 'function')
      throw invalidOption(`The listener for ${JSON.stringify(type)}`, 'a function', listener)
    if (this.state.status !== 'closed') this.#listeners.add(type, listener, once)
    this.#wanted = true
    this.#readOn()
    return () => this.off(type, listener)
  }

  /** What of it the connection calls: nobody else shall. */
  #listener(): SourceListener {
    return {
      mode: (mode, previous) => this.#tell({ type: 'mode', mode, previous }),
      state: (state, previous) => this.#stateChanged(state, previous),
      circuit: (circuit, previous) => this.#tell({ type: 'circuit', circuit, previous }),
      received: (bytes) => this.#tell({ type: 'bytes', bytes }),
      comment: (comment) => this.#tell({ type: 'comment', comment }),
      event: (event, id) => this.#dispatch(event, id),
      position: () => this.#keep(),
      ready: () => this.#whenWanted(),
    }
  }

  #stateChanged(state: ConnectionState, previous: ConnectionState): void {
    if (state.status === 'open') {
      this.#judge.opened()
      this.#ready?.resolve()
      this.#ready = undefined
    }
    if (state.status === 'connecting' && this.lastEventId !== '') this.#recentIds.resume(this.lastEventId)
    this.#tell({ type: 'state', state, previous })
    if (state.status === 'closed') this.#ended(state)
  }

  #ended(state: ClosedState): void {
    this.#stopListening?.()
    const unseen = this.#observers.size + this.#queues.size === 0 && this.#ready === undefined
    if (this.#ready !== undefined) {
      // Whoever waits hears of it; nobody need wait.
      this.#ready.promise.catch(() => {})
      this.#ready.reject(notReady(state))
    }
    for (const queue of this.#queues) queue.end(state.error)
    this.#listeners.clear()
    this.#keep()
    this.#closing.resolve(state)
    this.#goOn?.resolve()
    if (state.reason === 'failed' && unseen)
      warn(`The event source ${this.#url} has failed, and there will be no other attempt.`, state.error)
  }

  #dispatch(event: DispatchedEvent, id: string | undefined): void {
    if (this.#options.until !== undefined && this.#isLast(event)) return this.#connection.close('done')
    const gap = parseGap(event)
    if (gap !== undefined) return this.#tellGap(gap, event)
    if (this.#recentIds.repeats(id)) return this.#tell({ type: 'dropped', reason: 'duplicate', event })
    const { events } = this.#options
    if (events === undefined) return this.#handOut(event)
    let typed: AnyEvent
    try {
      typed = events.parse(event)
    } catch (error) {
      const { code } = Object(error) as Partial<SseError>
      const reason = code === 'unknown-event' ? 'unknown-type' : 'invalid'
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
    const unseen = this.#observers.size + this.#queues.size === 0 && !this.#listeners.has('gap')
    if (unseen) warn(`Events of ${this.#url} were missed: ${gap.reason}. Listen to 'gap' to handle it.`, gap)
    this.#tell({ type: 'gap', gap })
    const parsed = { ...event, data: gap }
    // Without an event map an iteration gives texts, so that nobody has to tell them from the data of gaps.
    this.#handOut(parsed, this.#options.events === undefined ? event : parsed)
  }

  #handOut(event: AnyEvent, iterated: AnyEvent = event): void {
    if (this.#queues.size > 0) {
      for (const queue of this.#queues) queue.push(iterated as SourceEvent<Schemas>)
    }
    this.#listeners.call(event.type, event.data, event)
  }

  /** Keeps the position, if there is a store. */
  #keep(): void {
    const { lastEventIdStore } = this.#options
    if (lastEventIdStore !== undefined && !this.#keeping) void this.#keepIn(lastEventIdStore)
  }

  /** One save at a time, of the latest position. */
  async #keepIn(lastEventIdStore: LastEventIdStore): Promise<void> {
    this.#keeping = true
    for (let done = this.#donePosition; done !== this.#kept; done = this.#donePosition) {
      this.#kept = done
      try {
        await lastEventIdStore.save(done)
      } catch (error) {
        warn('The last event ID could not be stored.', error)
      }
    }
    this.#keeping = false
  }

  /** After which event everybody is done with what they were given: a program that starts again may not miss what it never saw. */
  get #donePosition(): string {
    let behind = 0
    let position = this.lastEventId
    for (const queue of this.#queues) {
      if (queue.behind <= behind) continue
      behind = queue.behind
      position = queue.done?.lastEventId ?? this.#kept
    }
    return position
  }

  #whenWanted(): Promise<void> | undefined {
    if (this.#mayRead) return undefined
    this.#goOn ??= Promise.withResolvers()
    return this.#goOn.promise
  }

  get #mayRead(): boolean {
    if (!this.#wanted) return false
    for (const queue of this.#queues) if (queue.full) return false
    return true
  }

  #readOn(): void {
    if (!this.#mayRead) return
    this.#goOn?.resolve()
    this.#goOn = undefined
  }

  #queueChanged(queue: EventQueue<SourceEvent<Schemas>>): void {
    if (queue.left) {
      if (this.#queues.size > 1 || !this.#listeners.empty) this.#queues.delete(queue)
      else this.close()
    }
    this.#keep()
    this.#readOn()
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

/** `fetch` would say each time that there can be no such request, and each time it would sound like a network that is down. */
function checkRequest(url: string, method: string, body: unknown): void {
  try {
    new Request(url, { method, body: body === undefined ? null : '' })
  } catch (cause) {
    throw clientError('invalid-option', `There can be no such request: ${(cause as Error).message}`, {
      field: 'url',
      cause,
    })
  }
}
