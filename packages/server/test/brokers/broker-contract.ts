/** What every broker keeps, and what a channel makes of it: the same cases for all of them. */
import { defineEvents } from '@sse/core'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Broker, BrokerPage, BrokerReading, BrokerRecord } from '../../src/index.ts'
import { Channel } from '../../src/index.ts'
import { ChannelReader } from './channel-reader.ts'

export interface LogOptions {
  readonly maxLength?: number | undefined
  readonly maxAgeMs?: number | undefined
  readonly publishTimeoutMs?: number | undefined
}

/** For publishing on a machine that may be busy, to a server that may have to come back first. */
export const PATIENT: LogOptions = { publishTimeoutMs: 50_000 }

/** One log, as processes of their own would see it. */
export interface SharedLog extends AsyncDisposable {
  /** The broker of another process. */
  process(options?: LogOptions): Promise<Broker>
}

export interface BrokerUnderTest {
  /** A new log. */
  log(options?: LogOptions): SharedLog
  /** How many events it may retain beyond `maxLength`. */
  readonly trimmingSlack: number
}

/** Remembers what it is told, and that the order and the lives are as they must be. */
class RecordingFollower {
  pages: BrokerPage[] = []
  records: BrokerRecord[] = []
  interruptions = 0
  recoveries = 0

  begin(page: BrokerPage): void {
    this.pages.push(page)
    this.records = [...page.records]
  }

  append(records: readonly BrokerRecord[]): void {
    this.records.push(...records)
  }

  interrupted(): void {
    this.interruptions++
  }

  recovered(): void {
    this.recoveries++
  }

  get payloads(): string[] {
    return this.records.map(({ payload }) => payload)
  }

  async has(count: number): Promise<this> {
    await expect
      .poll(() => this.pages.length > 0 && this.records.length >= count, {
        message: `a follower has ${count} events, not ${this.records.length}`,
      })
      .toBe(true)
    return this
  }
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String(from + i))

async function publishAll(broker: Broker, payloads: readonly string[]): Promise<string[]> {
  const positions: string[] = []
  for (const payload of payloads) positions.push((await broker.publish({ payload })).position)
  return positions
}

/** As channels do it: a server that is too busy to answer in time is asked again. */
async function read(broker: Broker, after: string | undefined, limit: number): Promise<BrokerReading> {
  for (;;) {
    try {
      return await broker.read(after, limit)
    } catch (error) {
      if (!(error instanceof Error && error.name === 'TimeoutError')) throw error
    }
  }
}

export function describeBroker(name: string, under: () => BrokerUnderTest): void {
  describe(`${name}: the broker`, () => {
    it('gives events an order, and what follows on each of them can be read', async () => {
      await using log = under().log()
      const broker = await log.process()
      const positions = await publishAll(broker, numbers(1, 20))
      expect(new Set(positions).size).toBe(20)
      for (const [i, position] of positions.entries()) {
        expect(broker.isPosition(position)).toBe(true)
        const page = await read(broker, position, 7)
        expect(page.lost).toBeUndefined()
        expect(page.before).toBe(position)
        expect(page.records.map(({ payload }) => payload)).toEqual(numbers(i + 2, Math.min(i + 8, 20)))
      }
    })

    it('keeps what is published as it is: text of any script, line breaks, 200 kB', async () => {
      await using log = under().log()
      const broker = await log.process()
      const payloads = ['', 'grüße 🌍 \u2028', 'a\nb\r\nc\0d', '"\\', 'x'.repeat(200_000)]
      await publishAll(broker, payloads)
      const { records } = await read(await log.process(), undefined, 10)
      expect(records.map(({ payload }) => payload)).toEqual(payloads)
    })

    it('tells when it took an event', async () => {
      await using log = under().log()
      const broker = await log.process()
      const before = Date.now()
      await broker.publish({ payload: 'x' })
      const [record] = (await read(broker, undefined, 1)).records
      expect(record?.publishedAt).toBeGreaterThan(before - 1_000)
      expect(record?.publishedAt).toBeLessThan(Date.now() + 1_000)
    })

    it('an empty log has a position, and reading goes on from there', async () => {
      await using log = under().log()
      const broker = await log.process()
      const empty = await read(broker, undefined, 10)
      expect(empty).toMatchObject({ records: [], epoch: expect.stringMatching(/^[0-9a-z]{8}$/) })
      expect(await read(broker, empty.before, 10)).toMatchObject({ before: empty.before, records: [] })
      await broker.publish({ payload: 'x' })
      const page = await read(broker, empty.before, 10)
      expect(page.lost).toBeUndefined()
      expect(page.records.map(({ payload }) => payload)).toEqual(['x'])
    })

    it('gives all processes the same order, whoever publishes at the same time', async () => {
      await using log = under().log()
      const [a, b] = [await log.process(), await log.process()]
      const followers = [new RecordingFollower(), new RecordingFollower()]
      const stops = [
        a.follow(followers[0] as RecordingFollower, 10),
        b.follow(followers[1] as RecordingFollower, 10),
      ]
      await Promise.all(followers.map((follower) => follower.has(0)))
      const publish = (broker: Broker, who: string): Promise<unknown> =>
        Promise.all(numbers(1, 100).map((n) => broker.publish({ payload: `${who}${n}` })))
      await Promise.all([publish(a, 'a'), publish(b, 'b')])
      await Promise.all(followers.map((follower) => follower.has(200)))
      const [first, second] = followers.map(({ payloads }) => payloads)
      expect(first).toEqual(second)
      const of = (who: string): string[] => (first ?? []).filter((payload) => payload.startsWith(who))
      // What one process publishes keeps its order.
      expect(of('a')).toEqual(numbers(1, 100).map((n) => `a${n}`))
      expect(of('b')).toEqual(numbers(1, 100).map((n) => `b${n}`))
      expect(followers.map(({ pages }) => pages.length)).toEqual([1, 1])
      for (const stop of stops) stop()
    })

    it('begins to follow with the last events, then tells each one once', async () => {
      await using log = under().log()
      const broker = await log.process()
      const positions = await publishAll(broker, numbers(1, 30))
      const follower = new RecordingFollower()
      const stop = (await log.process()).follow(follower, 5)
      await follower.has(5)
      expect(follower.payloads).toEqual(numbers(26, 30))
      expect(follower.pages[0]?.before).toBe(positions[24])
      await publishAll(broker, numbers(31, 40))
      await follower.has(15)
      expect(follower.payloads).toEqual(numbers(26, 40))
      stop()
      await publishAll(broker, ['after'])
      // Somebody else has it, and this one could have.
      const other = new RecordingFollower()
      const stopOther = broker.follow(other, 1)
      await other.has(1)
      expect(other.payloads).toEqual(['after'])
      expect(follower.payloads).toEqual(numbers(26, 40))
      stopOther()
    })

    it('begins to follow with nothing, if nothing is asked for', async () => {
      await using log = under().log()
      const broker = await log.process()
      const positions = await publishAll(broker, numbers(1, 3))
      const follower = new RecordingFollower()
      const stop = broker.follow(follower, 0)
      await follower.has(0)
      expect(follower.pages).toMatchObject([{ before: positions[2], records: [] }])
      await publishAll(broker, ['4'])
      await follower.has(1)
      expect(follower.payloads).toEqual(['4'])
      stop()
    })

    it('publishes an event once for one dedupeKey, whichever process asks', async () => {
      await using log = under().log()
      const [a, b] = [await log.process(), await log.process()]
      const first = await a.publish({ payload: 'x', dedupeKey: 'order 7' })
      expect(await b.publish({ payload: 'x', dedupeKey: 'order 7' })).toEqual(first)
      expect(await a.publish({ payload: 'x', dedupeKey: 'order 7' })).toEqual(first)
      const other = await b.publish({ payload: 'y', dedupeKey: 'order 8' })
      expect(other.position).not.toBe(first.position)
      const { records } = await read(a, undefined, 10)
      expect(records.map(({ payload }) => payload)).toEqual(['x', 'y'])
    })

    it('drops the oldest past maxLength, and says so to whoever comes from there', async () => {
      const { trimmingSlack } = under()
      await using log = under().log({ maxLength: 20 })
      const broker = await log.process()
      const count = 60 + 2 * trimmingSlack
      const positions = await publishAll(broker, numbers(1, count))
      const oldest = await read(broker, undefined, count)
      expect(oldest.records.length).toBeGreaterThanOrEqual(20)
      expect(oldest.records.length).toBeLessThanOrEqual(20 + trimmingSlack)
      expect(oldest.records.map(({ payload }) => payload)).toEqual(
        numbers(count - oldest.records.length + 1, count),
      )
      const lost = await read(broker, positions[3], 3)
      expect(lost).toMatchObject({ lost: 'evicted', before: oldest.before })
      expect(lost.records).toEqual(oldest.records.slice(0, 3))
      // Whoever is right before the oldest has missed nothing.
      const kept = await read(broker, oldest.before, 3)
      expect(kept.lost).toBeUndefined()
      expect(kept.records).toEqual(oldest.records.slice(0, 3))
    })

    it('knows a position that it has never given', async () => {
      await using log = under().log()
      const broker = await log.process()
      const [position = ''] = await publishAll(broker, ['1'])
      const future = position.replace(/^\d+/, (digits) => String(Number(digits) + 1_000_000))
      expect(await read(broker, future, 10)).toMatchObject({
        lost: 'unknown-id',
        records: [{ payload: '1' }],
      })
      for (const text of ['', '-', '1-', 'x', '-1', '1e3', '01', '9'.repeat(40), '1 2', '(5-0', '$', '+'])
        expect(broker.isPosition(text), text).toBe(false)
    })
  })

  describe(`${name}: a channel`, () => {
    it('tells every event in every process by the same bytes', async () => {
      await using log = under().log()
      const a = new Channel(undefined, { broker: await log.process() })
      const b = new Channel(undefined, { broker: await log.process() })
      const readers = [await new ChannelReader(a).placed(), await new ChannelReader(b).placed()]
      const ids = [
        await a.publish('price', { at: 1 }),
        await b.publish('message', 'line 1\nline 2\r\nline 3 \u2028'),
        await a.publish('ünï', '', { topics: ['t'] }),
      ]
      for (const reader of readers) await reader.has(3)
      const frames = readers.map(({ sink: { text } }) => text.slice(text.indexOf(`id: ${ids[0]}`)))
      expect(frames[0]).toBe(frames[1])
      expect(readers[0]?.events.map(({ lastEventId }) => lastEventId)).toEqual(ids)
      expect(readers[0]?.events.map(({ type, data }) => [type, data])).toEqual([
        ['price', '{"at":1}'],
        ['message', 'line 1\nline 2\nline 3 \u2028'],
        ['ünï', ''],
      ])
      expect(a.lastEventId).toBe(ids[2])
      a.close()
      b.close()
    })

    it('resumes a client of any other process, from every id', async () => {
      await using log = under().log()
      const a = new Channel(undefined, { broker: await log.process() })
      const ids: string[] = []
      for (const n of numbers(1, 12)) ids.push(await a.publish('n', n))
      const b = new Channel(undefined, { broker: await log.process() })
      for (const [i, lastEventId] of ids.entries()) {
        const reader = await new ChannelReader(b, { lastEventId }).placed()
        await reader.has(11 - i)
        reader.expectData(numbers(i + 2, 12))
      }
      const earliest = await new ChannelReader(b, { start: 'earliest' }).has(12)
      earliest.expectData(numbers(1, 12))
      a.close()
      b.close()
    })

    it('gives a stream that opens before it is filled a place when it is, and all that comes from there on', async () => {
      await using log = under().log()
      const a = new Channel(undefined, { broker: await log.process() })
      const ids: string[] = []
      for (const n of numbers(1, 20)) ids.push(await a.publish('n', n))
      const b = new Channel(undefined, { broker: await log.process(), retention: { events: 10 } })
      const live = Array.from({ length: 3 }, () => new ChannelReader(b))
      const back = [1, 15, 20].map((n) => new ChannelReader(b, { lastEventId: ids[n - 1] ?? '' }))
      const unknown = new ChannelReader(b, { lastEventId: 'nothing' })
      expect([b.lastEventId, b.subscribers]).toEqual(['', 7])
      for (const { sink, lastEventId } of [...live, ...back, unknown])
        expect([sink.text, lastEventId]).toEqual([': open\n\n', ''])
      // Some of these come before it is filled, and some after.
      for (const n of numbers(21, 45)) ids.push(await a.publish('n', n))
      await Promise.all([...live, ...back, unknown].map((reader) => reader.placed()))
      for (const n of numbers(46, 55)) ids.push(await a.publish('n', n))
      for (const reader of [...live, ...back, unknown]) await expect.poll(() => reader.data.at(-1)).toBe('55')
      for (const reader of live) {
        const place = ids.indexOf(reader.firstPlace) + 1
        expect(place).toBeGreaterThan(0)
        reader.expectData(numbers(place + 1, 55))
      }
      for (const [i, n] of [1, 15, 20].entries()) back[i]?.expectData(numbers(n + 1, 55))
      expect(JSON.parse(unknown.data[0] ?? '')).toMatchObject({
        reason: 'unknown-id',
        requestedId: 'nothing',
      })
      expect(unknown.data.slice(1)).toEqual(numbers(1, 55))
      // What it is filled with is not what is new.
      const c = new Channel(undefined, { broker: await log.process() })
      const fresh = await new ChannelReader(c).placed()
      expect(c.retained.events).toBe(55)
      await a.publish('n', '56')
      await fresh.has(1)
      fresh.expectData(['56'])
      c.close()
      a.close()
      b.close()
    })

    it('reads what is older than its own log from the broker, and goes on with what is live, while others publish', async () => {
      await using log = under().log()
      const a = new Channel(undefined, { broker: await log.process() })
      const first = await a.publish('n', '1')
      await Promise.all(numbers(2, 300).map((n) => a.publish('n', n)))
      const b = new Channel(undefined, { broker: await log.process(), retention: { events: 10 } })
      await b.ready
      expect(b.retained.events).toBe(10)
      const readers = Array.from({ length: 20 }, () => new ChannelReader(b, { lastEventId: first }))
      readers.push(new ChannelReader(b, { lastEventId: first, lineEnding: '\r\n' }))
      const publishing = Promise.all(numbers(301, 600).map((n) => a.publish('n', n)))
      await Promise.all(readers.map((reader) => reader.has(599)))
      await publishing
      for (const reader of readers) reader.expectData(numbers(2, 600))
      expect(readers.at(-1)?.sink.text).not.toMatch(/[^\r]\n/)
      a.close()
      b.close()
    })

    it('gives a reader that is slower than its log the events that the broker still has', async () => {
      await using log = under().log()
      const broker = await log.process()
      const channel = new Channel(undefined, { broker, retention: { events: 5 } })
      const reader = await new ChannelReader(channel, { capacity: 1 }).placed()
      reader.sink.stall()
      await channel.publish('n', '1')
      // It is full from here on.
      await reader.has(1)
      let last = ''
      for (const n of numbers(2, 50)) last = await channel.publish('n', n)
      await expect.poll(() => channel.lastEventId).toBe(last)
      expect([channel.retained.events, reader.events.length]).toEqual([5, 1])
      reader.sink.drain()
      await reader.has(50)
      reader.expectData(numbers(1, 50))
      await channel.publish('n', '51')
      await reader.has(51)
      reader.expectData(numbers(1, 51))
      channel.close()
    })

    it('selects topics and by filter, whether from the log or from the broker', async () => {
      await using log = under().log()
      const a = new Channel(undefined, { broker: await log.process() })
      const first = await a.publish('n', '0')
      const publish = (n: number): Promise<string> =>
        a.publish('n', n, { topics: [n % 2 === 0 ? 'even' : 'odd'] })
      for (let n = 1; n <= 30; n++) await publish(n)
      const b = new Channel(undefined, { broker: await log.process(), retention: { events: 4 } })
      const even = new ChannelReader(b, { lastEventId: first, topics: ['even'] })
      const third = new ChannelReader(b, { lastEventId: first, filter: ({ data }) => Number(data) % 3 === 0 })
      await third.has(10)
      for (let n = 31; n <= 36; n++) await publish(n)
      await even.has(18)
      await third.has(12)
      even.expectData(Array.from({ length: 18 }, (_, i) => String(2 * (i + 1))))
      third.expectData(Array.from({ length: 12 }, (_, i) => String(3 * (i + 1))))
      a.close()
      b.close()
    })

    it('tells of a gap when the broker has dropped what comes next, once, and goes on behind it', async () => {
      const { trimmingSlack } = under()
      await using log = under().log({ maxLength: 20 })
      const a = new Channel(undefined, { broker: await log.process() })
      const first = await a.publish('n', '1')
      const count = 60 + 2 * trimmingSlack
      for (const n of numbers(2, count)) await a.publish('n', n)
      const b = new Channel(undefined, { broker: await log.process(), retention: { events: 5 } })
      const reader = await new ChannelReader(b, { lastEventId: first }).has(21)
      await expect.poll(() => reader.data.at(-1)).toBe(String(count))
      const [gap, ...rest] = reader.events
      expect(gap?.type).toBe('gap')
      const told = JSON.parse(gap?.data ?? '')
      expect(told).toEqual({
        reason: 'evicted',
        requestedId: first,
        resumedAtId: gap?.lastEventId,
        missed: null,
      })
      expect(rest.map(({ data }) => data)).toEqual(numbers(count - rest.length + 1, count))
      const again = await new ChannelReader(b, { lastEventId: told.resumedAtId }).has(rest.length)
      again.expectData(rest.map(({ data }) => data))
      a.close()
      b.close()
    })

    it('tells of a gap for ids of another life, and for those that nobody gave', async () => {
      await using log = under().log()
      const channel = new Channel(undefined, { broker: await log.process() })
      const id = await channel.publish('n', '1')
      const [epoch = '', ...position] = id.split('-')
      const reasons: [string, string][] = [
        [`${epoch === 'aaaaaaaa' ? 'bbbbbbbb' : 'aaaaaaaa'}-${position.join('-')}`, 'restarted'],
        [
          `${epoch}-${position.join('-').replace(/^\d+/, (digits) => String(Number(digits) + 1_000_000))}`,
          'unknown-id',
        ],
        [`${epoch}-nothing`, 'unknown-id'],
        ['nothing', 'unknown-id'],
        ['x'.repeat(10_000), 'unknown-id'],
      ]
      for (const [lastEventId, reason] of reasons) {
        const reader = await new ChannelReader(channel, { lastEventId }).has(2)
        expect(reader.events.map(({ type }) => type)).toEqual(['gap', 'n'])
        expect(JSON.parse(reader.data[0] ?? '').reason).toBe(reason)
      }
      channel.close()
    })

    it('lets a policy supply what is lost, then goes on with what is new', async () => {
      await using log = under().log()
      const channel = new Channel(undefined, {
        broker: await log.process(),
        lagPolicy: async ({ reason }) => [{ event: 'snapshot', data: reason }],
      })
      await channel.publish('n', '1')
      await channel.ready
      await expect.poll(() => channel.retained.events).toBe(1)
      const reader = await new ChannelReader(channel, { lastEventId: 'nothing' }).has(1)
      await reader.placed()
      await channel.publish('n', '2')
      await reader.has(2)
      reader.expectData(['unknown-id', '2'])
      channel.close()
    })

    it('publishes nothing that is not valid, and nothing once it is closed', async () => {
      await using log = under().log()
      const broker = await log.process()
      const channel = new Channel(undefined, { broker })
      await expect(channel.publish('two\nlines', 'x')).rejects.toMatchObject({ code: 'line-break-in-field' })
      await expect(channel.publish('gap', 'x')).rejects.toMatchObject({ code: 'reserved-event' })
      await expect(channel.publish('n', { a: Number.NaN })).rejects.toMatchObject({ code: 'not-json' })
      await expect(channel.publish('n', 'x', { id: 'mine' })).rejects.toMatchObject({ code: 'reserved-id' })
      const typed = new Channel(defineEvents({ price: z.object({ value: z.number() }) }), { broker })
      const wrong = { value: 'high' } as unknown as { value: number }
      await expect(typed.publish('price', wrong)).rejects.toMatchObject({ code: 'invalid-data' })
      typed.close()
      const reader = await new ChannelReader(channel).placed()
      channel.close()
      await expect(channel.publish('n', 'x')).rejects.toMatchObject({ code: 'channel-closed' })
      expect((await read(broker, undefined, 10)).records).toEqual([])
      expect(reader.sink.state).toBe('ended')
    })

    it('closes while readers wait for it', async () => {
      await using log = under().log()
      const channel = new Channel(undefined, { broker: await log.process() })
      const readers = ['', 'nothing'].map((lastEventId) => new ChannelReader(channel, { lastEventId }))
      channel.close()
      await expect
        .poll(() => readers.every(({ sink }) => sink.state === 'ended'), {
          message: 'the streams have ended',
        })
        .toBe(true)
      expect(channel.subscribers).toBe(0)
      await channel.ready
    })
  })
}
