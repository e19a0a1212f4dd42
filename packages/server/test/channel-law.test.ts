/**
 * Law 1: a reader gets a contiguous run of the log from where it asked, in order, once, or is told exactly of the gap.
 * And: no reader delays another, no full sink is written to, and streams that ended hold nothing.
 *
 * Random schedules run on a channel with sinks in memory, and on a model with plain arrays that has never heard of
 * cursors, batches or turns: it knows what was published, what the retention lets stay, and which event each reader must
 * get next. Every event is held against it at the moment at which it is written.
 */
import { createEventStreamParser, type DispatchedEvent, encodeEvent } from '@sse/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Channel, type Gap, type Retention, type StreamEnd } from '../src/index.ts'
import { microtasks } from './eventually.ts'
import { FakeSink, openStream } from './fake-sink.ts'
import { ManualClock } from './manual-clock.ts'

const { CI } = process.env
const RUNS = { numRuns: CI === undefined || CI === '' ? 2_000 : 10_000, seed: 20_260_103 }

/** What the schedules came across: a law that nothing ever tried would hold as well. */
const seen = new Map<string, number>()

const SEND_TIMEOUT_MS = 900
const PING_INTERVAL_MS = 1_600

interface Published {
  readonly offset: number
  readonly id: string
  readonly data: string
  readonly size: number
  readonly at: number
}

/** What must be true of one life of a channel. */
class LogModel {
  readonly published: Published[] = []
  readonly #retention: Retention
  /** The first offset that is retained. */
  start = 1

  constructor(retention: Retention) {
    this.#retention = retention
  }

  get end(): number {
    return this.published.length + 1
  }

  get retained(): Published[] {
    return this.published.slice(this.start - 1)
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
}

/** One client over all its connections. */
class Reader {
  readonly sink: FakeSink
  readonly log: LogModel
  readonly #epoch: string
  readonly #parser: { feed(bytes: Uint8Array): void; readonly lastEventId: string }
  /** The offset of the event that it must get next. */
  next: number
  /** The gap that it must be told of before anything else. */
  #expected: Gap | undefined
  /** How often its sink had been full when it had last read all there was: it may lag only if it was full since then. */
  #fills = 0
  events = 0
  readonly failures: string[] = []
  end: StreamEnd | undefined

  constructor(
    channel: Channel,
    clock: ManualClock,
    log: LogModel,
    { start, lastEventId, capacity, expected, next, lineEnding }: Subscription,
  ) {
    this.log = log
    this.#epoch = channel.lastEventId.slice(0, 8)
    this.next = next
    this.#expected = expected
    this.#parser = createEventStreamParser({ lastEventId, onEvent: (event) => this.#receive(event) })
    this.sink = new FakeSink(capacity, (bytes) => this.#parser.feed(bytes))
    const content = channel.subscription({ start })
    const options = { clock, lineEnding, pingIntervalMs: PING_INTERVAL_MS, sendTimeoutMs: SEND_TIMEOUT_MS }
    const { ended } = openStream(content, options, { sink: this.sink, lastEventId })
    void ended.then((end) => {
      this.end = end
    })
    this.#check(this.#expected, undefined, 'a gap was not told at once')
    if (this.#parser.lastEventId === '') this.failures.push('it does not know where it is')
  }

  get lastEventId(): string {
    return this.#parser.lastEventId
  }

  get open(): boolean {
    return this.sink.state === 'open'
  }

  /** To be called when all that can be written without new input was written. */
  atRest(): void {
    if (!this.open || this.sink.full) return
    this.#check(this.next, this.log.end, 'a reader that keeps up has not been given all')
    this.#fills = this.sink.fills
  }

  #receive({ type, data, lastEventId }: DispatchedEvent): void {
    this.events++
    if (type === 'gap') this.#receiveGap(JSON.parse(data) as Gap, lastEventId)
    else this.#receiveEvent(`${type} ${data}`, lastEventId)
  }

  #receiveEvent(content: string, lastEventId: string): void {
    this.#check(this.#expected, undefined, 'an event came before the gap')
    const event = this.log.published[this.next - 1]
    this.#check(content, `e${(event?.data.length ?? 0) % 3} ${event?.data}`, `event ${this.next}`)
    this.#check(lastEventId, event?.id, `the id of event ${this.next}`)
    this.next++
  }

  #receiveGap(gap: Gap, lastEventId: string): void {
    const expected: Gap = this.#expected ?? {
      reason: 'lagged',
      requestedId: `${this.#epoch}-${this.next - 1}`,
      resumedAtId: `${this.#epoch}-${this.log.start - 1}`,
      missed: this.log.start - this.next,
    }
    if (this.#expected === undefined) {
      if (this.sink.fills === this.#fills) this.failures.push('a reader that keeps up is told that it lagged')
      if (this.log.start <= this.next) this.failures.push('a gap was told where nothing is missing')
    }
    count(gap.reason)
    this.#check(JSON.stringify(gap), JSON.stringify(expected), 'the gap')
    this.#check(lastEventId, expected.resumedAtId, 'the id of the gap')
    this.#expected = undefined
    this.next = this.log.start
  }

  #check(actual: unknown, expected: unknown, what: string): void {
    if (actual !== expected) this.failures.push(`${what}: ${String(actual)}, not ${String(expected)}`)
  }
}

function count(what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1)
}

interface Subscription {
  readonly start: 'live' | 'earliest'
  readonly lastEventId: string
  readonly capacity: number
  readonly lineEnding: '\n' | '\r\n' | '\r'
  readonly expected?: Gap | undefined
  readonly next: number
}

const COMMANDS = [
  ...[
    'publish',
    'publish',
    'publish',
    'publish',
    'turn',
    'turn',
    'turn',
    'subscribe',
    'subscribe',
    'stall',
    'stall',
  ],
  ...[
    'drain',
    'sip',
    'sip',
    'disconnect',
    'resume',
    'resume',
    'resume-anywhere',
    'wait',
    'restart',
    'rest',
    'burst',
    'burst',
    'burst',
  ],
] as const

const command = fc.tuple(fc.constantFrom(...COMMANDS), fc.nat(9_999), fc.nat(9_999))
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

const schedule = fc.record({
  retention: fc.record({
    events: fc.constantFrom(0, 1, 2, 5, 20, undefined),
    bytes: fc.constantFrom(undefined, undefined, 0, 300, 5_000, 200_000),
    ageMs: fc.constantFrom(undefined, undefined, 0, 700, 3_000),
  }),
  commands: fc.array(command, { minLength: 10, maxLength: 80, size: 'max' }),
})

class World {
  readonly clock = new ManualClock({ now: 1_000 })
  readonly #retention: Retention
  #channel: Channel
  #log: LogModel
  readonly #channels: Channel[] = []
  readonly #readers: Reader[] = []
  /** The ids that clients still know, of this life and of former ones. */
  readonly #known: string[] = ['', 'never heard of']

  constructor(retention: Retention) {
    this.#retention = retention
    ;[this.#channel, this.#log] = this.#begin()
  }

  #begin(): [Channel, LogModel] {
    const channel = new Channel(undefined, { retention: this.#retention, clock: this.clock })
    this.#channels.push(channel)
    this.#known.push(channel.lastEventId)
    return [channel, new LogModel(this.#retention)]
  }

  async run(commands: readonly Command[]): Promise<void> {
    for (const [name, a, b] of commands) {
      await this.#step(name, a, b)
      this.#check()
    }
    await this.#finish()
  }

  async #step(name: Command[0], a: number, b: number): Promise<void> {
    const open = this.#readers.filter((reader) => reader.open)
    const reader = open[a % open.length]
    switch (name) {
      case 'publish':
        return this.#publish(a, b)
      case 'burst':
        for (let n = 0; n < 2 + (b % 5); n++) {
          this.#publish(a + n, b + n)
          if ((a + n) % 3 !== 0) this.clock.runTurn()
        }
        return
      case 'turn':
        this.clock.runTurn()
        for (const one of open) if (one.log === this.#log) one.atRest()
        return
      case 'subscribe':
        this.#subscribe('', a, b)
        return
      case 'stall':
        return reader?.sink.stall()
      case 'drain':
      case 'sip':
        // What was published in this turn is given to those who drain in it.
        return reader?.sink[name]()
      case 'disconnect':
        reader?.sink.disconnect()
        return
      case 'resume': {
        const gone = this.#readers.filter((one) => !one.open)
        const id = gone[a % gone.length]?.lastEventId
        if (id !== undefined) this.#subscribe(id, a, b)
        return
      }
      case 'resume-anywhere':
        this.#subscribe(this.#known[a % this.#known.length] ?? '', a, b)
        return
      case 'wait':
        this.clock.advance(b % 2 === 0 ? a % 200 : a % 3_000)
        return
      case 'restart':
        if (a % 3 !== 0) return
        for (const one of open) one.sink.disconnect()
        ;[this.#channel, this.#log] = this.#begin()
        return
      case 'rest':
        return microtasks()
    }
  }

  #publish(a: number, b: number): void {
    // Some events are larger than a batch, some ids are the application's own.
    const size = a % 50 === 0 ? 70_000 : a % 7 === 0 ? 2_000 + b : b % 40
    const ownId = b % 5 === 0 ? `app ${this.#log.end} €` : undefined
    const offset = this.#log.end
    const id = ownId ?? `${this.#channel.lastEventId.slice(0, 8)}-${offset}`
    const data = `${offset} `.padEnd(size, size < 100 ? 'é\n' : 'x')
    const event = `e${data.length % 3}`
    const frame = encodeEvent({ id, event, data })
    this.#log.published.push({ offset, id, data, size: Buffer.byteLength(frame), at: this.clock.now() })
    expect(this.#channel.publish(event, data, { id: ownId })).toBe(id)
    this.#log.enforce(this.clock.now())
    this.#known.push(id)
  }

  #subscribe(lastEventId: string, a: number, b: number): void {
    this.#log.enforce(this.clock.now())
    const start = a % 2 === 0 ? 'live' : 'earliest'
    const lineEnding = (['\n', '\n', '\r\n', '\r'] as const)[b % 4] ?? '\n'
    const capacity = b % 3 === 0 ? 1 : a * 10 + 1
    const where = this.#whereToBegin(lastEventId, start)
    this.#readers.push(
      new Reader(this.#channel, this.clock, this.#log, {
        start,
        lastEventId,
        capacity,
        lineEnding,
        ...where,
      }),
    )
  }

  /** What DESIGN says of a last event ID, over plain arrays. */
  #whereToBegin(lastEventId: string, start: 'live' | 'earliest'): Pick<Subscription, 'expected' | 'next'> {
    const { end, retained, start: oldest } = this.#log
    if (lastEventId === '') return { next: start === 'live' ? end : oldest }
    const epoch = this.#channel.lastEventId.slice(0, 8)
    const own = retained.findLast(({ id }) => id === lastEventId)
    if (own !== undefined) return { next: own.offset + 1 }
    const gap = (reason: Gap['reason'], missed: number | null): Pick<Subscription, 'expected' | 'next'> => ({
      next: oldest,
      expected: { reason, requestedId: lastEventId, resumedAtId: `${epoch}-${oldest - 1}`, missed },
    })
    const [, itsEpoch, offset] = /^([0-9a-v]{8})-(\d+)$/.exec(lastEventId) ?? []
    if (itsEpoch === undefined) return gap('unknown-id', null)
    if (itsEpoch !== epoch) return gap('restarted', null)
    const next = Number(offset) + 1
    return next >= oldest ? { next } : gap('evicted', oldest - next)
  }

  #check(): void {
    for (const { sink, failures } of this.#readers) {
      if (failures.length + sink.violations.length > 0) expect([...failures, ...sink.violations]).toEqual([])
    }
    const bytes = this.#log.retained.reduce((sum, { size }) => sum + size, 0)
    const { events, bytes: found } = this.#channel.retained
    if (events !== this.#log.retained.length || found !== bytes) {
      expect([events, found]).toEqual([this.#log.retained.length, bytes])
    }
  }

  /** Everyone reads on, then the channel closes: each reader of this life has got all, and nothing is held any more. */
  async #finish(): Promise<void> {
    this.clock.runTurn()
    for (const reader of this.#readers) if (reader.open) reader.sink.drain()
    for (const reader of this.#readers) reader.atRest()
    this.#check()
    for (const channel of this.#channels) channel.close()
    await microtasks()
    this.clock.runTurn()
    await microtasks()
    expect(this.#channels.map((channel) => channel.subscribers).every((count) => count === 0)).toBe(true)
    expect([this.clock.pendingTimers, this.clock.pendingTurn]).toEqual([0, 0])
    for (const { sink, end, events } of this.#readers) {
      const reasons = {
        ended: 'complete',
        left: 'client-disconnect',
        destroyed: 'send-timeout',
        open: 'none',
      }
      expect(end?.reason).toBe(reasons[sink.state])
      count(sink.state)
      expect(end?.events).toBe(events)
      expect(end?.bytes).toBe(sink.writes.reduce((sum, { byteLength }) => sum + byteLength, 0))
    }
    this.#check()
  }
}

it('gives each reader a contiguous run of the log from where it asked, once and in order, or tells it exactly of the gap', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, ({ retention, commands }) => new World(retention).run(commands)),
    RUNS,
  )
  for (const what of ['lagged', 'evicted', 'unknown-id', 'restarted', 'ended', 'left', 'destroyed']) {
    expect(seen.get(what) ?? 0, `schedules with ${what}`).toBeGreaterThan(RUNS.numRuns / 20)
  }
})
