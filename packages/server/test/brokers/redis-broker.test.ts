import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisClient, redisBroker } from '../../src/broker/redis/index.ts'
import { RedisConnection } from '../../src/broker/redis/redis-client.ts'
import { Channel, ChannelRegistry } from '../../src/index.ts'
import { describeBroker, type LogOptions, type SharedLog } from './broker-contract.ts'
import { describeOutages } from './broker-outages.ts'
import { BrokerProcess, isInstalled } from './broker-process.ts'
import { ChannelReader } from './channel-reader.ts'
import { closeClient, REDIS_CLIENTS } from './redis-clients.ts'

let logs = 0

/** A log with a key of its own; each process has a client of its own. */
class RedisLog implements SharedLog {
  readonly #port: number
  readonly #connect: (port: number) => RedisClient
  readonly #options: LogOptions
  readonly #key = `log-${logs++}`
  readonly #clients: RedisClient[] = []

  constructor(port: number, connect: (port: number) => RedisClient, options: LogOptions) {
    this.#port = port
    this.#connect = connect
    this.#options = options
  }

  async process(): Promise<ReturnType<typeof redisBroker>> {
    const client = this.#connect(this.#port)
    this.#clients.push(client)
    return redisBroker(client, { key: this.#key, ...this.#options })
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
        (key) => new Channel(undefined, { broker: redisBroker(client, { key }) }),
      )
      const rooms = Array.from({ length: 100 }, (_, n) => `room-${n}`)
      const readers = await Promise.all(rooms.map((room) => new ChannelReader(registry.get(room)).placed()))
      for (const room of rooms.slice(0, 50)) registry.peek(room)?.close()
      const late = await new ChannelReader(registry.get('late')).placed()
      for (const room of [...rooms, 'late'])
        await new Channel(undefined, { broker: redisBroker(other, { key: room }) }).publish('n', room)
      await Promise.all([late, ...readers.slice(50)].map((reader) => reader.has(1)))
      expect([late, ...readers].map(({ data }) => data.join())).toEqual([
        'late',
        ...rooms.map((room, n) => (n < 50 ? '' : room)),
      ])
      // One to publish and one to follow, for each client.
      const clients = String(await new RedisConnection(client).call('CLIENT', 'LIST'))
      expect(clients.trim().split('\n').length).toBe(4)
      registry.close()
      for (const one of [client, other]) closeClient(one)
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
