import {
  type Clock,
  createEventStreamParser,
  type DispatchedEvent,
  type EventStreamParser,
  isEventStreamMediaType,
} from '@sse/core'

const CONNECTING = 0
const OPEN = 1
const CLOSED = 2

type ReadyState = typeof CONNECTING | typeof OPEN | typeof CLOSED
type Handler<E extends Event> = ((event: E) => unknown) | null

/** What streams come from. */
export interface FetchedEventSourceInit {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly clock: Clock
  /** The reconnection time until the stream sets another one, and a factor for both. */
  readonly retryMs: number
  readonly retryFactor: number
}

/**
 * The `EventSource` of WHATWG HTML §9.2 over a `fetch` that a test passes: its attributes, its events, reconnection with
 * `Last-Event-ID`. What a network adds (CORS, credentials, redirects) it does not have.
 */
export class FetchedEventSource extends EventTarget {
  static readonly CONNECTING: 0 = CONNECTING
  static readonly OPEN: 1 = OPEN
  static readonly CLOSED: 2 = CLOSED
  readonly CONNECTING: 0 = CONNECTING
  readonly OPEN: 1 = OPEN
  readonly CLOSED: 2 = CLOSED

  readonly url: string
  readonly withCredentials: boolean
  readonly #source: FetchedEventSourceInit
  readonly #abort = new AbortController()
  readonly #parser: EventStreamParser
  readonly #handlers = new Map<
    string,
    { readonly handler: unknown; readonly listener: (event: Event) => void }
  >()
  #readyState: ReadyState = CONNECTING
  #retryMs: number
  #cancelTimer = (): void => {}

  constructor(url: string | URL, source: FetchedEventSourceInit, withCredentials: boolean) {
    super()
    this.url = absolute(url)
    this.withCredentials = withCredentials
    this.#source = source
    this.#retryMs = source.retryMs
    this.#parser = createEventStreamParser({
      onEvent: (event) => this.#dispatch(event),
      onRetry: (ms) => {
        this.#retryMs = ms
      },
      limits: { maxEventLength: Number.POSITIVE_INFINITY },
    })
    void this.#connect()
  }

  get readyState(): ReadyState {
    return this.#readyState
  }

  get onopen(): Handler<Event> {
    return this.#handler('open')
  }
  set onopen(handler: Handler<Event>) {
    this.#setHandler('open', handler)
  }

  get onmessage(): Handler<MessageEvent> {
    return this.#handler('message')
  }
  set onmessage(handler: Handler<MessageEvent>) {
    this.#setHandler('message', handler)
  }

  get onerror(): Handler<Event> {
    return this.#handler('error')
  }
  set onerror(handler: Handler<Event>) {
    this.#setHandler('error', handler)
  }

  close(): void {
    this.#readyState = CLOSED
    this.#cancelTimer()
    this.#abort.abort()
  }

  /** One connection, from the request to its end. Never rejects. */
  async #connect(): Promise<void> {
    const { lastEventId } = this.#parser
    const headers = new Headers({ accept: 'text/event-stream' })
    if (lastEventId !== '') headers.set('last-event-id', bytesOf(lastEventId))
    try {
      const response = await this.#source.fetch(this.url, {
        headers,
        cache: 'no-store',
        signal: this.#abort.signal,
      })
      if (this.#readyState === CLOSED) return
      if (!announces(response)) {
        void response.body?.cancel().catch(() => {})
        return this.#fail()
      }
      this.#readyState = OPEN
      this.dispatchEvent(new Event('open'))
      for await (const chunk of chunksOf(response)) {
        if (this.#isClosed()) return
        this.#parser.feed(chunk)
      }
    } catch {
      // A broken connection, like the end of one, is reestablished (spec §9.2.3).
    }
    this.#reestablish()
  }

  #reestablish(): void {
    if (this.#isClosed()) return
    this.#parser.reset()
    this.#readyState = CONNECTING
    this.dispatchEvent(new Event('error'))
    // A listener may have closed it.
    if (this.#isClosed()) return
    const { clock, retryFactor } = this.#source
    this.#cancelTimer = clock.schedule(() => void this.#connect(), this.#retryMs * retryFactor, true)
  }

  /** For good: there is no reconnection (spec §9.2.3, "fail the connection"). */
  #fail(): void {
    this.#readyState = CLOSED
    this.dispatchEvent(new Event('error'))
  }

  #dispatch({ type, data, lastEventId }: DispatchedEvent): void {
    // A chunk goes on behind the event whose listener closed the source.
    if (this.#isClosed()) return
    this.dispatchEvent(new MessageEvent(type, { data, lastEventId, origin: originOf(this.url) }))
  }

  /** A method, so that what a listener may have done is asked for anew. */
  #isClosed(): boolean {
    return this.#readyState === CLOSED
  }

  #handler<E extends Event>(type: string): Handler<E> {
    return (this.#handlers.get(type)?.handler ?? null) as Handler<E>
  }

  #setHandler<E extends Event>(type: string, handler: Handler<E>): void {
    const former = this.#handlers.get(type)
    if (former !== undefined) this.removeEventListener(type, former.listener)
    this.#handlers.delete(type)
    if (typeof handler !== 'function') return
    const listener = (event: Event): void => void handler.call(this, event as E)
    this.#handlers.set(type, { handler, listener })
    this.addEventListener(type, listener)
  }
}

function announces({ status, headers }: Response): boolean {
  return status === 200 && isEventStreamMediaType(headers.get('content-type'))
}

async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body?.getReader()
  for (;;) {
    const read = await reader?.read()
    if (read === undefined || read.done) return
    yield read.value
  }
}

/** In a page, against its address; elsewhere a URL is absolute or is left as it is: nobody connects to it. */
function absolute(url: string | URL): string {
  const base = (globalThis as { readonly location?: { readonly href?: string } }).location?.href
  return URL.canParse(String(url), base) ? new URL(url, base).href : String(url)
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : ''
}

/** Ids go out as UTF-8 (WHATWG HTML §9.2.4), and `fetch` takes one character for each byte. */
function bytesOf(id: string): string {
  return String.fromCharCode(...new TextEncoder().encode(id))
}
