import { createEventStreamParser, type EventStreamParser } from '@sse/core'
import { FakeClock, seeded } from '@sse/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GzipEncoder } from '../src/compression/gzip-encoder.ts'
import { Channel } from '../src/index.ts'
import { schedules } from './channel-model.ts'
import { FakeSink, openStream } from './fake-sink.ts'
import { deflate, GzipReader } from './gzip-reader.ts'

const RUNS = { numRuns: schedules(2_000), seed: 20_261_121 }
const KEYS = 6

/** The value of a key: its versions count up, so that order and doubles show. */
interface Versioned {
  readonly key: number
  readonly version: number
  readonly note: string
}

/** No schedule publishes more. */
const MOST_COMMANDS = 60

/** For each version, words that come again in an order that does not: compressed events refer to many places before them, and a wrong one shows. */
const NOTES: readonly string[] = Array.from({ length: MOST_COMMANDS }, (_, version) => {
  const random = seeded(version)
  const word = (): string => (Math.floor(random() * 60) * 7_919).toString(36).padStart(5, 'w')
  return Array.from({ length: 30 }, word).join(' ')
})

const topicOf = (key: number): string => (key % 2 === 0 ? 'even' : 'odd')

function createChannel(clock: FakeClock, events: number): Channel {
  const compactBy = ({ data }: { readonly data: unknown }): string => String((data as Versioned).key)
  return new Channel(undefined, { clock, compactBy, retention: { events } })
}

/** A client that keeps the latest version of each key, over any number of connections. */
class Client {
  readonly topics: readonly string[] | undefined
  readonly state = new Map<number, number>()
  readonly faults: string[] = []
  gaps = 0
  #lastEventId = ''
  #sink = new FakeSink()
  #parser: EventStreamParser | undefined
  #gzip: GzipReader | undefined
  #connections = 0
  #read = 0
  #stalled = false

  constructor(topics: readonly string[] | undefined) {
    this.topics = topics
  }

  get connected(): boolean {
    return this.#parser !== undefined && this.#sink.state === 'open'
  }

  connect(channel: Channel, clock: FakeClock, capacity: number): void {
    if (this.connected) return
    this.#sink = new FakeSink(capacity)
    this.#read = 0
    this.#stalled = false
    let offset = -1
    this.#parser = createEventStreamParser({
      lastEventId: this.#lastEventId,
      onEvent: ({ type, data, lastEventId }) => {
        if (type === 'gap') return this.#forget()
        // An id that went back would bring a reconnection back, or let it jump over something.
        const next = Number(lastEventId.split('-')[1])
        if (next <= offset) this.faults.push(`id ${lastEventId} came after offset ${offset}`)
        offset = next
        this.#take(JSON.parse(data) as Versioned)
      },
    })
    const content = channel.subscription({ start: 'snapshot', topics: this.topics })
    this.#gzip = this.#connections++ % 3 === 2 ? undefined : new GzipReader()
    const encoder = this.#gzip && new GzipEncoder(deflate())
    openStream(
      content,
      { clock, pingIntervalMs: 1_000 },
      { sink: this.#sink, lastEventId: this.#lastEventId, encoder },
    )
    this.read()
  }

  /** Reads what has arrived; what a stalled client has not read yet is lost with its connection. */
  read(): void {
    if (this.#stalled || this.#parser === undefined) return
    for (; this.#read < this.#sink.writes.length; this.#read++) {
      const bytes = this.#sink.writes[this.#read] as Uint8Array
      this.#parser.feed(this.#gzip?.read(bytes) ?? bytes)
    }
    this.#lastEventId = this.#parser.lastEventId
  }

  stall(): void {
    this.read()
    this.#stalled = true
    this.#sink.stall()
  }

  drain(): void {
    this.#stalled = false
    this.#sink.drain()
    this.read()
  }

  disconnect(): void {
    this.read()
    this.#sink.disconnect()
    this.#parser = undefined
  }

  get violations(): readonly string[] {
    return this.#sink.violations
  }

  /** After a gap the state that follows is whole again: what was known may be of a former life. */
  #forget(): void {
    this.gaps++
    this.state.clear()
  }

  #take({ key, version, note }: Versioned): void {
    if (note !== NOTES[version]) this.faults.push(`version ${version} says ${note}`)
    const known = this.state.get(key) ?? -1
    if (version <= known) this.faults.push(`key ${key} went from version ${known} to ${version}`)
    if (this.topics !== undefined && !this.topics.includes(topicOf(key)))
      this.faults.push(`key ${key} was not wanted`)
    this.state.set(key, version)
  }
}

type Command = readonly [what: string, a: number, b: number]

const commands = fc.array(
  fc.tuple(
    fc.constantFrom(
      'publish',
      'publish',
      'publish',
      'turn',
      'stall',
      'drain',
      'leave',
      'come',
      'ping',
      'restart',
    ),
    fc.nat(KEYS - 1),
    fc.nat(2),
  ),
  { maxLength: MOST_COMMANDS, size: 'max' },
)

async function run(events: number, schedule: readonly Command[]): Promise<Client[]> {
  const clock = new FakeClock({ turns: 'manual' })
  let channel = createChannel(clock, events)
  const latest = new Map<number, number>()
  const clients = [new Client(undefined), new Client(['even']), new Client(['odd', 'even'])]
  let version = 0
  for (const [what, a, b] of schedule) {
    const client = clients[b] as Client
    if (what === 'publish') {
      channel.publish('changed', { key: a, version, note: NOTES[version] }, { topics: [topicOf(a)] })
      latest.set(a, version++)
    } else if (what === 'turn') clock.runTurn()
    else if (what === 'stall') client.stall()
    else if (what === 'drain') client.drain()
    else if (what === 'leave') client.disconnect()
    else if (what === 'come') client.connect(channel, clock, a * 40 + 1)
    else if (what === 'ping') clock.advance(1_100)
    else {
      for (const other of clients) other.disconnect()
      channel = createChannel(clock, events)
      latest.clear()
    }
    for (const other of clients) other.read()
    // Streams that have ended leave their channel in a microtask.
    await Promise.resolve()
  }
  for (const client of clients) {
    client.connect(channel, clock, 1)
    client.drain()
  }
  clock.runTurn()
  for (const client of clients) {
    client.read()
    const wanted = [...latest].filter(([key]) => client.topics?.includes(topicOf(key)) ?? true)
    expect(new Map([...client.state].sort(([x], [y]) => x - y))).toEqual(
      new Map(wanted.sort(([x], [y]) => x - y)),
    )
  }
  return clients
}

it('gives each reader of a compacted channel the latest of every key that it wants, in order and once, whatever happens between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 8 }), commands, async (events, schedule) => {
      for (const { faults, violations } of await run(events, schedule)) {
        expect([...faults, ...violations]).toEqual([])
      }
    }),
    RUNS,
  )
})

it('reaches every way to read with its schedules', async () => {
  const clients = await run(2, [
    ['publish', 0, 0],
    ['come', 0, 0],
    ['publish', 1, 0],
    ['turn', 0, 0],
    ['restart', 0, 0],
    ['publish', 2, 0],
    ['come', 0, 0],
  ])
  expect(clients.map(({ gaps }) => gaps)).toEqual([1, 0, 0])
})
