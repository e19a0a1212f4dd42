import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { type Clock, type DispatchedEvent, onAbort, type SseError, systemClock } from '@sse/core'
import { type TestingErrorCode, testingError } from '../errors.ts'
import { DeliveryCheck } from './delivery-check.ts'
import { Durations } from './durations.ts'
import type { ConnectionCounts, LoadProgress, LoadReport } from './load-report.ts'
import { sentAtOf } from './sent-at.ts'
import { type ClientObserver, StreamClient } from './stream-client.ts'
import { openTarget, type Target } from './target.ts'

export interface LoadOptions {
  /** `http:` or `https:`; it is asked by GET, and redirects are not followed. */
  readonly url: string | URL
  /** How many connections at a time. Default 100. */
  readonly clients?: number | undefined
  /** How long all of them stay, counted from the end of the ramp. Default 10,000 ms. */
  readonly durationMs?: number | undefined
  /** Over what time they are started, evenly. Default 1 ms for each; 0: all at once. */
  readonly rampMs?: number | undefined
  readonly headers?: RequestInit['headers']
  /**
   * Whether a client whose stream ends, or whose attempt fails, tries again: with `Last-Event-ID`, after the server's `retry`. Then what a
   * reconnection loses counts as missing, and what it brings again as doubled. Default false.
   */
  readonly reconnect?: boolean | undefined
  /** The wait before that, unless the server asks for another one. Default 1,000 ms; each waits up to as much again, by chance. */
  readonly retryMs?: number | undefined
  /** How long an answer may take. Default 10,000 ms. */
  readonly connectTimeoutMs?: number | undefined
  /**
   * When an event was sent, in milliseconds since 1970, by a clock that agrees with this machine's. Default: what the JSON of its data
   * has in `sentAt` or `at`.
   */
  readonly sentAt?: ((event: DispatchedEvent) => number | undefined) | undefined
  /** The longest event that is read, in UTF-16 code units. Default 1,048,576; past it the connection counts as ended. */
  readonly maxEventLength?: number | undefined
  /** Whether certificates that nobody vouches for will do. Default false. */
  readonly insecure?: boolean | undefined
  /** Ends the load; the report is of what was until then. */
  readonly signal?: AbortSignal | undefined
  /** Told about once a second. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined
  /** Time, for tests. */
  readonly clock?: Clock | undefined
  /** Chance, for tests: numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/**
 * Puts clients on an event stream, and reports what they got: of connections, rates, delays, and of events that are
 * missing or came twice. It is over after its duration, when `signal` says so, or when no stream is left.
 *
 * ```ts
 * const { ok, delivery, spreadMs } = await load({ url: 'http://localhost:3000/prices', clients: 1_000 })
 * ```
 *
 * @throws SseError `invalid-option`
 */
export async function load(options: LoadOptions): Promise<LoadReport> {
  const checked = withDefaults(options)
  const target = await openTarget(options.url, options.headers, options.insecure ?? false)
  return new Load(checked, target).run()
}

type Settings = ReturnType<typeof withDefaults>

const PROGRESS_MS = 1_000
/** Kinds of reasons that are told apart; a server can put anything into its status line. */
const MAX_REASONS = 30
/** The ramp goes in steps: a timer for each client would be late for most of them. */
const RAMP_STEP_MS = 10

class Load implements ClientObserver {
  readonly #settings: Settings
  readonly #target: Target
  readonly #clock: Clock
  readonly #clients: StreamClient[] = []
  readonly #delivery: DeliveryCheck
  readonly #connect = new Durations()
  readonly #latency = new Durations()
  readonly #spread = new Durations()
  readonly #reasons = new Map<string, number>()
  readonly #timers = new Set<() => void>()
  readonly #over = Promise.withResolvers<void>()
  readonly #startedAt: number
  /** For how busy this process was. */
  readonly #utilization: EventLoopUtilization = performance.eventLoopUtilization()
  #opened = 0
  #open = 0
  #failed = 0
  #closed = 0
  /** Clients that get nothing more. */
  #done = 0
  #events = 0
  #bytes = 0
  #withoutId = 0
  #belowZero = 0
  /** When the ramp was over, and what had come by then. */
  #ramped: { readonly at: number; readonly events: number; readonly bytes: number } | undefined
  /** The event that was dated last: the clients get the same one after each other. */
  #dated: { readonly event: DispatchedEvent; readonly sentAt: number | undefined } | undefined

  constructor(settings: Settings, target: Target) {
    this.#settings = settings
    this.#target = target
    this.#clock = settings.clock
    this.#startedAt = this.#clock.now()
    this.#delivery = new DeliveryCheck({
      clients: settings.clients,
      onSpread: (ms) => this.#spread.record(ms),
    })
  }

  async run(): Promise<LoadReport> {
    const { signal, onProgress } = this.#settings
    const stopListening = onAbort(signal, () => this.#over.resolve())
    try {
      this.#ramp()
      if (onProgress !== undefined) this.#tell(onProgress, this.#startedAt, 0, 0)
      await this.#over.promise
      const connections = this.#counts()
      return this.#report(connections)
    } finally {
      stopListening()
      for (const cancel of this.#timers) cancel()
      for (const client of this.#clients) client.leave()
    }
  }

  opened(_: StreamClient, afterMs: number): void {
    this.#opened++
    this.#open++
    this.#connect.record(afterMs)
  }

  event(client: StreamClient, event: DispatchedEvent, id: string | undefined): void {
    this.#events++
    // An empty id takes the position back: it names no event.
    if (id) this.#delivery.received(client.index, id, this.#clock.now(), client.openedAt)
    else this.#withoutId++
    const sentAt = this.#sentAt(event)
    if (sentAt === undefined) return
    const latencyMs = this.#clock.wallTime() - sentAt
    if (latencyMs < 0) this.#belowZero++
    else this.#latency.record(latencyMs)
  }

  bytes(_: StreamClient, count: number): void {
    this.#bytes += count
  }

  ended(client: StreamClient, wasOpen: boolean, reason: string): void {
    const { reconnect, retryMs, random } = this.#settings
    this.#count(reason)
    // To one that comes back, it says that there is no more (spec §9.2.3).
    const isSentAway = reason === 'status 204' && client.openedAt !== Number.POSITIVE_INFINITY
    if (wasOpen) {
      this.#open--
      this.#closed++
    } else if (!isSentAway) this.#failed++
    if (reconnect && !isSentAway) {
      this.#after((client.retryMs ?? retryMs) * (1 + random()), () => client.connect())
    } else {
      this.#done++
      this.#delivery.left(client.index)
      this.#endIfDone()
    }
  }

  #count(reason: string): void {
    const kind = this.#reasons.has(reason) || this.#reasons.size < MAX_REASONS ? reason : 'other'
    this.#reasons.set(kind, (this.#reasons.get(kind) ?? 0) + 1)
  }

  /** Starts as many clients as are due. */
  #ramp(): void {
    const { clients, rampMs, connectTimeoutMs, maxEventLength, durationMs } = this.#settings
    const share = rampMs === 0 ? 1 : (this.#clock.now() - this.#startedAt) / rampMs
    // The first starts at once.
    const due = Math.min(clients, Math.floor(share * clients) + 1)
    while (this.#clients.length < due) {
      const options = { target: this.#target, clock: this.#clock, connectTimeoutMs, maxEventLength }
      const client = new StreamClient(this.#clients.length, options, this)
      this.#clients.push(client)
      client.connect()
    }
    if (share < 1) return this.#after(Math.min(RAMP_STEP_MS, rampMs), () => this.#ramp())
    this.#ramped = { at: this.#clock.now(), events: this.#events, bytes: this.#bytes }
    this.#after(durationMs, () => this.#over.resolve())
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (this.#ramped !== undefined && this.#done === this.#clients.length) this.#over.resolve()
  }

  #tell(onProgress: (progress: LoadProgress) => void, since: number, events: number, bytes: number): void {
    this.#after(PROGRESS_MS, () => {
      const now = this.#clock.now()
      const perSecond = (count: number): number => rate(count, now - since)
      onProgress({
        elapsedMs: now - this.#startedAt,
        started: this.#clients.length,
        clients: this.#settings.clients,
        connections: this.#counts(),
        events: this.#events,
        eventsPerSecond: perSecond(this.#events - events),
        bytesPerSecond: perSecond(this.#bytes - bytes),
      })
      this.#tell(onProgress, now, this.#events, this.#bytes)
    })
  }

  #report(connections: ConnectionCounts): LoadReport {
    const now = this.#clock.now()
    const delivery = { ...this.#delivery.finish(), withoutId: this.#withoutId }
    const from = this.#ramped ?? { at: this.#startedAt, events: 0, bytes: 0 }
    return {
      url: String(this.#settings.url),
      clients: this.#settings.clients,
      elapsedMs: now - this.#startedAt,
      connections,
      reasons: Object.fromEntries([...this.#reasons].sort(([, a], [, b]) => b - a)),
      events: this.#events,
      bytes: this.#bytes,
      eventsPerSecond: rate(this.#events - from.events, now - from.at),
      bytesPerSecond: rate(this.#bytes - from.bytes, now - from.at),
      connectMs: this.#connect.percentiles(),
      latencyMs: this.#latency.percentiles(),
      latencyBelowZero: this.#belowZero,
      spreadMs: this.#spread.percentiles(),
      delivery,
      busy: performance.eventLoopUtilization(this.#utilization).utilization,
      ok:
        connections.opened > 0 &&
        connections.failed === 0 &&
        delivery.missing === 0 &&
        delivery.doubled === 0,
    }
  }

  #counts(): ConnectionCounts {
    return { open: this.#open, opened: this.#opened, failed: this.#failed, closed: this.#closed }
  }

  #sentAt(event: DispatchedEvent): number | undefined {
    if (!isSame(this.#dated?.event, event)) this.#dated = { event, sentAt: this.#settings.sentAt(event) }
    return this.#dated?.sentAt
  }

  #after(delayMs: number, callback: () => void): void {
    const cancel = this.#clock.schedule(
      () => {
        this.#timers.delete(cancel)
        callback()
      },
      delayMs,
      true,
    )
    this.#timers.add(cancel)
  }
}

function isSame(former: DispatchedEvent | undefined, { data, lastEventId, type }: DispatchedEvent): boolean {
  return former?.data === data && former.lastEventId === lastEventId && former.type === type
}

function rate(count: number, ms: number): number {
  return ms === 0 ? 0 : (count * 1_000) / ms
}

function withDefaults(options: LoadOptions) {
  const {
    clients = 100,
    durationMs = 10_000,
    rampMs = clients,
    retryMs = 1_000,
    connectTimeoutMs = 10_000,
    maxEventLength = 1_048_576,
  } = options
  if (!(Number.isInteger(clients) && clients > 0))
    throw invalid('clients', clients, 'a whole number from 1 up')
  for (const [field, value] of Object.entries({ durationMs, rampMs, retryMs, connectTimeoutMs }))
    if (!(value >= 0)) throw invalid(field, value, 'a number of milliseconds from 0 up')
  return {
    ...options,
    clients,
    durationMs,
    rampMs,
    retryMs,
    connectTimeoutMs,
    maxEventLength,
    reconnect: options.reconnect ?? false,
    sentAt: options.sentAt ?? sentAtOf,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  }
}

function invalid(field: string, value: unknown, what: string): SseError<TestingErrorCode> {
  return testingError('invalid-option', `${field} is ${value}: it is ${what}.`, { field })
}
