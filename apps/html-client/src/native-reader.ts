import { backoffDelay } from './backoff.ts'
import { onTransferEnd } from './ended-transfers.ts'
import type { ReaderObserver, StreamReader } from './stream-reader.ts'

const BROWSER_DECIDES = 'The connection was lost. The browser decides when it tries again, and does not tell.'
const GAVE_UP =
  'The answer was no event stream, after which EventSource gives up. This page makes a new one in its place.'

/**
 * Reads a stream with the browser's EventSource, which reconnects by itself after a network error, but gives up for good
 * on any answer that is not an event stream (a 503 while the server restarts). Then a new EventSource takes over, with
 * the last event id in the query because a page cannot set the header.
 */
export class NativeReader implements StreamReader {
  readonly #url: string
  readonly #observer: ReaderObserver
  #source: EventSource | undefined
  #lastEventId: string
  #failures = 0
  #forgetTransfers: (() => void) | undefined
  #retryTimer: ReturnType<typeof setTimeout> | undefined

  constructor(url: string, lastEventId: string, observer: ReaderObserver) {
    this.#url = url
    this.#lastEventId = lastEventId
    this.#observer = observer
    this.#openSource()
  }

  close(): void {
    this.#source?.close()
    this.#forgetTransfers?.()
    this.#source = undefined
    clearTimeout(this.#retryTimer)
    this.#observer.stateChanged({ status: 'closed' })
  }

  listenForNewTypes(): void {
    if (this.#source !== undefined) this.#listen(this.#source)
  }

  #openSource(): void {
    const source = new EventSource(this.#resumeUrl())
    this.#source = source
    this.#forgetTransfers?.()
    this.#forgetTransfers = onTransferEnd(source.url, (bytes, wireBytes) =>
      this.#observer.transferEnded(bytes, wireBytes),
    )
    source.addEventListener('open', this.#opened)
    source.addEventListener('error', this.#failed)
    this.#listen(source)
    this.#observer.stateChanged({ status: 'connecting', attempt: this.#failures + 1 })
  }

  #resumeUrl(): string {
    const url = new URL(this.#url, location.href)
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
    this.#failures = 0
    this.#observer.stateChanged({ status: 'open' })
  }

  readonly #failed = (event: Event): void => {
    if (event instanceof MessageEvent) return
    if (this.#source?.readyState === EventSource.CLOSED) this.#retryLater()
    else this.#observer.stateChanged({ status: 'waiting', because: BROWSER_DECIDES })
  }

  readonly #received = (event: Event): void => {
    if (!(event instanceof MessageEvent)) return
    const { type, data, lastEventId }: MessageEvent<string> = event
    // An event without an id repeats the previous one, or has none at all in a new EventSource, whose memory starts
    // empty. Neither is the event's own id, and the latter must not lose our place.
    const id = lastEventId === this.#lastEventId ? '' : lastEventId
    if (id !== '') this.#lastEventId = id
    this.#observer.eventReceived({ type, data, id }, this.#lastEventId)
  }

  #retryLater(): void {
    this.#failures += 1
    const delay = backoffDelay(this.#failures)
    this.#retryTimer = setTimeout(() => this.#openSource(), delay)
    this.#observer.stateChanged({
      status: 'waiting',
      attempt: this.#failures + 1,
      until: Date.now() + delay,
      because: GAVE_UP,
    })
  }
}
