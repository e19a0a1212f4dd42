/** What readers who share compressed blocks are given from elsewhere: from a broker, or a log that was filled anew. */
import { expect, it } from 'vitest'
import { GzipEncoder } from '../../src/compression/gzip-encoder.ts'
import {
  type BrokerFollower,
  type BrokerPage,
  Channel,
  MemoryBroker,
  type UntypedEvents,
} from '../../src/index.ts'
import { FakeSink, openStream } from '../fake-sink.ts'
import { deflate, GzipReader } from '../gzip-reader.ts'
import { ChannelReader } from './channel-reader.ts'

/** A client that decodes each piece when it comes, behind what it was given before and nothing else. */
class GzipClient {
  readonly sink: FakeSink
  readonly #reader = new GzipReader()
  #text = ''

  constructor(channel: Channel<UntypedEvents, MemoryBroker>, lastEventId = '') {
    this.sink = new FakeSink(1, (bytes) => {
      if (this.sink.state === 'open') this.#text += Buffer.from(this.#reader.read(bytes)).toString()
    })
    const encoder = new GzipEncoder(deflate())
    openStream(channel, { pingIntervalMs: 0 }, { sink: this.sink, lastEventId, encoder })
  }

  get text(): string {
    return this.#text
  }

  get wireBytes(): number {
    return Buffer.concat(this.sink.writes).byteLength
  }

  async has(id: string): Promise<void> {
    await expect.poll(() => this.#text).toContain(`id: ${id}\n`)
  }

  /** All of it, also for a decoder that is given everything at once. */
  expectWhole(): void {
    expect(this.sink.violations).toEqual([])
    this.#reader.expectWhole(this.sink.writes, this.sink.state === 'ended')
  }
}

async function publish(
  channel: Channel<UntypedEvents, MemoryBroker>,
  from: number,
  to: number,
): Promise<string> {
  let id = ''
  for (let n = from; n <= to; n++)
    id = await channel.publish('quote', { n, venue: 'the same one', price: n / 7 })
  return id
}

it('gives compressed readers the pages of a broker exactly, whether they come back or were too slow', async () => {
  const channel = new Channel<UntypedEvents, MemoryBroker>(undefined, {
    broker: new MemoryBroker(),
    retention: { events: 20 },
    compression: 'auto',
  })
  const first = await publish(channel, 1, 1)
  const slow = new GzipClient(channel, first)
  // A run of shared text, which what it reads elsewhere must break.
  for (let n = 2; n <= 40; n++) await slow.has(await publish(channel, n, n))
  slow.sink.stall()
  await publish(channel, 41, 200)
  const back = new GzipClient(channel, first)
  const plain = new ChannelReader(channel, { lastEventId: first })
  await back.has(channel.lastEventId)
  slow.sink.drain()
  await slow.has(channel.lastEventId)
  // Live again, behind the page.
  for (let n = 201; n <= 260; n++) {
    const id = await publish(channel, n, n)
    for (const client of [slow, back]) await client.has(id)
  }
  await plain.has(259)
  const written = plain.sink.writes.reduce((sum, bytes) => sum + bytes.byteLength, 0)
  expect(back.text).toBe(plain.sink.text)
  expect(slow.text).toBe(plain.sink.text)
  expect(back.wireBytes).toBeLessThan(written)
  channel.close()
  for (const client of [slow, back]) client.expectWhole()
})

/** Its log can be read anew, as after an outage, by which an event was deleted. */
class RefilledBroker extends MemoryBroker {
  #follower: BrokerFollower | undefined
  #page: BrokerPage | undefined

  override follow(follower: BrokerFollower, backlog: number): () => void {
    this.#follower = follower
    const begin = (page: BrokerPage): void => {
      this.#page = page
      follower.begin(page)
    }
    const { append, interrupted, recovered } = bound(follower)
    return super.follow({ begin, append, interrupted, recovered }, backlog)
  }

  async refillWithout(position: string): Promise<void> {
    const { epoch = '', before = '' } = this.#page ?? {}
    const { records } = await this.read(before, 1_000)
    this.#follower?.begin({
      epoch,
      before,
      records: records.filter((record) => record.position !== position),
    })
  }
}

function bound(follower: BrokerFollower): Omit<BrokerFollower, 'begin'> {
  return {
    append: (records) => follower.append(records),
    interrupted: (error) => follower.interrupted(error),
    recovered: () => follower.recovered(),
  }
}

it('takes nothing for the history of a reader that a log has which was filled anew', async () => {
  const broker = new RefilledBroker()
  const channel: Channel<UntypedEvents, MemoryBroker> = new Channel(undefined, {
    broker,
    compression: 'auto',
  })
  await channel.ready
  const client = new GzipClient(channel)
  for (let n = 1; n <= 40; n++) await client.has(await publish(channel, n, n))
  await broker.refillWithout('38')
  for (let n = 41; n <= 80; n++) await client.has(await publish(channel, n, n))
  const numbers = [...client.text.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))
  expect(numbers).toEqual(Array.from({ length: 80 }, (_, at) => at + 1))
  channel.close()
  client.expectWhole()
})
