/** What channels make of a broker that is killed, frozen, cut off, and that loses what it had: the same cases for all brokers with a server. */

import { type FaultProxy, faultProxy, seeded } from '@sse/testing/node'
import { describe, expect, it } from 'vitest'
import { type Broker, Channel, type UntypedEvents } from '../../src/index.ts'
import { type LogOptions, PATIENT } from './broker-contract.ts'
import type { BrokerProcess } from './broker-process.ts'
import { ChannelReader } from './channel-reader.ts'

export interface ServerUnderTest {
  start(): Promise<BrokerProcess>
  /** The broker of a process of its own, connected through this port. `close` closes its client. */
  connect(port: number, options?: LogOptions): Promise<{ readonly broker: Broker; close(): Promise<void> }>
}

/** A server with a proxy before it, and channels on one log as processes of their own would have them. */
class Cluster implements AsyncDisposable {
  readonly server: BrokerProcess
  readonly proxy: FaultProxy
  readonly #under: ServerUnderTest
  readonly #closing: (() => Promise<void>)[] = []

  private constructor(under: ServerUnderTest, server: BrokerProcess, proxy: FaultProxy) {
    this.#under = under
    this.server = server
    this.proxy = proxy
  }

  static async start(under: ServerUnderTest): Promise<Cluster> {
    const server = await under.start()
    return new Cluster(under, server, await faultProxy({ target: `tcp://127.0.0.1:${server.port}` }))
  }

  async channel(events = 1_000, options: LogOptions = PATIENT): Promise<SharedChannel> {
    const { broker, close } = await this.#under.connect(this.proxy.port, options)
    const channel = new Channel(undefined, { broker, retention: { events } })
    this.#closing.push(async () => {
      channel.close()
      await close()
    })
    return channel
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.thaw()
    for (const close of this.#closing) await close()
    await this.proxy[Symbol.asyncDispose]()
    await this.server[Symbol.asyncDispose]()
  }
}

type SharedChannel = Channel<UntypedEvents, Broker>

const publish = (channel: SharedChannel, data: string, dedupeKey?: string): Promise<string> =>
  channel.publish('n', data, { dedupeKey })

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code

/** Publishes, and remembers what was acknowledged and what may have been published. */
class Publisher {
  readonly acknowledged: string[] = []
  readonly unknown: string[] = []
  readonly #channel: SharedChannel
  readonly #name: string
  #count = 0

  constructor(channel: SharedChannel, name: string) {
    this.#channel = channel
    this.#name = name
  }

  /** Never rejects, but for what must not happen. */
  async publish(): Promise<void> {
    const data = `${this.#name}${++this.#count}`
    try {
      await publish(this.#channel, data)
      this.acknowledged.push(data)
    } catch (error) {
      if (codeOf(error) === 'publish-unknown') this.unknown.push(data)
      else if (codeOf(error) !== 'broker-unavailable') throw error
    }
  }
}

/** All readers have the same, each event once, all that was acknowledged, and nothing that was not tried. */
function expectLaw(readers: readonly ChannelReader[], publishers: readonly Publisher[]): void {
  const [first] = readers
  const data = first?.data ?? []
  expect(new Set(data).size).toBe(data.length)
  const had = new Set(data)
  for (const { acknowledged, unknown } of publishers) {
    expect(acknowledged.filter((event) => !had.has(event))).toEqual([])
    for (const event of [...acknowledged, ...unknown]) had.delete(event)
  }
  expect([...had]).toEqual([])
  for (const reader of readers) reader.expectData(data)
}

async function haveAll(
  readers: readonly ChannelReader[],
  publishers: readonly Publisher[],
  channel: SharedChannel,
): Promise<void> {
  // Whatever was published comes before this.
  await publish(channel, 'end')
  for (const reader of readers) await expect.poll(() => reader.data.at(-1)).toBe('end')
  const end = new Publisher(channel, '')
  end.acknowledged.push('end')
  expectLaw(readers, [...publishers, end])
}

export function describeOutages(name: string, under: ServerUnderTest): void {
  it(`${name}: sends each event to a process once, however many readers that has`, async () => {
    await using cluster = await Cluster.start(under)
    const channel = await cluster.channel()
    const readers = await Promise.all(Array.from({ length: 100 }, () => new ChannelReader(channel).placed()))
    await publish(channel, 'x'.repeat(1_000))
    for (const reader of readers) await reader.has(1)
    const before = cluster.proxy.statistics().responseBytes
    for (let n = 0; n < 50; n++) await publish(channel, 'x'.repeat(1_000))
    for (const reader of readers) await reader.has(51)
    const bytes = (cluster.proxy.statistics().responseBytes - before) / 50
    expect(bytes).toBeGreaterThan(1_000)
    expect(bytes).toBeLessThan(1_500)
  })

  describe(`${name}: an outage`, () => {
    it('under load costs time, and nothing else: all that was acknowledged comes, once, in one order', async () => {
      await using cluster = await Cluster.start(under)
      const [a, b, c] = [await cluster.channel(), await cluster.channel(10), await cluster.channel()]
      const readers = await Promise.all([a, a, b, c].map((channel) => new ChannelReader(channel).placed()))
      const publishers = [new Publisher(a, 'a'), new Publisher(c, 'c')]
      const load = Promise.all(
        publishers.map(async (publisher) => {
          for (let n = 0; n < 40; n++)
            await Promise.all(Array.from({ length: 10 }, () => publisher.publish()))
        }),
      )
      await readers[0]?.has(150)
      await cluster.server.kill()
      await cluster.server.start()
      await readers[0]?.has(400)
      await cluster.server.kill()
      await cluster.server.start()
      await load
      await haveAll(readers, publishers, a)
      expect(publishers.map(({ acknowledged }) => acknowledged.length)).toEqual([400, 400])
    })

    it('makes publish reject, with nothing published, and leaves streams open and pinged', async () => {
      await using cluster = await Cluster.start(under)
      const channel = await cluster.channel(1_000, { publishTimeoutMs: 150 })
      const patient = await cluster.channel()
      const reader = await new ChannelReader(channel, { pingIntervalMs: 20 }).placed()
      await publish(patient, 'before')
      await reader.has(1)
      await cluster.server.kill()
      // As long as the connection is not known to be dead, it is unknown what became of what was sent on it.
      while (
        codeOf(await publish(channel, 'perhaps').catch((error: unknown) => error)) === 'publish-unknown'
      );
      await expect(publish(channel, 'no')).rejects.toMatchObject({ code: 'broker-unavailable' })
      const pings = (): number => reader.sink.text.match(/^: ping/gm)?.length ?? 0
      const until = pings() + 3
      await expect.poll(() => pings()).toBeGreaterThanOrEqual(until)
      expect(reader.sink.state).toBe('open')
      await cluster.server.start()
      await publishWhenBack(patient, 'after')
      // What may have been published may also come behind it: a client sends again when it is back itself.
      await expect.poll(() => reader.data).toContain('after')
      expect(reader.data.filter((data) => data !== 'perhaps')).toEqual(['before', 'after'])
    })

    it('in which an answer is lost does not publish twice', async () => {
      await using cluster = await Cluster.start(under)
      const [a, b] = [await cluster.channel(), await cluster.channel()]
      const reader = await new ChannelReader(b).placed()
      await a.ready
      const wanted: string[] = []
      for (let n = 1; n <= 12; n++) {
        // Whose answer it is depends on who speaks next; in several rounds the publish is hit.
        cluster.proxy.loseAnswer()
        await Promise.all([`${n}`, `${n}+`].map((data) => publish(a, data)))
        wanted.push(`${n}`, `${n}+`)
      }
      await publish(a, 'end')
      await expect.poll(() => reader.data.at(-1)).toBe('end')
      expect(cluster.proxy.statistics().faults.cut).toBeGreaterThan(5)
      expect([...reader.data].sort()).toEqual([...wanted, 'end'].sort())
    })

    it('of a server that is frozen leaves it unknown whether it has published; with a dedupeKey one can try again', async () => {
      await using cluster = await Cluster.start(under)
      const channel = await cluster.channel(1_000, { publishTimeoutMs: 150 })
      const reader = await new ChannelReader(channel).placed()
      await publishWhenBack(channel, 'before')
      await cluster.server.freeze()
      await expect(publish(channel, 'once', 'key')).rejects.toMatchObject({ code: 'publish-unknown' })
      cluster.server.thaw()
      const id = await publishWhenBack(channel, 'once', 'key')
      await publishWhenBack(channel, 'after')
      await expect.poll(() => reader.data.at(-1)).toBe('after')
      reader.expectData(['before', 'once', 'after'])
      expect(reader.events[1]?.lastEventId).toBe(id)
    })

    it('after which the data are gone begins a new life: everyone is told of it, once', async () => {
      await using cluster = await Cluster.start(under)
      const [a, b] = [await cluster.channel(), await cluster.channel(2)]
      const readers = await Promise.all([a, b].map((channel) => new ChannelReader(channel).placed()))
      const ids: string[] = []
      for (const data of ['1', '2', '3', '4']) ids.push(await publish(a, data))
      for (const reader of readers) await reader.has(4)
      await cluster.server.restartEmpty()
      await publishWhenBack(b, 'new')
      for (const reader of readers) {
        await expect.poll(() => reader.data.at(-1)).toBe('new')
        expect(reader.events.map(({ type }) => type)).toEqual(['n', 'n', 'n', 'n', 'gap', 'n'])
        expect(JSON.parse(reader.data[4] ?? '')).toMatchObject({ reason: 'restarted', requestedId: ids[3] })
      }
      const late = await new ChannelReader(a, { lastEventId: ids[0] ?? '' }).has(2)
      expect(late.events.map(({ type }) => type)).toEqual(['gap', 'n'])
    })

    it('at the start of a process lets it wait: its streams are open, and have all when the broker is there', async () => {
      await using cluster = await Cluster.start(under)
      const a = await cluster.channel()
      const first = await publish(a, '1')
      await publish(a, '2')
      await cluster.server.kill()
      const b = await cluster.channel()
      const readers = [
        new ChannelReader(b, { lastEventId: first }),
        new ChannelReader(b, { start: 'earliest' }),
      ]
      const live = new ChannelReader(b, { pingIntervalMs: 20 })
      await expect.poll(() => live.sink.text).toContain('\n\n: ping')
      const early = Promise.all(['3', '4', '5', '6'].map((data) => publish(b, data)))
      let isReady = false
      void b.ready.then(() => {
        isReady = true
      })
      await expect(publish(await cluster.channel(1, { publishTimeoutMs: 50 }), 'no')).rejects.toMatchObject({
        code: 'broker-unavailable',
      })
      expect([isReady, b.lastEventId, live.sink.state, live.lastEventId]).toEqual([false, '', 'open', ''])
      await cluster.server.start()
      await live.placed()
      expect(isReady).toBe(true)
      const ids = [...(await early)]
      await readers[0]?.has(5)
      await readers[1]?.has(6)
      // What was published before the broker was there keeps its order.
      readers[0]?.expectData(['2', '3', '4', '5', '6'])
      readers[1]?.expectData(['1', '2', '3', '4', '5', '6'])
      await publishWhenBack(a, '7')
      await expect.poll(() => live.data.at(-1)).toBe('7')
      // Told where it begins, it has everything from there on.
      live.expectData(['3', '4', '5', '6', '7'].slice(ids.indexOf(live.firstPlace) + 1))
    })

    it('lets readers who come back meanwhile wait for what is older than the log', async () => {
      await using cluster = await Cluster.start(under)
      const [a, b] = [await cluster.channel(), await cluster.channel(2)]
      const first = await publish(a, '0')
      let last = first
      for (let n = 1; n <= 8; n++) last = await publish(a, String(n))
      const latest = await publish(a, '9')
      await expect.poll(() => b.lastEventId).toBe(latest)
      await cluster.server.kill()
      const reader = new ChannelReader(b, { lastEventId: first, pingIntervalMs: 20 })
      await expect.poll(() => reader.sink.text).toContain(': ping')
      expect(reader.events).toEqual([])
      // What the log has, there is no need to wait for.
      const near = await new ChannelReader(b, { lastEventId: last }).has(1)
      near.expectData(['9'])
      await cluster.server.start()
      await reader.has(9)
      reader.expectData(['1', '2', '3', '4', '5', '6', '7', '8', '9'])
    })

    it.each([1, 2, 3])(
      'schedule %i: whatever happens, each reader has every acknowledged event once, in one order',
      async (seed) => {
        await using cluster = await Cluster.start(under)
        const random = seeded(seed)
        // Of its own, because how many connections there are is up to the clients.
        const cutting = seeded(seed)
        const happened = { published: 0, late: 0, cut: 0, lost: 0, killed: 0 }
        const channels = [await cluster.channel(), await cluster.channel(5), await cluster.channel(50)]
        const publishers = channels.map((channel, i) => new Publisher(channel, 'xyz'.charAt(i)))
        const readers = await Promise.all(channels.map((channel) => new ChannelReader(channel).placed()))
        const [start = ''] = readers.map(({ lastEventId }) => lastEventId)
        const pending: Promise<void>[] = []
        for (let step = 0; step < 60; step++) {
          const dice = random()
          const any = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
          if (dice < 0.6) {
            happened.published += 8
            for (let n = 0; n < 8; n++) pending.push(any(publishers).publish())
          } else if (dice < 0.7) {
            happened.late++
            readers.push(new ChannelReader(any(channels), { lastEventId: start }))
          } else if (dice < 0.78) {
            happened.cut++
            await expect.poll(() => cluster.proxy.connections.length).toBeGreaterThan(0)
            for (const [n, connection] of cluster.proxy.connections.entries())
              if (n === 0 || cutting() < 0.5) connection.cut()
          } else if (dice < 0.84) {
            happened.lost++
            cluster.proxy.loseAnswer()
          } else if (dice < 0.87) {
            happened.killed++
            await cluster.server.kill()
            await cluster.server.start()
          } else await pending[Math.floor(random() * pending.length)]
        }
        await Promise.all(pending)
        const [channel] = channels
        if (channel !== undefined) await haveAll(readers, publishers, channel)
        expect(publishers.flatMap(({ unknown }) => unknown)).toEqual([])
        // There was something to survive, of each kind.
        expect(Math.min(...Object.values(happened)), JSON.stringify(happened)).toBeGreaterThan(1)
        expect(cluster.proxy.statistics().faults.cut, String(cluster.proxy)).toBeGreaterThan(2)
        expect(publishers.flatMap(({ acknowledged }) => acknowledged).length).toBe(happened.published)
      },
    )
  })
}

/** A broker that was away may not be known to be back. */
async function publishWhenBack(channel: SharedChannel, data: string, dedupeKey = data): Promise<string> {
  for (;;) {
    try {
      return await publish(channel, data, dedupeKey)
    } catch (error) {
      if (codeOf(error) !== 'broker-unavailable' && codeOf(error) !== 'publish-unknown') throw error
    }
  }
}
