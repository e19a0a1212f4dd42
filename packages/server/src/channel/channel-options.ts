import type { Clock, EventInput, EventName, EventSchemas, StandardSchema } from '@sse/core'
import type { Broker } from '../broker/broker.ts'
import type { Compression } from '../compression/compression.ts'
import type { LagPolicy } from './lag-policy.ts'
import type { StartPosition } from './resume.ts'
import type { Retention } from './retention.ts'
import type { SelectionOptions } from './selection.ts'

export interface ChannelOptions<
  Schemas extends EventSchemas = UntypedEvents,
  ItsBroker extends Broker | undefined = Broker | undefined,
> {
  /** What diagnostics and metrics call it. Default `''`. */
  readonly name?: string | undefined
  readonly retention?: Retention | undefined
  /** What happens to a reader that cannot have what it asked for. Default `'gap'`: it is told, and goes on. */
  readonly lagPolicy?: LagPolicy | undefined
  /**
   * Names the thing that an event is about, where only the latest event of each counts: a price by its symbol, a task by
   * its number. Readers who lag, or come back late, are then given the latest event of each key instead of a `gap`, and
   * can start with a snapshot. To delete a thing, publish an event with its key that says so.
   */
  readonly compactBy?: ((event: CompactedEvent<Schemas>) => string) | undefined
  /**
   * Shares the channel among processes: the broker gives the events their order and their ids, and the channel's log is a copy of the end
   * of the broker's. `publish` then returns a promise. Default: the log of this process is all there is.
   */
  readonly broker?: ItsBroker
  /**
   * `'auto'`: streams of this channel are compressed with gzip for clients that accept it, once for all of them. `false`:
   * never, whatever the response says. Not where secrets stand beside text that others can have a hand in: see SECURITY.md.
   * Default: what the response says, which is `false` if it says nothing.
   */
  readonly compression?: Compression | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
}

export interface PublishOptions {
  /**
   * The application's own id of the event, such as a sequence number of its database. Clients resume from it while the
   * event is retained, and are told places by it: also one who has read nothing yet comes back with the id of a row.
   * Default: an id that the channel makes. Not with a broker, which gives the ids.
   */
  readonly id?: string | undefined
  /**
   * An event with the same key is the same event: it is published once, however often you try, and you get the id of the first. Remembered
   * while the event is retained, or for as long as the broker remembers it. For publishers that may be repeated, such as an outbox, and
   * for whoever got `publish-unknown`.
   */
  readonly dedupeKey?: string | undefined
  /** What it is about, for readers who want only some topics. */
  readonly topics?: readonly string[] | undefined
}

export interface SubscriptionOptions extends SelectionOptions {
  /** Where a client begins that sends no last event ID. Default `'live'`. */
  readonly start?: StartPosition | undefined
  /** In place of the channel's. */
  readonly lagPolicy?: LagPolicy | undefined
}

/** What `compactBy` is given. */
export type CompactedEvent<Schemas extends EventSchemas> = {
  readonly [Name in EventName<Schemas>]: { readonly name: Name; readonly data: EventInput<Schemas, Name> }
}[EventName<Schemas>]

/** What `publish` returns: the id of the event, or with a broker the promise of it. `await` suits both. */
export type Published<ItsBroker extends Broker | undefined> = ItsBroker extends Broker
  ? Promise<string>
  : string

/** What a channel without an event map carries: any name, any data. */
export type UntypedEvents = Readonly<Record<string, StandardSchema<unknown, unknown>>>
