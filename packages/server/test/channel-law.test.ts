/**
 * Law 1: a reader gets a contiguous run of the log from where it asked, in order, once, or is told exactly of the gap.
 * And: no reader delays another, no full sink is written to, and streams that ended hold nothing.
 */

import { FakeClock, turns } from '@sse/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Retention } from '../src/index.ts'
import {
  Coverage,
  expectNoFailures,
  ModelledChannel,
  ModelledReader,
  SEND_TIMEOUT_MS,
  schedules,
} from './channel-model.ts'
import { BLOCKS } from './gzip-reader.ts'

const RUNS = { numRuns: schedules(2_000), seed: 20_260_103 }

const coverage = new Coverage()

/** The more often it is there, the more often it is done. */
const COMMANDS = [
  ...['publish', 'publish', 'publish', 'publish', 'burst', 'burst', 'burst', 'turn', 'turn', 'turn', 'rest'],
  ...['subscribe', 'subscribe', 'stall', 'stall', 'drain', 'sip', 'sip', 'disconnect'],
  ...['resume', 'resume', 'resume-anywhere', 'wait', 'restart'],
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
  readonly clock = new FakeClock({ now: 1_000, turns: 'manual' })
  readonly #retention: Retention
  readonly #channels: ModelledChannel[] = []
  #current: ModelledChannel
  readonly #readers: ModelledReader[] = []
  /** The ids that clients still know, of this life and of former ones. */
  readonly #known: string[] = ['', 'never heard of']

  constructor(retention: Retention) {
    this.#retention = retention
    this.#current = this.#begin()
  }

  #begin(): ModelledChannel {
    const modelled = new ModelledChannel(this.clock, this.#retention)
    this.#channels.push(modelled)
    this.#known.push(modelled.channel.lastEventId)
    return modelled
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
        for (const one of open) if (one.log === this.#current.log) one.atRest()
        return
      case 'subscribe':
        return this.#subscribe('', a, b)
      case 'stall':
        return reader?.sink.stall()
      case 'drain':
      case 'sip':
        // What was published in this turn is given to those who drain in it.
        return reader?.sink[name]()
      case 'disconnect':
        return reader?.sink.disconnect()
      case 'resume': {
        const gone = this.#readers.filter((one) => !one.open)
        const id = gone[a % gone.length]?.lastEventId
        if (id !== undefined) this.#subscribe(id, a, b)
        return
      }
      case 'resume-anywhere':
        return this.#subscribe(this.#known[a % this.#known.length] ?? '', a, b)
      case 'wait':
        return this.clock.advance(b % 2 === 0 ? a % 200 : a % 3_000)
      case 'restart':
        if (a % 3 !== 0) return
        for (const one of open) one.sink.disconnect()
        this.#current = this.#begin()
        return
      case 'rest':
        return turns()
    }
  }

  #publish(a: number, b: number): void {
    this.#known.push(this.#current.publish(a, b))
  }

  #subscribe(lastEventId: string, a: number, b: number): void {
    const lineEnding = (['\n', '\n', '\r\n', '\r'] as const)[b % 4]
    const subscription = { start: a % 2 === 0 ? 'live' : 'earliest' } as const
    const capacity = b % 3 === 0 ? 1 : a * 10 + 1
    const gzip = (a + b) % 5 === 0
    const connection = { subscription, lastEventId, capacity, options: { lineEnding }, gzip }
    const reader = new ModelledReader(this.#current, connection, coverage)
    reader.connect(this.#current, this.clock)
    if (reader.lastEventId === '') reader.failures.push('it does not know where it is')
    this.#readers.push(reader)
  }

  #check(): void {
    expectNoFailures(this.#readers)
    this.#current.endStep()
  }

  /** Everyone reads on, then the channel closes: each reader of this life has got all, and nothing is held any more. */
  async #finish(): Promise<void> {
    this.clock.runTurn()
    for (const reader of this.#readers) if (reader.open) reader.sink.drain()
    for (const reader of this.#readers) reader.atRest()
    this.#check()
    for (const { channel } of this.#channels) channel.close()
    await turns()
    this.clock.runTurn()
    await turns()
    expect(this.#channels.every(({ channel }) => channel.subscribers === 0)).toBe(true)
    // An end that a client does not take is given up as well.
    this.clock.advance(SEND_TIMEOUT_MS)
    expect([this.clock.pendingTimers, this.clock.pendingTurn]).toEqual([0, 0])
    for (const reader of this.#readers) reader.expectEnd()
    this.#check()
  }
}

it('gives each reader a contiguous run of the log from where it asked, once and in order, or tells it exactly of the gap', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, ({ retention, commands }) => new World(retention).run(commands)),
    RUNS,
  )
  const gaps = ['lagged', 'evicted', 'unknown-id', 'restarted'].map((reason) => `gap: ${reason}`)
  const ends = ['complete', 'client-disconnect', 'send-timeout'].map((reason) => `end: ${reason}`)
  const happened = [...gaps, ...ends, 'resume', 'stall', 'ping']
  coverage.expectEach([...happened, ...BLOCKS], RUNS.numRuns / 20)
  // Compression changes nothing: all that happens to readers happens to those who are compressed.
  coverage.expectEach(
    happened.map((what) => `compressed ${what}`),
    RUNS.numRuns / 100,
  )
})
