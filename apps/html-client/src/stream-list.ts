import type { EventTypes } from './event-types.ts'
import { StreamCard } from './stream-card.ts'
import type { ReceivedEvent } from './stream-reader.ts'
import type { StreamRequest } from './stream-request.ts'
import type { Status } from './stream-state.ts'
import { WatchedStream } from './watched-stream.ts'

export interface StreamListObserver {
  eventReceived(stream: WatchedStream, event: ReceivedEvent): void
  commentReceived(stream: WatchedStream, comment: string): void
  stateChanged(stream: WatchedStream, status: Status): void
  /** Streams came, went, or are read by another client. */
  changed(): void
  showCurl(request: StreamRequest): void
}

const SAMPLE_MS = 1_000

interface Watched {
  readonly stream: WatchedStream
  readonly card: StreamCard
}

/** The streams that this page watches, side by side. */
export class StreamList {
  readonly #container: HTMLElement
  readonly #eventTypes: EventTypes
  readonly #observer: StreamListObserver
  readonly #watched = new Map<string, Watched>()

  constructor(container: HTMLElement, eventTypes: EventTypes, observer: StreamListObserver) {
    this.#container = container
    this.#eventTypes = eventTypes
    this.#observer = observer
    setInterval(() => this.#sample(), SAMPLE_MS)
  }

  get streams(): readonly WatchedStream[] {
    return [...this.#watched.values()].map(({ stream }) => stream)
  }

  get names(): readonly string[] {
    return [...this.#watched.keys()]
  }

  has(name: string): boolean {
    return this.#watched.has(name)
  }

  /** A name that is free: the wanted one, or with a number. */
  freeName(wanted: string): string {
    let name = wanted
    for (let n = 2; this.has(name); n++) name = `${wanted} ${n}`
    return name
  }

  /** Watches a stream, which is not connected yet. */
  add(name: string, request: StreamRequest): WatchedStream {
    let reported: Status = 'closed'
    let reader = request.reader
    const stream: WatchedStream = new WatchedStream(name, request, {
      eventTypes: () => this.#eventTypes.all(),
      changed: () => {
        card.update()
        if (stream.reader !== reader) {
          reader = stream.reader
          this.#observer.changed()
        }
        const { status } = stream.state
        if (status === reported) return
        reported = status
        this.#observer.stateChanged(stream, status)
      },
      eventReceived: (event) => {
        card.update()
        this.#observer.eventReceived(stream, event)
      },
      commentReceived: (comment) => this.#observer.commentReceived(stream, comment),
    })
    const card = new StreamCard(stream, {
      remove: () => this.#remove(name),
      showCurl: () => this.#observer.showCurl(request),
    })
    this.#watched.set(name, { stream, card })
    this.#container.append(card.element)
    card.showStatistics()
    this.#observer.changed()
    return stream
  }

  listenForNewTypes(): void {
    for (const { stream } of this.#watched.values()) stream.listenForNewTypes()
  }

  themeChanged(): void {
    for (const { card } of this.#watched.values()) card.themeChanged()
  }

  #remove(name: string): void {
    const watched = this.#watched.get(name)
    if (watched === undefined) return
    watched.stream.disconnect()
    watched.card.element.remove()
    this.#watched.delete(name)
    this.#observer.changed()
  }

  #sample(): void {
    const now = Date.now()
    for (const { stream, card } of this.#watched.values()) {
      stream.statistics.sample(now)
      card.showStatistics()
    }
  }
}
