import {
  type ConnectionError,
  type ConnectionState,
  circuitBreaker,
  consecutiveFailures,
  createEventSource,
  type FetchLike,
  type Happening,
  type TypedEventSource,
} from '@sse/client'
import type { ReaderObserver, StreamReader } from './stream-reader.ts'
import type { StreamRequest } from './stream-request.ts'
import type { StreamState } from './stream-state.ts'

/** Shorter than one would choose for a product, so that somebody who watches sees it open and close. */
const CIRCUIT = { failures: 4, openMs: 10_000 }

/** A burst waits here for a moment; the network is slowed down only when that is not enough. */
const BUFFER_SIZE = 2_000

/** Reads a stream with `@sse/client`: any method, headers and body, any event type, and each step to be seen. */
export class ClientReader implements StreamReader {
  readonly #source: TypedEventSource
  readonly #observer: ReaderObserver
  readonly #fetch: FetchLike
  #cut = new AbortController()

  constructor(request: StreamRequest, lastEventId: string, fetch: FetchLike, observer: ReaderObserver) {
    this.#observer = observer
    this.#fetch = fetch
    this.#source = createEventSource(request.url, {
      method: request.method,
      headers: request.headers.map(([name, value]): [string, string] => [name, value]),
      body: request.body || null,
      lastEventId,
      stallTimeoutMs: request.stallTimeoutMs,
      bufferSize: BUFFER_SIZE,
      circuitBreaker: circuitBreaker({
        trip: consecutiveFailures(CIRCUIT.failures),
        openMs: CIRCUIT.openMs,
      }),
      fetch: (url, init) => this.#fetchCuttably(url, init),
    })
    this.#source.observe((happening) => this.#happened(happening))
    observer.stateChanged(stateOf(this.#source.state))
    observer.circuitChanged('closed')
    void this.#read(lastEventId)
  }

  close(): void {
    this.#source.close()
  }

  readonly cut = (): void => this.#cut.abort()

  listenForNewTypes(): void {
    // It hands over every type.
  }

  /** The source sees its body break off, as it would when a network fails. */
  #fetchCuttably(url: string, init: RequestInit): Promise<Response> {
    this.#cut = new AbortController()
    const signals = [this.#cut.signal, ...(init.signal ? [init.signal] : [])]
    return this.#fetch(url, { ...init, signal: AbortSignal.any(signals) })
  }

  async #read(from: string): Promise<void> {
    let position = from
    try {
      for await (const { type, data, lastEventId } of this.#source) {
        // An event without an id of its own repeats the position.
        const id = lastEventId === position ? '' : lastEventId
        position = lastEventId
        this.#observer.eventReceived({ type, data, id }, lastEventId)
      }
    } catch {
      // It was told as the state `closed`, with its reason.
    }
  }

  #happened(happening: Happening): void {
    switch (happening.type) {
      case 'state':
        return this.#observer.stateChanged(stateOf(happening.state))
      case 'circuit':
        return this.#observer.circuitChanged(happening.circuit.state)
      case 'comment':
        return this.#observer.commentReceived(happening.comment)
    }
  }
}

function stateOf(state: ConnectionState): StreamState {
  switch (state.status) {
    case 'connecting':
      return { status: 'connecting', attempt: state.attempt }
    case 'open':
      return { status: 'open' }
    case 'waiting':
      return { status: 'waiting', attempt: state.attempt, until: state.until, because: because(state.error) }
    case 'suspended':
      return { status: 'suspended', until: state.until, because: whySuspended(state.reason) }
    case 'closed':
      return { status: 'closed', because: state.error && because(state.error) }
  }
}

function because({ message }: ConnectionError): string {
  return message
}

function whySuspended(reason: 'offline' | 'hidden' | 'circuit-open'): string {
  if (reason === 'circuit-open') return 'The circuit breaker is open: the server failed too often in a row.'
  return reason === 'offline' ? 'The browser is offline.' : 'The page is hidden.'
}
