import type { ConnectionState } from '../connection/connection-state.ts'
import {
  SupervisedConnection,
  type SupervisedListener,
  type SupervisedSettings,
} from '../connection/supervised-connection.ts'
import { RecentIds } from '../recent-ids.ts'
import type { RelayEntry, RelayLog, RelayPosition } from './relay-log.ts'
import { gapEvent } from './relay-reader.ts'
import { relayState } from './relayed-state.ts'
import type { AskMessage, LeaderMessage } from './tab-channel.ts'

export interface RelayLeaderListener extends Pick<SupervisedListener, 'circuit' | 'received' | 'comment'> {
  state(state: ConnectionState): void
  /** The log has grown. */
  relayed(): void
  /** Whether anybody takes more, as a connection asks it. */
  ready(): Promise<void> | undefined
}

/** One reign: the connection to the server, and all that is told to the other tabs while it lasts. */
export class RelayLeader {
  readonly #term: string
  readonly #log: RelayLog
  readonly #post: (message: LeaderMessage) => void
  readonly #listener: RelayLeaderListener
  readonly #connection: SupervisedConnection
  /** Recognised here and not in each tab, because a tab that lags reads across a reconnection without noticing. */
  readonly #recentIds = new RecentIds()
  #number = 0
  #batch: RelayEntry[] = []
  #ended = false

  constructor(
    term: string,
    log: RelayLog,
    settings: SupervisedSettings,
    post: (message: LeaderMessage) => void,
    listener: RelayLeaderListener,
  ) {
    this.#term = term
    this.#log = log
    this.#post = post
    this.#listener = listener
    const { lastEventId } = settings
    if (log.head === undefined) log.beginAt({ term, number: 0, lastEventId })
    else this.#takeOver(lastEventId)
    this.#connection = new SupervisedConnection(settings, this.#connectionListener())
  }

  start(): void {
    this.announce()
    this.#connection.connect()
  }

  /** Tells all who leads, where, and how the connection is. */
  announce(): void {
    this.#post({
      kind: 'lead',
      term: this.#term,
      head: this.#head,
      state: relayState(this.#connection.state),
    })
  }

  answer({ from, question, position }: AskMessage): void {
    const { index, match } =
      position === undefined ? { index: this.#log.end, match: 'exact' as const } : this.#log.after(position)
    this.#post({
      kind: 'answer',
      term: this.#term,
      to: from,
      question,
      base: positionOf(this.#log.before(index) ?? this.#head),
      entries: this.#log.from(index),
      match,
      state: relayState(this.#connection.state),
    })
  }

  /** Closes the connection. Nobody is told: another leads, or will. */
  end(): void {
    if (this.#ended) return
    this.#flush()
    this.#ended = true
    this.#connection.close('closed')
  }

  get #head(): RelayPosition {
    return positionOf(this.#log.head as RelayPosition)
  }

  #takeOver(lastEventId: string): void {
    for (const { id } of this.#log.from(this.#log.begin)) this.#recentIds.repeats(id)
    // Without an id nobody can ask for what came between two leaders, and a tab would not know that there were two.
    const missed = lastEventId === '' && this.#log.end > this.#log.begin
    const gap = { reason: 'unknown-id', requestedId: null, resumedAtId: '', missed: null } as const
    this.#log.append({
      term: this.#term,
      number: 0,
      lastEventId,
      event: missed ? gapEvent(gap) : undefined,
    })
  }

  #connectionListener(): SupervisedListener {
    return {
      state: (state) => this.#stateChanged(state),
      circuit: (circuit, previous) => this.#listener.circuit(circuit, previous),
      received: (bytes) => this.#listener.received(bytes),
      comment: (comment) => this.#listener.comment(comment),
      event: (event, id) => {
        if (!this.#recentIds.repeats(id)) this.#relay({ lastEventId: event.lastEventId, event, id })
      },
      position: (lastEventId) => this.#chunkRead(lastEventId),
      ready: () => this.#listener.ready(),
    }
  }

  #stateChanged(state: ConnectionState): void {
    if (this.#ended) return
    const { lastEventId } = this.#head
    if (state.status === 'connecting' && lastEventId !== '') this.#recentIds.resume(lastEventId)
    this.#post({ kind: 'state', term: this.#term, state: relayState(state) })
    this.#listener.state(state)
  }

  #relay(read: Pick<RelayEntry, 'lastEventId' | 'event' | 'id'>): void {
    const entry = { term: this.#term, number: ++this.#number, ...read }
    this.#log.append(entry)
    this.#batch.push(entry)
  }

  #chunkRead(lastEventId: string): void {
    if (lastEventId !== this.#head.lastEventId) this.#relay({ lastEventId })
    this.#flush()
    this.#listener.relayed()
  }

  /** One message for all that a chunk held, and before the own tab acts on it: what that does may take long. */
  #flush(): void {
    if (this.#batch.length > 0 && !this.#ended)
      this.#post({ kind: 'events', term: this.#term, entries: this.#batch })
    this.#batch = []
  }
}

/** An entry without its event. */
function positionOf({ term, number, lastEventId }: RelayPosition): RelayPosition {
  return { term, number, lastEventId }
}
