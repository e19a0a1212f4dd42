import {
  type Clock,
  createUnboundedParser,
  type DispatchedEvent,
  EVENT_STREAM_MEDIA_TYPE,
  systemClock,
} from '@sse/core'
import type { FetchLike, PreparedRequest } from './attempt/attempt.ts'
import { Connection, type Verdict } from './connection/connection.ts'
import type { ConnectionState } from './connection/connection-state.ts'
import type { ClientErrorCode, ConnectionError } from './errors.ts'
import { bytesOf } from './request.ts'

export interface EventSourceInit {
  /** Whether cookies go to other origins too. Default false. */
  readonly withCredentials?: boolean | undefined
  /** Beyond the standard: what makes the requests, for headers of your own. Default the runtime's. */
  readonly fetch?: FetchLike | undefined
  /** Beyond the standard: for tests that do not wait. */
  readonly clock?: Clock | undefined
}

/**
 * What an `error` event of a connection tells people, beyond the standard, which tells nothing. Not the `error` events that a
 * stream itself may carry: those are `MessageEvent`s.
 */
export interface EventSourceErrorEvent extends Event {
  readonly code: ClientErrorCode
  readonly message: string
  /** The status of the response, where there was one. */
  readonly status: number | undefined
  readonly cause: unknown
}

type AddOptions = Parameters<EventTarget['addEventListener']>[2]
type RemoveOptions = Parameters<EventTarget['removeEventListener']>[2]
type AnyListener = Parameters<EventTarget['addEventListener']>[1]

interface EventSourceEvents {
  readonly open: Event
  readonly message: MessageEvent
  readonly error: EventSourceErrorEvent
}

type ListenerOf<E extends Event> = (this: EventSource, event: E) => unknown
/** As it is read. Without `this`, so that the type fits where the browser's is asked for. */
type Handler<E extends Event> = (event: E) => unknown
type HandlerType = keyof EventSourceEvents

/** `EventTarget`, told what comes: any type that is not of the connection is one of the stream. */
interface EventSourceTarget extends EventTarget {
  addEventListener<T extends HandlerType>(
    type: T,
    listener: ListenerOf<EventSourceEvents[T]>,
    options?: AddOptions,
  ): void
  addEventListener(type: string, listener: ListenerOf<MessageEvent>, options?: AddOptions): void
  addEventListener(type: string, listener: AnyListener, options?: AddOptions): void
  removeEventListener<T extends HandlerType>(
    type: T,
    listener: ListenerOf<EventSourceEvents[T]>,
    options?: RemoveOptions,
  ): void
  removeEventListener(type: string, listener: ListenerOf<MessageEvent>, options?: RemoveOptions): void
  removeEventListener(type: string, listener: AnyListener, options?: RemoveOptions): void
}

const Target = EventTarget as new () => EventSourceTarget

/** The standard's reconnection time is "a few seconds": browsers take three. */
const RECONNECTION_TIME_MS = 3_000

/**
 * The `EventSource` of the web standard (WHATWG HTML §9.2), for every runtime that has `fetch`: put it in the place of the
 * browser's. Events are as long as the server makes them; for a bound, headers, or another rule of reconnecting, see
 * `createEventSource`.
 *
 * A script cannot do all that a browser can. To another origin, `Last-Event-ID` needs a CORS preflight; a response that CORS
 * forbids looks like a broken connection, and is asked for again; the events of one chunk come with nothing between them, not
 * even what a listener awaits; no event `isTrusted`. Node's `fetch` takes five minutes of silence for a broken connection.
 */
export class EventSource extends Target {
  static get CONNECTING(): 0 {
    return 0
  }
  static get OPEN(): 1 {
    return 1
  }
  static get CLOSED(): 2 {
    return 2
  }

  readonly #withCredentials: boolean
  readonly #url: string
  readonly #connection: Connection
  /** Where the next attempt goes: redirects are remembered (spec §9.2.3: the request is used again, as they left it). */
  #target: string
  #origin = ''
  readonly #handlers: { [T in HandlerType]?: Handler<Event> | null } = {}

  /** @throws DOMException `SyntaxError` when the URL is none. */
  constructor(url: string | URL, init: EventSourceInit = {}) {
    super()
    this.#withCredentials = !!init?.withCredentials
    this.#url = this.#target = resolve(url)
    const clock = init?.clock ?? systemClock
    this.#connection = new Connection(
      {
        prepare: (lastEventId) => this.#request(lastEventId),
        fetch: init?.fetch ?? ((input, request) => fetch(input, request)),
        judge,
        begin: () => ({ status: 'connecting', attempt: 1 }),
        // It never grows: the server has its `retry` to slow its clients down.
        between: (error, retryMs = RECONNECTION_TIME_MS) => ({
          status: 'waiting',
          until: clock.wallTime() + retryMs,
          attempt: 1,
          error,
        }),
        lastEventId: '',
        createParser: createUnboundedParser,
        clock,
      },
      {
        state: (state) => this.#stateChanged(state),
        event: (event) => this.#dispatch(event),
      },
    )
    this.#connection.connect()
  }

  get CONNECTING(): 0 {
    return 0
  }
  get OPEN(): 1 {
    return 1
  }
  get CLOSED(): 2 {
    return 2
  }

  get url(): string {
    return this.#url
  }

  get withCredentials(): boolean {
    return this.#withCredentials
  }

  get readyState(): 0 | 1 | 2 {
    const { status } = this.#connection.state
    return status === 'open' ? 1 : status === 'closed' ? 2 : 0
  }

  get onopen(): Handler<Event> | null {
    return this.#handlers.open ?? null
  }
  set onopen(handler: ListenerOf<Event> | null) {
    this.#setHandler('open', handler)
  }

  get onmessage(): Handler<MessageEvent> | null {
    return this.#handlers.message ?? null
  }
  set onmessage(handler: ListenerOf<MessageEvent> | null) {
    this.#setHandler('message', handler)
  }

  get onerror(): Handler<Event> | null {
    return this.#handlers.error ?? null
  }
  set onerror(handler: ListenerOf<EventSourceErrorEvent> | null) {
    this.#setHandler('error', handler)
  }

  /** For good: no event and no request comes after it. */
  close(): void {
    this.#connection.close('closed')
  }

  get [Symbol.toStringTag](): string {
    return 'EventSource'
  }

  #request(lastEventId: string): PreparedRequest {
    return {
      // Throws for one that no `fetch` takes, as with credentials: that is futile, and no broken connection.
      url: new Request(this.#target).url,
      init: {
        headers: {
          accept: EVENT_STREAM_MEDIA_TYPE,
          ...(lastEventId && { 'last-event-id': bytesOf(lastEventId) }),
        },
        cache: 'no-store',
        credentials: this.#withCredentials ? 'include' : 'same-origin',
      },
    }
  }

  #stateChanged(state: ConnectionState): void {
    if (state.status === 'open') {
      this.#target = state.response.url
      this.#origin = new URL(this.#target).origin
      this.dispatchEvent(new Event('open'))
    } else if (state.status !== 'connecting' && state.error) {
      const { code, message, response, cause } = state.error
      this.dispatchEvent(
        Object.assign(new Event('error'), { code, message, status: response?.status, cause }),
      )
    }
  }

  #dispatch({ type, data, lastEventId }: DispatchedEvent): void {
    this.dispatchEvent(new MessageEvent(type, { data, lastEventId, origin: this.#origin }))
  }

  /** An event handler is a listener that keeps its place when it is replaced, and loses it to `null` (HTML §8.1.8.1). */
  #setHandler<E extends Event>(type: HandlerType, handler: ListenerOf<E> | null): void {
    const isOne = typeof handler === 'function'
    this.#handlers[type] = isOne ? (handler as Handler<Event>) : null
    if (isOne) this.addEventListener(type, this.#handle)
    else this.removeEventListener(type, this.#handle)
  }
  readonly #handle = (event: Event): void => {
    this.#handlers[event.type as HandlerType]?.call(this, event)
  }
}

function resolve(url: string | URL): string {
  const { document, location } = globalThis as {
    document?: { readonly baseURI: string }
    location?: { readonly href: string }
  }
  try {
    return new URL(url, document?.baseURI ?? location?.href).href
  } catch {
    throw new DOMException(
      `The URL of an EventSource cannot be parsed: ${JSON.stringify(String(url))}.`,
      'SyntaxError',
    )
  }
}

/** spec §9.2.3: another attempt after a network error, unless the user stopped it, and after the end; none after anything else. */
function judge(error: ConnectionError): Verdict {
  const lost = error.code === 'network-error' || error.code === 'stream-ended'
  return lost && (error.cause as Error | undefined)?.name !== 'AbortError' ? 'again' : error
}
