import {
  type Clock,
  type EventInput,
  type EventMap,
  type EventName,
  type EventSchemas,
  encodeFrame,
  jsonEvent,
  type ServerSentEvent,
  systemClock,
  warn,
} from '@sse/core'
import type { Broker } from '../broker/broker.ts'
import { type Compression, checkCompression } from '../compression/compression.ts'
import { diagnostic } from '../diagnostics.ts'
import { serverError } from '../errors.ts'
import { StreamFeed } from '../stream/content.ts'
import type { EventStream } from '../stream/event-stream.ts'
import { BrokeredLog, type BrokeredLogOwner } from './brokered-log.ts'
import {
  brokersId,
  compactedBroker,
  duplicateId,
  notAnEventMap,
  reservedEvent,
  reservedId,
} from './channel-errors.ts'
import type {
  ChannelOptions,
  CompactedEvent,
  Published,
  PublishOptions,
  SubscriptionOptions,
  UntypedEvents,
} from './channel-options.ts'
import { parseEventId } from './event-id.ts'
import { checkLagPolicy } from './lag-policy.ts'
import { LatestByKey } from './latest-by-key.ts'
import { Log } from './log.ts'
import { OwnPositions, type Positions } from './positions.ts'
import type { StartPosition } from './resume.ts'
import { checkRetention } from './retention.ts'
import { checkTopics, selectionOf } from './selection.ts'
import { type Readable, type Reading, Subscriber } from './subscriber.ts'
import { Subscription } from './subscription.ts'

const onPublish = diagnostic('sse:channel:publish')
const onFlush = diagnostic('sse:channel:flush')
const onLag = diagnostic('sse:channel:lag')
const onBroker = diagnostic('sse:channel:broker')

/**
 * Publishes events to all who subscribe, and keeps the last of them for those who come back.
 *
 * One log holds each event once, encoded. Every subscriber is a position in it: replay and live are one read of one log,
 * in order, without a hole and without a double. A reader who asks for what is no longer there is told by an event `gap`.
 *
 * Pass it as the content of an event stream: `new EventSourceResponse(channel).send(req, res)`.
 */
export class Channel<
  Schemas extends EventSchemas = UntypedEvents,
  ItsBroker extends Broker | undefined = undefined,
> extends StreamFeed {
  /** What diagnostics and metrics call it. */
  readonly name: string
  /** @internal */
  readonly compression: Compression | undefined
  /**
   * Called when it is closed, for the registry that holds it.
   * @internal
   */
  onClose: (() => void) | undefined
  /**
   * Called when a subscriber has left, for the registry that holds it.
   * @internal
   */
  onLeave: (() => void) | undefined
  readonly #events: EventMap<Schemas> | undefined
  readonly #clock: Clock
  readonly #log: Log
  readonly #ownPositions: OwnPositions
  readonly #positions: Positions
  readonly #brokered: BrokeredLog | undefined
  readonly #compactBy: ChannelOptions<Schemas>['compactBy']
  readonly #latest: LatestByKey | undefined
  readonly #subscribers = new Set<Subscriber>()
  /** The same for all subscribers, who are many: each holds one reference. */
  readonly #source: Readable
  /** How those read who ask for nothing special. */
  readonly #reading: Reading
  /** All events before this offset were offered to every subscriber. */
  #flushedTo = 1
  #flushScheduled = false
  /** Whether the last flush left somebody behind. */
  #lagging = false
  #closed = false
  #brokerState: 'following' | 'interrupted' = 'following'

  /** @throws SseError `invalid-option` */
  constructor(events?: EventMap<Schemas>, options: ChannelOptions<Schemas, ItsBroker> = {}) {
    super()
    if (events !== undefined) checkEvents(events)
    this.compression = checkCompression(options.compression)
    const { name = '', retention, lagPolicy = 'gap', compactBy, broker, clock = systemClock } = options
    if (broker !== undefined && compactBy !== undefined) throw compactedBroker()
    this.name = name
    this.#events = events
    this.#clock = clock
    this.#log = new Log(retention, this.compression)
    this.#compactBy = compactBy
    this.#latest = compactBy && new LatestByKey(checkRetention(retention).keys, this.#log.copies)
    this.#reading = { start: 'live', selection: undefined, lagPolicy: checkLagPolicy(lagPolicy) }
    this.#brokered = broker && new BrokeredLog(broker, this.#log, this.#ownerOfBrokeredLog(), clock)
    this.#ownPositions = new OwnPositions(this.#log)
    this.#positions = this.#brokered ?? this.#ownPositions
    this.#source = {
      channel: this,
      log: this.#log,
      positions: this.#positions,
      compressible: this.compression !== false,
      latest: this.#latest,
      left: (subscriber) => {
        this.#subscribers.delete(subscriber)
        this.onLeave?.()
      },
    }
  }

  /** How many streams are subscribed now. */
  get subscribers(): number {
    return this.#subscribers.size
  }

  /**
   * The id of the latest event, or the position before the first. A page can be rendered up to it, and then subscribe after it.
   * With a broker, `''` until the channel is `ready`.
   */
  get lastEventId(): string {
    return this.#positions.before(this.#log.end)
  }

  /**
   * Settles when the channel has its log: at once, or with a broker, when that has been reached. Never rejects. Streams that were opened before are then
   * told their place; from there on they miss nothing.
   */
  get ready(): Promise<void> {
    return this.#brokered?.whenReady() ?? Promise.resolve()
  }

  /** What is retained. */
  get retained(): { readonly events: number; readonly bytes: number } {
    return { events: this.#log.end - this.#log.start, bytes: this.#log.bytes }
  }

  /**
   * Validates and encodes the event once, appends it to the log, and returns its id. Subscribers are written to when
   * this turn of the event loop is over, all that was published in it at once.
   *
   * With a broker it returns a promise, which settles with the id when the broker has the event, and rejects also with
   * `broker-unavailable` (it was not published), `publish-unknown` (nobody knows whether it was), or `broker-refused`.
   *
   * @throws SseError `channel-closed`, `reserved-event`, `reserved-id`, `duplicate-id`, what the event map refuses
   *   (`invalid-data`, `unknown-event`), or what the encoder refuses. Nothing is published then.
   */
  publish<Name extends EventName<Schemas>>(
    name: Name,
    data: EventInput<Schemas, Name>,
    options: PublishOptions = {},
  ): Published<ItsBroker> {
    const published = this.#brokered
      ? this.#publishTo(this.#brokered, name, data, options)
      : this.#publishHere(name, data, options)
    return published as Published<ItsBroker>
  }

  #publishHere<Name extends EventName<Schemas>>(
    name: Name,
    data: EventInput<Schemas, Name>,
    { id, topics = NO_TOPICS, dedupeKey }: PublishOptions,
  ): string {
    const event = this.#eventOf(name, data, topics)
    const key = this.#keyOf(name, data)
    const known = dedupeKey === undefined ? undefined : this.#log.offsetOfKey(dedupeKey)
    if (known !== undefined) return this.#positions.before(known + 1)
    // From here on nothing of the application's runs, which might publish as well and take the id or the offset.
    if (id !== undefined) this.#checkId(id)
    const eventId = id ?? this.#ownPositions.idAt(this.#log.end)
    const frame = encodeFrame({ ...event, id: eventId })

    const now = this.#clock.now()
    const offset = this.#log.end
    const entry = this.#log.append(frame, id, now, { name, topics: [...topics] }, dedupeKey)
    if (key !== undefined) this.#latest?.put(key, offset, entry)
    this.#enforceRetention(now)
    this.#scheduleFlush()
    this.#tellPublished(name, eventId, frame)
    return eventId
  }

  async #publishTo<Name extends EventName<Schemas>>(
    brokered: BrokeredLog,
    name: Name,
    data: EventInput<Schemas, Name>,
    { id, topics = NO_TOPICS, dedupeKey }: PublishOptions,
  ): Promise<string> {
    if (id !== undefined) throw brokersId()
    const event = this.#eventOf(name, data, topics)
    // What the encoder refuses must not leave the process.
    const frame = encodeFrame(event)
    const eventId = await brokered.publish({ name, topics, data: String(event.data) }, dedupeKey)
    this.#tellPublished(name, eventId, frame)
    return eventId
  }

  #eventOf<Name extends EventName<Schemas>>(
    name: Name,
    data: EventInput<Schemas, Name>,
    topics: readonly string[],
  ): ServerSentEvent {
    if (this.#closed)
      throw serverError('channel-closed', 'The channel is closed, so nothing can be published on it.')
    if (name === 'gap') throw reservedEvent()
    checkTopics('topics', topics)
    // The default type needs no field. Without data it is written, so that the encoder refuses what nobody would dispatch.
    const isDefault = name === 'message' && data !== undefined
    return this.#events?.create(name, data) ?? { ...(!isDefault && { event: name }), data: textOf(data) }
  }

  #tellPublished(name: string, id: string, frame: Uint8Array): void {
    if (onPublish.hasSubscribers) onPublish.publish({ channel: this, name, id, bytes: frame.byteLength })
  }

  /**
   * The channel as content, read in a certain way.
   *
   * @throws SseError `invalid-option`
   */
  subscription(options: SubscriptionOptions = {}): StreamFeed {
    const reading: Reading = {
      start: this.#checkStart(options.start ?? 'live'),
      selection: selectionOf(options),
      lagPolicy: checkLagPolicy(options.lagPolicy ?? this.#reading.lagPolicy),
    }
    // With a filter, nobody shares what a reader gets, and to compress for each is what the rest avoids.
    const compression = options.filter === undefined ? this.compression : false
    return new Subscription(compression, (stream, lastEventId) =>
      this.#subscribe(stream, lastEventId, reading),
    )
  }

  /** @internal */
  feed(stream: EventStream, lastEventId: string): void {
    this.#subscribe(stream, lastEventId, this.#reading)
  }

  /**
   * Ends the streams of all subscribers, each when it has taken what was published. Nothing can be published any more.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#brokered?.close()
    this.onClose?.()
    for (const subscriber of this.#subscribers) subscriber.finish()
    this.#flush()
  }

  #subscribe(stream: EventStream, lastEventId: string, reading: Reading): void {
    this.#enforceRetention(this.#clock.now())
    const subscriber = new Subscriber(stream, this.#source, reading)
    this.#subscribers.add(subscriber)
    subscriber.begin(lastEventId)
    if (this.#closed) subscriber.finish()
    subscriber.advance()
    this.#log.forgetBatches()
  }

  #ownerOfBrokeredLog(): BrokeredLogOwner {
    return {
      logVoid: () => {
        this.#flush()
        for (const subscriber of this.#subscribers) subscriber.notePlace()
      },
      logAppended: (now) => {
        this.#enforceRetention(now)
        this.#scheduleFlush()
      },
      brokerState: (state, error) => this.#tellBroker(state, error),
    }
  }

  #tellBroker(state: 'following' | 'interrupted', error: unknown): void {
    if (state === this.#brokerState) return
    this.#brokerState = state
    if (onBroker.hasSubscribers) onBroker.publish({ channel: this, state, error })
    else if (state === 'interrupted')
      warn(
        `The broker of the channel ${JSON.stringify(this.name)} cannot be reached. Its streams stay open.`,
        error,
      )
  }

  #checkId(id: string): void {
    // A made-up id of the channel's own form could be taken for another position of the log.
    if (id === '' || parseEventId(id) !== undefined) throw reservedId(id)
    if (this.#log.offsetOf(id) !== undefined) throw duplicateId(id)
  }

  #keyOf<Name extends EventName<Schemas>>(name: Name, data: EventInput<Schemas, Name>): string | undefined {
    const key: unknown = this.#compactBy?.({ name, data } as CompactedEvent<Schemas>)
    if (this.#compactBy === undefined || typeof key === 'string') return key as string | undefined
    throw serverError(
      'invalid-option',
      `compactBy must return a string for every event, but for ${name} it did not.`,
      {
        field: 'compactBy',
      },
    )
  }

  #checkStart(start: StartPosition): StartPosition {
    if (start === 'live' || start === 'earliest' || (start === 'snapshot' && this.#latest !== undefined))
      return start
    throw serverError(
      'invalid-option',
      start === 'snapshot'
        ? "start: 'snapshot' needs a channel with compactBy, which says what an event is about."
        : `start must be 'live', 'earliest' or 'snapshot', but it is ${String(start)}.`,
      { field: 'start' },
    )
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
    const startedAt = onFlush.hasSubscribers ? this.#clock.now() : 0
    const { end } = this.#log
    for (const subscriber of this.#subscribers) subscriber.advance()
    // Not before: a filter that publishes must not drop what those behind it were not offered yet.
    this.#flushedTo = Math.max(this.#flushedTo, end)
    this.#log.forgetBatches()
    if (onFlush.hasSubscribers) {
      const durationMs = this.#clock.now() - startedAt
      onFlush.publish({ channel: this, subscribers: this.#subscribers.size, durationMs })
    }
    if (onLag.hasSubscribers) this.#tellLag()
  }

  #tellLag(): void {
    let readers = 0
    let events = 0
    for (const { lag } of this.#subscribers) {
      if (lag > 0) readers++
      events = Math.max(events, lag)
    }
    if (readers > 0 || this.#lagging) onLag.publish({ channel: this, readers, events })
    this.#lagging = readers > 0
  }

  /** Drops what the retention does not let stay, but not before those who keep up were given it. */
  #enforceRetention(now: number): void {
    const start = this.#log.retainedFrom(now)
    if (start > this.#flushedTo) this.#flush()
    this.#log.dropBefore(start)
  }
}

const NO_TOPICS: readonly string[] = []

/** What `toJSON` of the data does is done after this. */
function textOf(data: unknown): unknown {
  return typeof data === 'string' || data === undefined ? data : jsonEvent(data).data
}

/** Refuses what people pass in the place of an event map: their options, or the schemas by themselves. */
function checkEvents(events: { readonly schemas?: object }): void {
  if (typeof events?.schemas !== 'object') throw notAnEventMap()
  if ('gap' in events.schemas) throw reservedEvent()
}
