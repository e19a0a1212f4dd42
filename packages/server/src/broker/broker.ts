/** A position in a broker's log: the broker's own words, of characters that may stand in an id. Only the broker compares them. */
export type BrokerPosition = string

/** One event of a broker's log. */
export interface BrokerRecord {
  readonly position: BrokerPosition
  /** What was published, unchanged. */
  readonly payload: string
  /** When the broker took it, in milliseconds since 1970-01-01T00:00:00Z. */
  readonly publishedAt: number
}

/** Where an event stands that the broker has. */
export interface BrokerPlace {
  /** The life of the log: see {@link Broker}. */
  readonly epoch: string
  readonly position: BrokerPosition
}

/** A contiguous run of a broker's log. */
export interface BrokerPage {
  readonly epoch: string
  /** The position right before the first record: nothing is missing between the two. Also where there is no record. */
  readonly before: BrokerPosition
  readonly records: readonly BrokerRecord[]
}

/** What of a log could be read after a position. */
export interface BrokerReading extends BrokerPage {
  /** Why the page does not begin at the position that was asked for, but at the oldest event retained. */
  readonly lost?: 'evicted' | 'unknown-id' | undefined
}

/** An event on its way to the broker. */
export interface BrokerEvent {
  readonly payload: string
  /** The application's: within the time that the broker remembers it, the same key is the same event. */
  readonly dedupeKey?: string | undefined
}

/** Who follows a log. None of these may throw. */
export interface BrokerFollower {
  /**
   * The log as it is now, from somewhere in it to its end. Called first, and again when what comes next does not follow on what
   * came last: the log has begun a new life, or dropped what was not read yet. Whatever was handed over before is void.
   */
  begin(page: BrokerPage): void
  /** What follows on what came last, in order, each once. */
  append(records: readonly BrokerRecord[]): void
  /** The broker cannot be reached. The broker goes on trying; `begin` or `recovered` says that it has succeeded. */
  interrupted(error: unknown): void
  /** The broker is reached again, and nothing was missed. */
  recovered(): void
}

/**
 * One log in a message broker, shared by all processes that name it: the broker gives the events their order and their positions.
 *
 * A log has a life, named by its epoch: eight characters `[0-9a-z]`. Within a life a position is never used twice, and events are dropped
 * only from the oldest on. A broker that has lost a log begins a new life, so that nobody takes a position for one of the former.
 *
 * `MemoryBroker`, `redisBroker` and `natsBroker` keep this contract; one suite of tests runs on all of them.
 */
export interface Broker {
  /**
   * Appends the event, and settles when the broker has it as safely as it is set up to. Calls of one process keep their order,
   * but for those that were sent and not answered when a connection broke.
   *
   * Rejects with the `SseError` `broker-unavailable` (it was not published), `publish-unknown` (it may have been), or
   * `broker-refused` (the broker does not want it). Whatever happened on the way, readers see the event once at most.
   */
  publish(event: BrokerEvent): Promise<BrokerPlace>
  /**
   * Up to `limit` events after a position, or from the oldest retained. The position comes from a client: it may be anything that
   * `isPosition` accepts. Rejects while the broker cannot be reached.
   */
  read(after: BrokerPosition | undefined, limit: number): Promise<BrokerReading>
  /** Whether a text has the form of a position. */
  isPosition(text: string): boolean
  /**
   * Follows the log, beginning with its last `backlog` events or fewer, until the returned function is called. Nothing ends it otherwise: it outlasts
   * outages and goes on after the last event that it handed over.
   */
  follow(follower: BrokerFollower, backlog: number): () => void
}
