/**
 * What must be true of a channel and its readers, over plain arrays that have never heard of cursors, batches or turns:
 * what was published, what the retention lets stay, and which event each reader must get next. The laws run random
 * schedules on a channel with sinks in memory, and hold every event against this at the moment at which it is written.
 */
import { createEventStreamParser, type DispatchedEvent, type EventStreamParser, encodeEvent } from '@sse/core'
import type { FakeClock } from '@sse/testing'
import { expect } from 'vitest'
import { GzipEncoder } from '../src/compression/gzip-encoder.ts'
import {
  Channel,
  type ChannelOptions,
  type EventSourceResponseOptions,
  type Gap,
  type Retention,
  type StartPosition,
  type StreamEnd,
  type SubscriptionOptions,
} from '../src/index.ts'
import { FakeSink, openStream } from './fake-sink.ts'
import { countingDeflate, GzipReader } from './gzip-reader.ts'

const PING_INTERVAL_MS = 1_600
const PING = Buffer.from(': ping')
export const SEND_TIMEOUT_MS = 900

/** How many random schedules a law is held against: 10,000 in CI. */
export function schedules(locally: number): number {
  const { CI } = process.env
  return CI === undefined || CI === '' ? locally : 10_000
}

/** What the schedules came across: a law that nothing ever tried would hold as well. */
export class Coverage {
  readonly #seen = new Map<string, number>()

  count(what: string): void {
    this.#seen.set(what, (this.#seen.get(what) ?? 0) + 1)
  }

  expectEach(whats: readonly string[], more: number): void {
    for (const what of whats)
      expect(this.#seen.get(what) ?? 0, `schedules with ${what}`).toBeGreaterThan(more)
  }
}

export interface Published {
  readonly offset: number
  readonly id: string
  readonly event: string
  readonly data: string
  readonly topics: readonly string[]
  readonly size: number
  readonly at: number
}

/** What a gap says but for where it goes on. */
type Lost = Omit<Gap, 'resumedAtId'>

/** What must be true of one life of a channel. */
export class LogModel {
  readonly published: Published[] = []
  readonly #epoch: string
  readonly #retention: Retention
  /** The first offset that is retained. */
  start = 1
  /** Batches that were written in former steps, so nobody holds them any more. */
  readonly #released = new WeakSet<Uint8Array>()
  #batches: Uint8Array[] = []

  constructor(epoch: string, retention: Retention) {
    this.#epoch = epoch
    this.#retention = retention
  }

  get end(): number {
    return this.published.length + 1
  }

  get retained(): Published[] {
    return this.published.slice(this.start - 1)
  }

  /** The id that the channel gives the event at this offset. */
  idAt(offset: number): string {
    return `${this.#epoch}-${offset}`
  }

  /** The id by which a reader is told of the place before this offset: that of the event before it, as long as the channel knows it. */
  idBefore(offset: number): string {
    return this.published[offset - 2]?.id ?? this.idAt(offset - 1)
  }

  /** Drops the oldest until what is left is within every bound. */
  enforce(now: number): void {
    const { events = 10_000, bytes = 8 * 1024 * 1024, ageMs = Number.POSITIVE_INFINITY } = this.#retention
    const within = (kept: Published[]): boolean =>
      kept.length <= events &&
      kept.reduce((sum, { size }) => sum + size, 0) <= bytes &&
      kept.every(({ at }) => now - at <= ageMs)
    while (!within(this.retained)) this.start++
  }

  /** Whether this batch was put together in this step. */
  isNew(batch: Uint8Array): boolean {
    this.#batches.push(batch)
    return !this.#released.has(batch)
  }

  endStep(): void {
    for (const batch of this.#batches.splice(0)) this.#released.add(batch)
  }

  /** Where DESIGN says that a reader begins, or what it has lost. */
  begin(lastEventId: string, start: StartPosition): number | Lost {
    if (lastEventId === '') return start === 'live' ? this.end : this.start
    const own = this.retained.findLast(({ id }) => id === lastEventId)
    if (own !== undefined) return own.offset + 1
    // Nothing behind it was dropped.
    if (lastEventId === this.idBefore(this.start)) return this.start
    const lost = { requestedId: lastEventId, missed: null }
    const [, epoch, offset] = /^([0-9a-v]{8})-(\d+)$/.exec(lastEventId) ?? []
    if (epoch === undefined) return { reason: 'unknown-id', ...lost }
    if (epoch !== this.#epoch) return { reason: 'restarted', ...lost }
    const next = Number(offset) + 1
    return next >= this.start ? next : { ...lost, reason: 'evicted', missed: this.start - next }
  }
}

/** Words that come again in an order that does not: what refers back to a wrong place, when it is compressed, shows. */
const WORDS = Array.from({ length: 20_000 }, (_, n) => (Math.imul(n, 0x9e3779b1) >>> 22).toString(36)).join(
  ' ',
)

/** A channel and its model: what goes to one goes to the other. */
export class ModelledChannel {
  readonly channel: Channel
  readonly log: LogModel
  readonly #clock: FakeClock

  constructor(clock: FakeClock, retention: Retention, options: ChannelOptions = {}) {
    this.#clock = clock
    this.channel = new Channel(undefined, { ...options, retention, clock })
    this.log = new LogModel(this.channel.lastEventId.slice(0, 8), retention)
  }

  /** Publishes an event that depends on two random numbers: some are larger than a batch, some have the application's own id. */
  publish(a: number, b: number): string {
    const { log } = this
    const size = a % 100 === 0 ? 70_000 : a % 7 === 0 ? 2_000 + b : b % 40
    const offset = log.end
    const ownId = b % 5 === 0 ? `app ${offset} €` : undefined
    const id = ownId ?? log.idAt(offset)
    const words = WORDS.slice((offset * 7_919) % 50_000)
    const start = `${offset} `.padEnd(Math.min(size, 2_000), size < 100 ? 'é\n' : words)
    const data = start.padEnd(size, 'x')
    const event = `e${data.length % 3}`
    const topics = [[], ['even'], ['odd', 'any']][a % 3] ?? []
    const at = this.#clock.now()
    log.published.push({
      offset,
      id,
      event,
      data,
      topics,
      at,
      size: Buffer.byteLength(encodeEvent({ id, event, data })),
    })
    expectEqual(this.channel.publish(event, data, { id: ownId, topics }), id)
    log.enforce(at)
    return id
  }

  /** Holds what is retained against the model. */
  endStep(): void {
    this.log.endStep()
    const { events, bytes } = this.channel.retained
    const { retained } = this.log
    const size = retained.reduce((sum, one) => sum + one.size, 0)
    if (events !== retained.length || bytes !== size) expect([events, bytes]).toEqual([retained.length, size])
  }
}

export interface Connection {
  readonly subscription: SubscriptionOptions
  /** What the selection of the subscription lets through. */
  readonly wants?: (event: Published) => boolean
  readonly lastEventId: string
  readonly capacity: number
  readonly options?: EventSourceResponseOptions<undefined>
  readonly gzip?: boolean
}

/** One connection of a client, held against the model of the channel that it reads. */
export class ModelledReader {
  readonly sink: FakeSink
  readonly log: LogModel
  readonly failures: string[] = []
  readonly #connection: Connection
  readonly #parser: EventStreamParser
  readonly #coverage: Coverage
  readonly #gzip: GzipReader | undefined
  /** The offset from which it must be given all that it wants. */
  #next = 0
  /** What it must be told of before anything else. */
  #lost: Lost | undefined
  /** How often its sink had been full when it had last read all there was: it may lag only if it was full since then. */
  #fills = 0
  #events = 0
  end: StreamEnd | undefined

  constructor({ log }: ModelledChannel, connection: Connection, coverage: Coverage) {
    const { lastEventId, capacity } = connection
    this.log = log
    this.#connection = connection
    this.#coverage = coverage
    this.#gzip = connection.gzip === true ? new GzipReader() : undefined
    this.#parser = createEventStreamParser({ lastEventId, onEvent: (event) => this.#dispatch(event) })
    this.sink = new FakeSink(capacity, (bytes) => this.wrote(bytes))
  }

  connect({ channel, log }: ModelledChannel, clock: FakeClock): void {
    const { subscription, lastEventId, options } = this.#connection
    log.enforce(clock.now())
    const beginning = log.begin(lastEventId, subscription.start ?? 'live')
    if (lastEventId !== '') this.#count('resume')
    if (typeof beginning === 'number') this.#next = beginning
    else this.#lost = this.selective ? { ...beginning, missed: null } : beginning
    const settings = { clock, pingIntervalMs: PING_INTERVAL_MS, sendTimeoutMs: SEND_TIMEOUT_MS, ...options }
    const content = channel.subscription(subscription)
    const encoder = this.#gzip && new GzipEncoder(countingDeflate(this.#coverage))
    const { ended } = openStream(content, settings, { sink: this.sink, lastEventId, encoder })
    void ended.then((end) => {
      this.end = end
    })
    this.check(this.#lost, undefined, 'a gap was not told at once')
  }

  get lastEventId(): string {
    return this.#parser.lastEventId
  }

  get open(): boolean {
    return this.sink.state === 'open'
  }

  /** Whether it wants only some of the events. */
  get selective(): boolean {
    return this.#connection.wants !== undefined
  }

  /** To be called when all that can be written without new input was written. */
  atRest(): void {
    if (!this.open || this.sink.full) return
    this.check(this.nextWanted, undefined, 'an event that a reader who keeps up has not been given')
    this.#fills = this.sink.fills
  }

  /** To be called when all has ended, once and with the reason that the sink shows. */
  expectEnd(): void {
    const { sink, end } = this
    const wireBytes = sink.writes.reduce((sum, { byteLength }) => sum + byteLength, 0)
    const bytes = this.#gzip?.length ?? wireBytes
    expectEqual(end?.events, this.#events)
    expectEqual(end?.bytes, bytes)
    expectEqual(end?.wireBytes, wireBytes)
    this.#gzip?.expectWhole(sink.writes, sink.state === 'ended')
    if (end === undefined || !this.mayEnd(end)) expect.fail(`A ${sink.state} stream ended as ${end?.reason}.`)
    this.#count(`end: ${end?.reason}`)
    if (sink.fills > 0) this.#count('stall')
  }

  /** What has happened, and whether it was on a compressed stream. */
  #count(what: string): void {
    this.#coverage.count(what)
    if (this.#gzip !== undefined) this.#coverage.count(`compressed ${what}`)
  }

  /** The first event that it must still get, of those that were published. */
  get nextWanted(): Published | undefined {
    const { wants = () => true } = this.#connection
    return this.log.published.slice(this.#next - 1).find(wants)
  }

  /** Whether its stream may have ended for this reason. */
  protected mayEnd({ reason }: StreamEnd): boolean {
    const reasons = { ended: 'complete', left: 'client-disconnect', destroyed: 'send-timeout', open: 'none' }
    return reason === reasons[this.sink.state] && (reason !== 'complete' || this.nextWanted === undefined)
  }

  protected wrote(bytes: Uint8Array): void {
    const [events, id] = [this.#events, this.lastEventId]
    const text = this.#gzip?.read(bytes) ?? bytes
    if (Buffer.from(text.subarray(0, PING.length)).equals(PING)) this.#count('ping')
    this.#parser.feed(text)
    // Compressed copies of large batches are kept.
    if (this.#gzip === undefined && this.#events > events + 1)
      this.check(this.log.isNew(bytes), true, 'that a batch was let go of')
    if (this.lastEventId !== id) this.#checkPosition()
  }

  protected receive(event: DispatchedEvent): void {
    if (event.type === 'gap') this.#receiveGap(event)
    else this.#receiveEvent(event)
  }

  /** It lost events, and goes on with `next`: `gap` must say exactly that. */
  protected lose(gap: Gap, next: number, mayLag = this.sink.fills > this.#fills): void {
    const lost = this.#lost ?? this.#lag(gap, mayLag)
    const { reason, requestedId, missed } = lost
    const expected: Gap = { reason, requestedId, resumedAtId: this.log.idBefore(next), missed }
    this.check(JSON.stringify(gap), JSON.stringify(expected), 'the gap')
    this.#count(`gap: ${reason}`)
    this.#lost = undefined
    this.#next = next
  }

  protected check(actual: unknown, expected: unknown, what: string): void {
    if (actual !== expected) this.failures.push(`${what}: ${shown(actual)}, not ${shown(expected)}`)
  }

  #dispatch(event: DispatchedEvent): void {
    this.#events++
    this.receive(event)
  }

  #receiveEvent({ type, data, lastEventId }: DispatchedEvent): void {
    this.check(this.#lost, undefined, 'an event came before the gap')
    const wanted = this.nextWanted
    this.check(`${type} ${data}`, `${wanted?.event} ${wanted?.data}`, 'the event')
    this.check(lastEventId, wanted?.id, 'the id of the event')
    this.#next = (wanted?.offset ?? this.#next) + 1
  }

  #receiveGap({ data, lastEventId }: DispatchedEvent): void {
    const gap = JSON.parse(data) as Gap
    this.lose(gap, this.log.start)
    this.check(lastEventId, gap.resumedAtId, 'the id of the gap')
  }

  /** Who comes back with the id that the client has now gets all that it wants, and nothing again. */
  #checkPosition(): void {
    const own = this.log.published.findLast(({ id }) => id === this.lastEventId)
    const position = 1 + (own?.offset ?? Number(this.lastEventId.split('-')[1]))
    this.check(this.lastEventId, this.log.idBefore(position), 'how the position is told')
    if (position < this.#next || position > (this.nextWanted?.offset ?? this.log.end))
      this.failures.push(`it was told that it is at ${position}, but it must get ${this.#next}`)
  }

  /** What a reader lost who was where it says: behind what it was given, and past nothing that it wanted. */
  #lag({ requestedId }: Gap, mayLag: boolean): Lost {
    const position = Number(requestedId?.split('-')[1]) + 1
    const { start } = this.log
    this.check(requestedId, this.log.idAt(position - 1), 'the position that was lost')
    this.check(mayLag, true, 'that a reader who lags was full')
    this.check(position < start, true, 'that a reader who lags missed something')
    const passed = this.nextWanted?.offset ?? this.log.end
    if (position < this.#next || position > passed)
      this.failures.push(`it lagged at ${position}, not from ${this.#next} to ${passed}`)
    return { reason: 'lagged', requestedId, missed: this.selective ? null : start - position }
  }
}

/** `expect` takes longer than most of what it looks at here, so it is called to fail. */
function expectEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) expect(actual).toBe(expected)
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
  return text.slice(0, 300)
}

/** Fails with what the readers have seen that must not be. */
export function expectNoFailures(readers: readonly ModelledReader[]): void {
  for (const { failures, sink } of readers) {
    if (failures.length + sink.violations.length > 0) expect([...failures, ...sink.violations]).toEqual([])
  }
}
