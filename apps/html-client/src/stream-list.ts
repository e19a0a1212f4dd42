import type { EventTypes } from './event-types.ts'
import { StreamCard } from './stream-card.ts'
import { type ConnectionState, type ReceivedEvent, StreamConnection } from './stream-connection.ts'
import { StreamCounters } from './stream-counters.ts'

export interface StreamListObserver {
  eventReceived(stream: string, event: ReceivedEvent): void
  stateChanged(stream: string, state: ConnectionState): void
  namesChanged(names: readonly string[]): void
}

/** The streams this page knows, each with its connection and its card. */
export class StreamList {
  readonly #container: HTMLElement
  readonly #eventTypes: EventTypes
  readonly #observer: StreamListObserver
  readonly #connections = new Map<string, StreamConnection>()

  constructor(container: HTMLElement, eventTypes: EventTypes, observer: StreamListObserver) {
    this.#container = container
    this.#eventTypes = eventTypes
    this.#observer = observer
  }

  has(name: string): boolean {
    return this.#connections.has(name)
  }

  /** A stream that belongs to the page. */
  add(name: string, url: string): StreamConnection {
    return this.#add(name, url).connection
  }

  /** A stream that the visitor may take off the list again. */
  addRemovable(name: string, url: string): StreamConnection {
    const { connection, card } = this.#add(name, url)
    card.allowRemoval(() => {
      connection.disconnect()
      this.#connections.delete(name)
      card.element.remove()
      this.#observer.namesChanged([...this.#connections.keys()])
    })
    return connection
  }

  listenForNewTypes(): void {
    for (const connection of this.#connections.values()) connection.listenForNewTypes()
  }

  #add(name: string, url: string): { connection: StreamConnection; card: StreamCard } {
    const counters = new StreamCounters()
    let reported: ConnectionState = 'closed'
    const connection: StreamConnection = new StreamConnection(url, {
      eventTypes: () => this.#eventTypes.all(),
      connectionChanged: () => {
        card.update()
        if (connection.state === reported) return
        reported = connection.state
        this.#observer.stateChanged(name, reported)
      },
      eventReceived: (event) => {
        counters.count(event)
        card.update()
        this.#observer.eventReceived(name, event)
      },
    })
    const card = new StreamCard(name, connection, counters)
    this.#connections.set(name, connection)
    this.#container.append(card.element)
    this.#observer.namesChanged([...this.#connections.keys()])
    return { connection, card }
  }
}
