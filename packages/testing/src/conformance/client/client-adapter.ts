/** A client whose shape is its own, made to be tried. */
export interface ClientAdapter {
  /** For the report. */
  readonly name: string
  /** Connects, tells `events` all that happens, and returns what ends it. */
  open(url: string, events: ClientEvents): OpenClient
}

/** What an adapter tells. Nothing that comes after `close()` may be told: that is what some cases are about. */
export interface ClientEvents {
  /** The head of a stream has come. */
  open(): void
  event(event: ClientEvent): void
  /** `CONNECTING`: the connection was lost, and another attempt follows. `CLOSED`: there will be none. */
  error(state: 'CONNECTING' | 'CLOSED'): void
}

export interface ClientEvent {
  /** Default `message`. */
  readonly type?: string | undefined
  readonly data: string
  /** The last event ID string; `''` where there is none. */
  readonly lastEventId?: string | undefined
}

export interface OpenClient {
  close(): void
  /** For a client that has to be told which types of events it is to tell of: called for each, before anything can have come. */
  listen?(type: string): void
}
