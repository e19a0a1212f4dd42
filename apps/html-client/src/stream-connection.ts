import { backoffDelay } from './backoff.ts'

export type ConnectionState = 'connecting' | 'open' | 'reconnecting' | 'closed'

export interface ReceivedEvent {
  readonly type: string
  readonly data: string
  /** The event's own id; empty if it came without one. */
  readonly id: string
}

export interface ConnectionObserver {
  /** The types to listen for when a connection is made. */
  eventTypes(): Iterable<string>
  connectionChanged(): void
  eventReceived(event: ReceivedEvent): void
}

const SLOW_AFTER_MS = 4_000

/**
 * Keeps one event stream open. The browser's EventSource reconnects by itself after a network error, but gives up for
 * good on any answer that is not an event stream (a 503 while the server restarts). Then a new EventSource takes over,
 * with the last event id in the query because a page cannot set the header.
 */
export class StreamConnection {
  readonly url: string
  readonly #observer: ConnectionObserver
  #source: EventSource | undefined
  #state: ConnectionState = 'closed'
  #lastEventId = ''
  #reconnects = 0
  #failures = 0
  #retryAt: number | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined
  #slow = false
  #slowTimer: ReturnType<typeof setTimeout> | undefined

  constructor(url: string, observer: ConnectionObserver) {
    this.url = url
    this.#observer = observer
  }

  get state(): ConnectionState {
    return this.#state
  }

  get lastEventId(): string {
    return this.#lastEventId
  }

  /** How often the stream came back after it was lost. */
  get reconnects(): number {
    return this.#reconnects
  }

  /** When the next attempt starts (as Date.now() counts); undefined if none is planned or the browser decides it. */
  get retryAt(): number | undefined {
    return this.#retryAt
  }

  /** True while an attempt has had neither an answer nor an error for long. */
  get slow(): boolean {
    return this.#slow
  }

  connect(): void {
    if (this.#state !== 'closed') return
    this.#failures = 0
    this.#openSource()
    this.#become('connecting')
  }

  /** Final until the next `connect`, which resumes after the last event id. */
  disconnect(): void {
    this.#source?.close()
    this.#source = undefined
    this.#cancelTimers()
    this.#become('closed')
  }

  /** Adds what is new in `eventTypes()` to the open connection; dropped types go with the next connection. */
  listenForNewTypes(): void {
    if (this.#source !== undefined) this.#listen(this.#source)
  }

  #openSource(): void {
    const source = new EventSource(this.#resumeUrl())
    this.#source = source
    source.addEventListener('open', this.#opened)
    source.addEventListener('error', this.#failed)
    this.#listen(source)
    this.#slowTimer = setTimeout(() => {
      this.#slow = true
      this.#observer.connectionChanged()
    }, SLOW_AFTER_MS)
  }

  #resumeUrl(): string {
    const url = new URL(this.url, location.href)
    if (this.#lastEventId !== '') url.searchParams.set('lastEventId', this.#lastEventId)
    return url.href
  }

  #listen(source: EventSource): void {
    // Adding the same listener again is a no-op, so this may be repeated.
    for (const type of this.#observer.eventTypes()) source.addEventListener(type, this.#received)
  }

  // A server may name its own events "open" or "error". Those arrive as a MessageEvent, EventSource's own do not.

  readonly #opened = (event: Event): void => {
    if (event instanceof MessageEvent) return
    this.#cancelTimers()
    this.#failures = 0
    if (this.#state === 'reconnecting') this.#reconnects += 1
    this.#become('open')
  }

  readonly #failed = (event: Event): void => {
    if (event instanceof MessageEvent) return
    this.#cancelTimers()
    if (this.#source?.readyState === EventSource.CLOSED) this.#retryLater()
    this.#become('reconnecting')
  }

  readonly #received = (event: Event): void => {
    if (!(event instanceof MessageEvent)) return
    const { type, data, lastEventId }: MessageEvent<string> = event
    // An event without an id repeats the previous one, or has none at all in a new EventSource, whose memory starts
    // empty. Neither is the event's own id, and the latter must not lose our place.
    const id = lastEventId === this.#lastEventId ? '' : lastEventId
    if (id !== '') this.#lastEventId = id
    this.#observer.eventReceived({ type, data, id })
  }

  #retryLater(): void {
    this.#failures += 1
    const delay = backoffDelay(this.#failures)
    this.#retryAt = Date.now() + delay
    this.#retryTimer = setTimeout(() => {
      this.#retryAt = undefined
      this.#openSource()
      this.#observer.connectionChanged()
    }, delay)
  }

  #cancelTimers(): void {
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#slowTimer)
    this.#retryAt = undefined
    this.#slow = false
  }

  #become(state: ConnectionState): void {
    this.#state = state
    this.#observer.connectionChanged()
  }
}
