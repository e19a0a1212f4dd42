import { ClientReader } from './client-reader.ts'
import { NativeReader } from './native-reader.ts'
import type { ReaderKind, ReaderObserver, ReceivedEvent, StreamReader } from './stream-reader.ts'
import type { StreamRequest } from './stream-request.ts'
import type { Circuit, StreamState } from './stream-state.ts'
import { StreamStatistics } from './stream-statistics.ts'

export interface StreamObserver {
  eventTypes(): Iterable<string>
  /** Its state, its circuit breaker or its reader is another one. */
  changed(): void
  eventReceived(event: ReceivedEvent): void
  commentReceived(comment: string): void
}

const SLOW_AFTER_MS = 4_000

/** One stream that the page watches, over any number of connections and by either client. */
export class WatchedStream {
  readonly name: string
  readonly request: StreamRequest
  readonly statistics: StreamStatistics = new StreamStatistics()
  readonly #observer: StreamObserver
  #readerKind: ReaderKind
  #reader: StreamReader | undefined
  #state: StreamState = { status: 'closed' }
  #circuit: Circuit = 'closed'
  #lastEventId: string
  #lost = false
  #slow = false
  #slowTimer: ReturnType<typeof setTimeout> | undefined

  constructor(name: string, request: StreamRequest, observer: StreamObserver) {
    this.name = name
    this.request = request
    this.#observer = observer
    this.#readerKind = request.reader
    this.#lastEventId = request.lastEventId
  }

  get state(): StreamState {
    return this.#state
  }

  get circuit(): Circuit {
    return this.#circuit
  }

  get reader(): ReaderKind {
    return this.#readerKind
  }

  get lastEventId(): string {
    return this.#lastEventId
  }

  /** True while an attempt has had neither an answer nor an error for long. */
  get slow(): boolean {
    return this.#slow
  }

  get connected(): boolean {
    return this.#reader !== undefined && this.#state.status !== 'closed'
  }

  get canBeCut(): boolean {
    return this.#state.status === 'open' && this.#reader?.cut !== undefined
  }

  /** Goes on after the last event id. */
  connect(): void {
    if (this.connected) return
    this.#lost = false
    try {
      this.#reader =
        this.#readerKind === 'EventSource'
          ? new NativeReader(this.request.url, this.#lastEventId, this.#readerObserver())
          : new ClientReader(
              this.request,
              this.#lastEventId,
              this.statistics.traffic.fetch,
              this.#readerObserver(),
            )
    } catch (error) {
      this.#stateChanged({
        status: 'closed',
        because: error instanceof Error ? error.message : String(error),
      })
    }
  }

  /** Final until the next `connect`. */
  disconnect(): void {
    this.#reader?.close()
    this.#reader = undefined
  }

  /** Breaks the connection under the client, to see it recover. */
  cut(): void {
    this.#reader?.cut?.()
  }

  /** Changes the client, and goes on with the new one where the old one was. */
  readWith(kind: ReaderKind): void {
    if (kind === this.#readerKind) return
    const { connected } = this
    this.disconnect()
    this.#readerKind = kind
    this.#circuit = 'closed'
    if (connected) this.connect()
    this.#observer.changed()
  }

  listenForNewTypes(): void {
    this.#reader?.listenForNewTypes()
  }

  #readerObserver(): ReaderObserver {
    return {
      eventTypes: () => this.#observer.eventTypes(),
      stateChanged: (state) => this.#stateChanged(state),
      circuitChanged: (circuit) => {
        this.#circuit = circuit
        this.#observer.changed()
      },
      eventReceived: (event, lastEventId) => {
        this.#lastEventId = lastEventId
        this.statistics.countEvent(event, this.#readerKind)
        this.#observer.eventReceived(event)
      },
      commentReceived: (comment) => this.#observer.commentReceived(comment),
      transferEnded: (bytes, wireBytes) => this.statistics.countTransfer(bytes, wireBytes),
    }
  }

  #stateChanged(state: StreamState): void {
    this.#state = state
    const { status } = state
    if (status === 'open' && this.#lost) this.statistics.reconnects += 1
    if (status === 'open') this.#lost = false
    if (status === 'waiting' || status === 'suspended') this.#lost = true
    this.#watchForSlowness(status === 'connecting')
    this.#observer.changed()
  }

  #watchForSlowness(connecting: boolean): void {
    clearTimeout(this.#slowTimer)
    this.#slow = false
    if (!connecting) return
    this.#slowTimer = setTimeout(() => {
      this.#slow = true
      this.#observer.changed()
    }, SLOW_AFTER_MS)
  }
}
