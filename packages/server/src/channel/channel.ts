import {
  type Clock,
  type EventInput,
  type EventMap,
  type EventName,
  type EventSchemas,
  encodeFrame,
  type SseError,
  type StandardSchema,
  systemClock,
} from '@sse/core'
import { type ServerErrorCode, serverError } from '../errors.ts'
import { StreamFeed } from '../stream/content.ts'
import type { EventStream } from '../stream/event-stream.ts'
import { createEpoch, formatEventId, parseEventId } from './event-id.ts'
import { Log } from './log.ts'
import { resume, type StartPosition } from './resume.ts'
import type { Retention } from './retention.ts'
import { Subscriber } from './subscriber.ts'

export interface ChannelOptions {
  readonly retention?: Retention | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
}

export interface PublishOptions {
  /**
   * The application's own id of the event, such as a sequence number of its database. Clients resume from it while the
   * event is retained. Default: an id that the channel makes.
   */
  readonly id?: string | undefined
}

export interface SubscriptionOptions {
  /** Where a client begins that sends no last event ID. Default `'live'`. */
  readonly start?: StartPosition | undefined
}

/** What a channel without an event map carries: any name, any data. */
export type UntypedEvents = Readonly<Record<string, StandardSchema<unknown, unknown>>>

/**
 * Publishes events to all who subscribe, and keeps the last of them for those who come back.
 *
 * One log holds each event once, encoded. Every subscriber is a position in it: replay and live are one read of one log,
 * in order, without a hole and without a double. A reader who asks for what is no longer there is told by an event `gap`.
 *
 * Pass it as the content of an event stream: `new EventSourceResponse(channel).send(req, res)`.
 */
export class Channel<Schemas extends EventSchemas = UntypedEvents> extends StreamFeed {
  readonly #events: EventMap<Schemas> | undefined
  readonly #clock: Clock
  readonly #log: Log
  readonly #epoch = createEpoch()
  readonly #subscribers = new Set<Subscriber>()
  /** All events before this offset were offered to every subscriber. */
  #flushedTo = 1
  #flushScheduled = false
  #closed = false

  /** @throws SseError `invalid-option` */
  constructor(events?: EventMap<Schemas>, options: ChannelOptions = {}) {
    super()
    if (events !== undefined && 'gap' in events.schemas) throw reservedEvent()
    this.#events = events
    this.#clock = options.clock ?? systemClock
    this.#log = new Log(options.retention)
  }

  /** How many streams are subscribed now. */
  get subscribers(): number {
    return this.#subscribers.size
  }

  /** The id of the latest event, or the position before the first. A page can be rendered up to it, and then subscribe after it. */
  get lastEventId(): string {
    return formatEventId(this.#epoch, this.#log.end - 1)
  }

  /** What is retained. */
  get retained(): { readonly events: number; readonly bytes: number } {
    return { events: this.#log.end - this.#log.start, bytes: this.#log.bytes }
  }

  /**
   * Validates and encodes the event once, appends it to the log, and returns its id. Subscribers are written to when
   * this turn of the event loop is over, all that was published in it at once.
   *
   * @throws SseError `channel-closed`, `reserved-event`, `reserved-id`, what the event map refuses (`invalid-data`,
   *   `unknown-event`), or what the encoder refuses. Nothing is published then.
   */
  publish<Name extends EventName<Schemas>>(
    name: Name,
    data: EventInput<Schemas, Name>,
    { id }: PublishOptions = {},
  ): string {
    if (this.#closed)
      throw serverError('channel-closed', 'The channel is closed, so nothing can be published on it.')
    if (name === 'gap') throw reservedEvent()
    // A made-up id of this format could be taken for another position of the log.
    if (id !== undefined && (id === '' || parseEventId(id) !== undefined)) throw reservedId(id)
    // The default type needs no field. Without data it is written, so that the encoder refuses what nobody would dispatch.
    const isDefault = name === 'message' && data !== undefined
    const event = this.#events?.create(name, data) ?? { ...(!isDefault && { event: name }), data }
    const eventId = id ?? formatEventId(this.#epoch, this.#log.end)
    const frame = encodeFrame({ ...event, id: eventId })

    const now = this.#clock.now()
    this.#log.append(frame, id, now)
    this.#enforceRetention(now)
    this.#scheduleFlush()
    return eventId
  }

  /** The channel as content, read in a certain way. */
  subscription(options: SubscriptionOptions = {}): StreamFeed {
    return new Subscription((stream, lastEventId) =>
      this.#subscribe(stream, lastEventId, options.start ?? 'live'),
    )
  }

  /** @internal */
  feed(stream: EventStream, lastEventId: string): void {
    this.#subscribe(stream, lastEventId, 'live')
  }

  /**
   * Ends the streams of all subscribers, each when it has taken what was published. Nothing can be published any more.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const subscriber of this.#subscribers) subscriber.finish()
    this.#flush()
  }

  #subscribe(stream: EventStream, lastEventId: string, start: StartPosition): void {
    this.#enforceRetention(this.#clock.now())
    const subscriber = new Subscriber(
      stream,
      this.#log,
      this.#epoch,
      resume(this.#log, this.#epoch, lastEventId, start),
    )
    this.#subscribers.add(subscriber)
    void stream.ended.then(() => this.#subscribers.delete(subscriber))
    if (this.#closed) subscriber.finish()
    subscriber.advance()
    this.#log.forgetBatches()
  }

  #scheduleFlush(): void {
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    this.#clock.nextTurn(() => {
      this.#flushScheduled = false
      this.#flush()
    })
  }

  /** Offers everyone what is new. Those who are at the same offset share one batch of bytes. */
  #flush(): void {
    this.#flushedTo = this.#log.end
    for (const subscriber of this.#subscribers) subscriber.advance()
    this.#log.forgetBatches()
  }

  /** Drops what the retention does not let stay, but not before those who keep up were given it. */
  #enforceRetention(now: number): void {
    const start = this.#log.retainedFrom(now)
    if (start > this.#flushedTo) this.#flush()
    this.#log.dropBefore(start)
  }
}

class Subscription extends StreamFeed {
  readonly #subscribe: (stream: EventStream, lastEventId: string) => void

  constructor(subscribe: (stream: EventStream, lastEventId: string) => void) {
    super()
    this.#subscribe = subscribe
  }

  feed(stream: EventStream, lastEventId: string): void {
    this.#subscribe(stream, lastEventId)
  }
}

function reservedEvent(): SseError<ServerErrorCode> {
  return serverError(
    'reserved-event',
    "'gap' is the event by which a channel tells a reader that it missed something. Give your event another name.",
    { field: 'event' },
  )
}

function reservedId(id: string): SseError<ServerErrorCode> {
  return serverError(
    'reserved-id',
    id === ''
      ? 'An event of a channel needs an id, so its id must not be empty. Leave id out, and the channel makes one.'
      : `The id ${JSON.stringify(id)} has the form of the ids that a channel makes itself. Leave id out, or give it another form.`,
    { field: 'id' },
  )
}
