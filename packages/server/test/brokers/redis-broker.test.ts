import type { EventEmitter } from 'node:events'
import { faultProxy } from '@sse/testing/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isInstalled } from '../../../testing/test/fixtures/installed.ts'
import { type RedisClient, redisBroker } from '../../src/broker/redis/index.ts'
import { RedisConnection } from '../../src/broker/redis/redis-client.ts'
import { type Broker, Channel, ChannelRegistry, type UntypedEvents } from '../../src/index.ts'
import { describeBroker, type LogOptions, PATIENT, type SharedLog } from './broker-contract.ts'
import { describeOutages } from './broker-outages.ts'
import { BrokerProcess } from './broker-process.ts'
import { ChannelReader } from './channel-reader.ts'
import { closeClient, REDIS_CLIENTS } from './redis-clients.ts'

let logs = 0

/** A log with a key of its own; each process has a client of its own. */
class RedisLog implements SharedLog {
  readonly #port: number
  readonly #connect: (port: number) => RedisClient
  readonly #options: LogOptions
  readonly key = `log-${logs++}`
  readonly #clients: RedisClient[] = []

  constructor(port: number, connect: (port: number) => RedisClient, options: LogOptions) {
    this.#port = port
    this.#connect = connect
    this.#options = options
  }

  async process(options: LogOptions = {}): Promise<ReturnType<typeof redisBroker>> {
    const client = this.#connect(this.#port)
    this.#clients.push(client)
    return redisBroker(client, { key: this.key, ...PATIENT, ...this.#options, ...options })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) closeClient(client)
  }
}

describe.skipIf(!isInstalled('redis-server'))('Redis', () => {
  let server: BrokerProcess
  beforeAll(async () => {
    server = await BrokerProcess.redis()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  for (const [name, connect] of Object.entries(REDIS_CLIENTS)) {
    describeBroker(name, () => ({
      // Whole nodes of a stream are dropped.
      trimmingSlack: 100,
      log: (options = {}) => new RedisLog(server.port, connect, options),
    }))

    it(`${name}: many channels are followed over one connection, also those that come later and others that go`, async () => {
      await using server = await BrokerProcess.redis()
      const [client, other] = [connect(server.port), connect(server.port)]
      const registry = new ChannelRegistry(
        (key) => new Channel(undefined, { broker: redisBroker(client, { key, ...PATIENT }) }),
      )
      const rooms = Array.from({ length: 100 }, (_, n) => `room-${n}`)
      const readers = await Promise.all(rooms.map((room) => new ChannelReader(registry.get(room)).placed()))
      for (const room of rooms.slice(0, 50)) registry.peek(room)?.close()
      const late = await new ChannelReader(registry.get('late')).placed()
      const publishers = [...rooms, 'late'].map(
        (key) => new Channel(undefined, { broker: redisBroker(other, { key, ...PATIENT }) }),
      )
      await Promise.all(publishers.map((publisher, n) => publisher.publish('n', rooms[n] ?? 'late')))
      await Promise.all([late, ...readers.slice(50)].map((reader) => reader.has(1)))
      expect([late, ...readers].map(({ data }) => data.join())).toEqual([
        'late',
        ...rooms.map((room, n) => (n < 50 ? '' : room)),
      ])
      // One to publish and one to follow, for each client, when all of them follow.
      await Promise.all(publishers.map(({ ready }) => ready))
      const clients = String(await new RedisConnection(client).call('CLIENT', 'LIST'))
      expect(clients.trim().split('\n').length).toBe(4)
      registry.close()
      for (const one of [client, other]) closeClient(one)
    })

    it(`${name}: several channels of one process may follow one stream, each from its own place`, async () => {
      await using log = new RedisLog(server.port, connect, {})
      const client = connect(server.port)
      const publisher = new Channel(undefined, { broker: await log.process() })
      const channels: Channel<UntypedEvents, Broker>[] = []
      const readers: ChannelReader[] = []
      const publishing: Promise<string>[] = []
      for (let n = 0; n < 200; n++) {
        publishing.push(publisher.publish('n', String(n)))
        if (n % 10 !== 0) continue
        const channel = new Channel(undefined, { broker: redisBroker(client, { key: log.key, ...PATIENT }) })
        channels.push(channel)
        readers.push(new ChannelReader(channel, { start: 'earliest' }))
        await channel.ready
      }
      await Promise.all(publishing)
      await Promise.all(readers.map((reader) => reader.has(200)))
      for (const reader of readers) reader.expectData(Array.from({ length: 200 }, (_, n) => String(n)))
      for (const channel of [publisher, ...channels]) channel.close()
      closeClient(client)
    })

    it(`${name}: a log without its life begins a new one, without what it had`, async () => {
      await using log = new RedisLog(server.port, connect, {})
      const broker = await log.process()
      const { epoch } = await broker.publish({ payload: 'old' })
      const client = connect(server.port)
      await new RedisConnection(client).call('DEL', `{${log.key}}:life`)
      closeClient(client)
      const after = await broker.read(undefined, 10)
      expect(after.records).toEqual([])
      expect(after.epoch).not.toBe(epoch)
    })

    it(`${name}: drops what is older than maxAgeMs`, async () => {
      await using log = new RedisLog(server.port, connect, {})
      const broker = await log.process()
      for (let n = 1; n <= 250; n++) await broker.publish({ payload: String(n) })
      const last = (await broker.read(undefined, 250)).records.at(-1)?.publishedAt ?? 0
      await expect.poll(() => Date.now()).toBeGreaterThan(last + 1)
      await (await log.process({ maxAgeMs: 1 })).publish({ payload: 'new' })
      const { records } = await broker.read(undefined, 300)
      expect(records.length).toBeLessThanOrEqual(101)
      expect(records.at(-1)?.payload).toBe('new')
    })

    it(`${name}: tells what the server refuses, and publishes nothing`, async () => {
      const client = connect(server.port)
      await expect(
        redisBroker(client, { key: `string-${name}`, ...PATIENT }).publish({ payload: 'x' }),
      ).resolves.toMatchObject({ position: expect.any(String) })
      const redis = new RedisConnection(client)
      await redis.call('DEL', `string-${name}`)
      await redis.call('SET', `string-${name}`, 'no stream')
      await expect(
        redisBroker(client, { key: `string-${name}`, ...PATIENT }).publish({ payload: 'x' }),
      ).rejects.toMatchObject({ code: 'broker-refused', message: expect.stringContaining('WRONGTYPE') })
      closeClient(client)
    })

    it(`${name}: names its scripts instead of sending them, also on a server that has forgotten them`, async () => {
      await using server = await BrokerProcess.redis()
      const client = connect(server.port)
      const redis = new RedisConnection(client)
      const broker = redisBroker(client, { key: 'log', ...PATIENT })
      // However many channels there are on it, the client is listened to once.
      const { listenerCount } = client as unknown as EventEmitter
      const listeners = listenerCount.call(client, 'ready')
      for (const key of ['a', 'b', 'c']) redisBroker(client, { key })
      expect(listenerCount.call(client, 'ready')).toBe(listeners)
      const payloads: string[] = []
      /** How often a command was run since the last time. */
      const ran = async (): Promise<(command: string) => number> => {
        const stats = String(await redis.call('INFO', 'commandstats'))
        await redis.call('CONFIG', 'RESETSTAT')
        return (command) => Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0)
      }
      const publish = async (count: number): Promise<(command: string) => number> => {
        await ran()
        const publishing: Promise<unknown>[] = []
        for (let n = 0; n < count; n++) {
          payloads.push(String(payloads.length))
          publishing.push(broker.publish({ payload: payloads.at(-1) ?? '' }))
          // Some together, and some after the answers to others.
          if (n % 7 === 0) await publishing[n - 3]
        }
        await Promise.all(publishing)
        return ran()
      }
      const first = await publish(100)
      expect(first('script\\|load')).toBe(1)
      expect([first('eval') + first('evalsha'), first('evalsha') > 50]).toEqual([100, true])
      expect((await publish(100))('evalsha')).toBe(100)
      await redis.call('SCRIPT', 'FLUSH')
      await broker.publish({ payload: 'after' })
      payloads.push('after')
      await publish(20)
      expect((await publish(50))('evalsha')).toBe(50)
      await server.kill()
      await expect.poll(() => redis.ready).toBe(false)
      await server.start()
      await expect.poll(() => redis.ready).toBe(true)
      const again = await publish(50)
      expect([again('script\\|load'), again('eval') + again('evalsha')]).toEqual([1, 50])
      // Whichever way they went, they came in order, each once.
      expect((await broker.read(undefined, 1_000)).records.map(({ payload }) => payload)).toEqual(payloads)
      closeClient(client)
    })

    it(`${name}: sends at most 400 bytes with an event that is published, beside the event`, async () => {
      await using proxy = await faultProxy({ target: `tcp://127.0.0.1:${server.port}` })
      const client = connect(proxy.port)
      const broker = redisBroker(client, { key: `bytes-${name}`, ...PATIENT })
      const publish = async (count: number): Promise<void> => {
        for (let n = 0; n < count; n++) await broker.publish({ payload: 'x'.repeat(1_000) })
      }
      // By now the server knows the script.
      await publish(10)
      const before = proxy.statistics().requestBytes
      await publish(100)
      expect((proxy.statistics().requestBytes - before) / 100).toBeLessThan(1_400)
      closeClient(client)
    })

    it(`${name}: sends its scripts where it may not let the server keep them`, async () => {
      const client = connect(server.port)
      const redis = new RedisConnection(client)
      const user = `without-script-${name}`
      await redis.call('ACL', 'SETUSER', user, 'on', 'nopass', '~*', '+@all', '-script')
      await redis.call('AUTH', user, 'any')
      const broker = redisBroker(client, { key: user, ...PATIENT })
      for (const payload of ['1', '2', '3']) await broker.publish({ payload })
      expect((await broker.read(undefined, 10)).records.map(({ payload }) => payload)).toEqual([
        '1',
        '2',
        '3',
      ])
      closeClient(client)
    })

    it(`${name}: refuses options that mean nothing`, () => {
      const client = connect(server.port)
      for (const options of [
        { key: '' },
        { key: 'k', maxLength: -1 },
        { key: 'k', publishTimeoutMs: Number.NaN },
      ])
        expect(() => redisBroker(client, options)).toThrow(
          expect.objectContaining({ code: 'invalid-option' }),
        )
      closeClient(client)
    })

    describeOutages(name, {
      start: () => BrokerProcess.redis(),
      async connect(port, options) {
        const client = connect(port)
        return {
          broker: redisBroker(client, { key: 'log', ...options }),
          close: async () => closeClient(client),
        }
      },
    })
  }
})
