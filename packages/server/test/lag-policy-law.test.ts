/**
 * Law 1 where a `lagPolicy` supplies what a reader has lost: the reader gets a contiguous run of the log; or a supply, whole,
 * and then everything behind its `resumedAtId`, once and in order; or again a supply. Never two at once, whatever the
 * supplier does. And: no reader delays another, each stream ends once, and nothing is held any more then.
 */
import type { DispatchedEvent, ServerSentEvent } from '@sse/core'
import { FakeClock, seeded, turns } from '@sse/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type {
  Gap,
  LagPolicy,
  PublishedEvent,
  Retention,
  StreamEnd,
  SubscriptionOptions,
} from '../src/index.ts'
import { captureWarnings } from './captured-warnings.ts'
import {
  type Connection,
  Coverage,
  expectNoFailures,
  ModelledChannel,
  ModelledReader,
  type Published,
  SEND_TIMEOUT_MS,
  schedules,
} from './channel-model.ts'
import { BLOCKS } from './gzip-reader.ts'

const RUNS = { numRuns: schedules(500), seed: 20_261_122 }

const coverage = new Coverage()

/** The more often it is there, the more often it is done. */
const COMMANDS = [
  ...['publish', 'publish', 'publish', 'burst', 'burst', 'burst', 'burst', 'turn', 'turn', 'rest', 'rest'],
  ...['subscribe', 'subscribe', 'stall', 'stall', 'stall', 'drain', 'sip', 'sip', 'sip', 'disconnect'],
  ...['resume', 'resume', 'resume-anywhere', 'settle', 'settle', 'settle', 'wait', 'close'],
] as const

const schedule = fc.record({
  seed: fc.nat(),
  retention: fc.record({
    events: fc.constantFrom(0, 1, 2, 5, 20),
    bytes: fc.constantFrom(undefined, undefined, 300, 5_000),
  }),
  commands: fc.array(fc.constantFrom(...COMMANDS), { minLength: 10, maxLength: 80, size: 'max' }),
})

/** What a supplier gives one reader. */
interface Supply {
  readonly number: number
  readonly events: number
  readonly gap: Gap
  /** The offset behind `gap.resumedAtId`. */
  readonly next: number
  /** What the client knew when it began: what it knows until it has the whole supply. */
  readonly lastEventId: string
  given: boolean
  received: number
  error: unknown
}

const farewell: ServerSentEvent = { event: 'farewell', data: '' }

class SuppliedReader extends ModelledReader {
  /** The one that it is being given. */
  supply: Supply | undefined
  /** Whether it was given one since it had last read all there was: it may have lagged meanwhile. */
  #wasSupplied = false
  /** Whether its stream ends when it lags. */
  disconnects = false

  beginSupply(supply: Supply): void {
    this.check(this.supply, undefined, 'the supply that another one came to')
    this.check(this.open, true, 'that who is supplied is there')
    this.lose(supply.gap, supply.next, this.#wasSupplied || undefined)
    this.supply = supply
    this.#wasSupplied = true
  }

  override atRest(): void {
    if (!this.open || this.sink.full || this.supply?.given === false) return
    this.check(this.supply, undefined, 'the supply that was given')
    super.atRest()
    this.#wasSupplied = false
  }

  protected override mayEnd(end: StreamEnd): boolean {
    const { reason, error } = end
    if (reason === 'lagged') return this.disconnects
    if (reason === 'error') return error === this.supply?.error
    if (reason === 'complete' && this.supply !== undefined) return false
    return super.mayEnd(end)
  }

  protected override wrote(bytes: Uint8Array): void {
    super.wrote(bytes)
    const { supply } = this
    if (supply === undefined || this.lastEventId === supply.lastEventId) return
    this.check(this.lastEventId, supply.gap.resumedAtId, 'the position behind the supply')
    this.check(supply.given, true, 'that a supply is given before its end')
    this.check(supply.received, supply.events, 'the events of the supply')
    this.supply = undefined
  }

  protected override receive(event: DispatchedEvent): void {
    const { supply } = this
    if (event.type === farewell.event) {
      this.check(supply?.error !== undefined, true, 'that who is told of an error was supplied with one')
    } else if (supply !== undefined) {
      const { number, received } = supply
      this.check(`${event.type} ${event.data.trim()}`, `supplied ${number} ${received}`, 'the supplied event')
      supply.received++
    } else super.receive(event)
  }
}

class World {
  readonly clock = new FakeClock({ now: 1_000, turns: 'manual' })
  readonly #retention: Retention
  readonly #random: () => number
  readonly #channels: ModelledChannel[] = []
  #current: ModelledChannel
  readonly #readers: SuppliedReader[] = []
  /** The ids that clients still know, of this life and of former ones. */
  readonly #known: string[] = ['', 'never heard of']
  /** What suppliers have promised. */
  #promised: (() => void)[] = []
  /** The reader that has the policy of the channel: one at a time, because the channel does not say for whom it asks. */
  #common: SuppliedReader | undefined
  #supplies = 0
  #finishing = false
  /** What a failed supply threw, and what the process and the application were told. */
  readonly #thrown: unknown[] = []
  readonly #told: unknown[] = []

  constructor(seed: number, retention: Retention) {
    this.#random = seeded(seed)
    this.#retention = retention
    this.#current = this.#begin()
  }

  #begin(): ModelledChannel {
    const lagPolicy: LagPolicy = (gap) => this.#supply(this.#common as SuppliedReader, gap)
    const modelled = new ModelledChannel(this.clock, this.#retention, { lagPolicy })
    this.#channels.push(modelled)
    this.#known.push(modelled.channel.lastEventId)
    return modelled
  }

  async run(commands: readonly (typeof COMMANDS)[number][]): Promise<void> {
    using warnings = captureWarnings()
    for (const command of commands) {
      await this.#step(command)
      this.#check()
    }
    await this.#finish()
    this.#told.push(...warnings.all.map(({ cause }) => cause))
    expect(new Set(this.#told)).toEqual(new Set(this.#thrown))
    expect(this.#told).toHaveLength(this.#thrown.length)
  }

  async #step(command: (typeof COMMANDS)[number]): Promise<void> {
    const reader = this.#pick(this.#readers.filter(({ open }) => open))
    switch (command) {
      case 'publish':
        return this.#publish()
      case 'burst':
        for (let n = this.#below(6); n >= 0; n--) {
          this.#publish()
          if (this.#chance(0.7)) this.clock.runTurn()
        }
        return
      case 'turn':
        this.clock.runTurn()
        for (const one of this.#readers) if (one.supply === undefined) one.atRest()
        return
      case 'rest':
        await turns(1)
        this.clock.runTurn()
        await turns(1)
        for (const one of this.#readers) one.atRest()
        return
      case 'subscribe':
        return this.#subscribe('')
      case 'resume':
        return this.#subscribe(this.#pick(this.#readers.filter(({ open }) => !open))?.lastEventId ?? '')
      case 'resume-anywhere':
        return this.#subscribe(this.#pick(this.#known) ?? '')
      case 'stall':
      case 'drain':
      case 'sip':
      case 'disconnect':
        return reader?.sink[command]()
      case 'settle': {
        const settle = this.#pick(this.#promised)
        this.#promised = this.#promised.filter((other) => other !== settle)
        return settle?.()
      }
      case 'wait':
        return this.clock.advance(this.#below(this.#chance(0.5) ? 200 : 3_000))
      case 'close':
        // Its readers may take what is left as slowly as they like.
        if (this.#chance(0.3)) this.#close()
    }
  }

  #publish(): void {
    this.#known.push(this.#current.publish(this.#below(10_000), this.#below(10_000)))
  }

  #close(): void {
    const { channel } = this.#current
    this.#current = this.#begin()
    channel.close()
  }

  #subscribe(lastEventId: string): void {
    const common = this.#common?.open !== true && this.#chance(0.4)
    const kind = common ? 'supply' : this.#pick(['supply', 'supply', 'supply', 'gap', 'disconnect'] as const)
    const ask: LagPolicy = (gap) => this.#supply(reader, gap)
    const lagPolicy = common ? undefined : kind === 'supply' ? ask : kind
    const subscription = { start: this.#chance(0.5) ? 'live' : 'earliest', lagPolicy } as const
    const capacity = this.#chance(0.4) ? 1 : this.#below(10_000)
    const gzip = this.#chance(0.15)
    const connection = { lastEventId, capacity, options: this.#options(() => reader), gzip }
    const reader: SuppliedReader = new SuppliedReader(
      this.#current,
      { ...connection, ...this.#selection(subscription) },
      coverage,
    )
    reader.disconnects = kind === 'disconnect'
    if (common) this.#common = reader
    this.#readers.push(reader)
    reader.connect(this.#current, this.clock)
    if (this.#chance(0.3)) reader.sink.stall()
  }

  #selection(subscription: SubscriptionOptions): Pick<Connection, 'subscription' | 'wants'> {
    const topics = ['even', 'any']
    const hasTopic = (event: Published | PublishedEvent): boolean =>
      event.topics.some((topic) => topics.includes(topic))
    switch (this.#below(4)) {
      case 0:
        return { subscription: { ...subscription, topics }, wants: hasTopic }
      case 1:
        return {
          subscription: { ...subscription, filter: ({ name }) => name !== 'e1' },
          wants: ({ event }) => event !== 'e1',
        }
      default:
        return { subscription }
    }
  }

  #options(reader: () => SuppliedReader): Connection['options'] & object {
    return {
      lineEnding: this.#pick(['\n', '\n', '\r\n', '\r'] as const),
      onError: (error) => {
        this.#told.push(error)
        if (!this.#finishing && this.#chance(0.2)) this.#publish()
        return this.#chance(0.5) && !reader().sink.full ? farewell : undefined
      },
    }
  }

  /** A supplier: what it does besides, when it gives, and what, are left to chance. */
  #supply(reader: SuppliedReader, gap: Gap): ReturnType<Exclude<LagPolicy, string>> {
    const supply: Supply = {
      number: this.#supplies++,
      events: this.#pick([0, 1, 2, 3, 40]) ?? 0,
      gap,
      next: reader.log.end,
      lastEventId: reader.lastEventId,
      given: false,
      received: 0,
      error: undefined,
    }
    reader.beginSupply(supply)
    this.#meddle(reader)
    const give = (): Iterable<ServerSentEvent> => {
      this.#meddle(reader)
      if (this.#chance(0.1)) throw this.#failure(supply)
      supply.given = true
      return this.#chance(0.5) ? this.#give(reader, supply) : eventsOf(supply)
    }
    const when = this.#pick(['at once', 'promised', 'later', 'later'] as const)
    coverage.count(`${when} ${supply.events}`)
    if (when === 'at once') return give()
    if (when === 'promised') return Promise.resolve().then(give)
    return new Promise((resolve, reject) => {
      this.#promised.push(() => {
        try {
          resolve(give())
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  *#give(reader: SuppliedReader, supply: Supply): Iterable<ServerSentEvent> {
    for (const event of eventsOf(supply)) {
      if (this.#chance(0.02)) throw this.#failure(supply)
      if (this.#chance(0.1)) this.#meddle(reader)
      yield event
    }
  }

  #failure(supply: Supply): Error {
    supply.error = new Error('The database is down.')
    this.#thrown.push(supply.error)
    return supply.error as Error
  }

  /** What an application might do while it supplies a reader. */
  #meddle(reader: SuppliedReader): void {
    if (this.#finishing || !this.#chance(0.3)) return
    const what = this.#pick(['publish', 'publish', 'subscribe', 'disconnect', 'stall', 'close'] as const)
    if (what === 'publish') this.#publish()
    else if (what === 'subscribe') this.#subscribe('')
    else if (what === 'close') this.#close()
    else reader.sink[what ?? 'stall']()
    coverage.count(`${what} while supplying`)
  }

  #check(): void {
    expectNoFailures(this.#readers)
    for (const modelled of this.#channels) modelled.endStep()
  }

  /** All suppliers give, everyone reads on, then the channel closes: all readers have got all, and nothing is held any more. */
  async #finish(): Promise<void> {
    this.#finishing = true
    for (let rounds = 0; rounds < 3 || this.#promised.length > 0; rounds++) {
      for (const settle of this.#promised.splice(0)) settle()
      for (const { open, sink } of this.#readers) if (open) sink.drain()
      await this.#step('rest')
      this.#check()
      if (rounds === 1) for (const { channel } of this.#channels) channel.close()
    }
    expect(this.#channels.every(({ channel }) => channel.subscribers === 0)).toBe(true)
    // An end that a client does not take is given up as well.
    this.clock.advance(SEND_TIMEOUT_MS)
    expect([this.clock.pendingTimers, this.clock.pendingTurn]).toEqual([0, 0])
    for (const reader of this.#readers) reader.expectEnd()
    this.#check()
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  #pick<T>(values: readonly T[]): T | undefined {
    return values[this.#below(values.length)]
  }
}

function eventsOf({ number, events }: Supply): ServerSentEvent[] {
  return Array.from({ length: events }, (_, n) => ({
    event: 'supplied',
    data: `${number} ${n}`.padEnd(n % 7 === 6 ? 3_000 : 0),
  }))
}

it('gives a reader a contiguous run of the log, or a supply and then everything behind it, once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, ({ seed, retention, commands }) => new World(seed, retention).run(commands)),
    RUNS,
  )
  const gaps = ['lagged', 'evicted', 'unknown-id', 'restarted'].map((reason) => `gap: ${reason}`)
  const ends = ['complete', 'client-disconnect', 'send-timeout', 'error', 'lagged'].map(
    (reason) => `end: ${reason}`,
  )
  const suppliers = ['at once', 'promised', 'later'].flatMap((when) => [`${when} 0`, `${when} 40`])
  const meddling = ['publish', 'subscribe', 'disconnect', 'stall', 'close'].map(
    (what) => `${what} while supplying`,
  )
  coverage.expectEach([...gaps, ...ends, ...suppliers, ...meddling, ...BLOCKS], RUNS.numRuns / 20)
})
