import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { systemClock } from '@sse/core'
import { faultProxy } from '@sse/testing/node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isInstalled } from '../../../testing/test/fixtures/installed.ts'
import type { BrokerRecord } from '../../src/broker/broker.ts'
import { type NatsConnection, natsBroker } from '../../src/broker/nats/index.ts'
import { NatsFollower } from '../../src/broker/nats/nats-follower.ts'
import { NatsLink } from '../../src/broker/nats/nats-link.ts'
import { NatsLog } from '../../src/broker/nats/nats-log.ts'
import { Channel } from '../../src/index.ts'
import { describeBroker, type LogOptions, PATIENT, type SharedLog } from './broker-contract.ts'
import { describeOutages } from './broker-outages.ts'
import { BrokerProcess } from './broker-process.ts'
import { ChannelReader } from './channel-reader.ts'

let logs = 0

function connectTo(port: number): Promise<NatsConnection> {
  return connect({
    servers: `127.0.0.1:${port}`,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    reconnectTimeWait: 30,
    timeout: 500,
    reconnectJitter: 20,
  })
}

/** A log with a stream of its own; each process has a connection of its own. */
class NatsStream implements SharedLog {
  readonly #port: number
  readonly #options: LogOptions
  readonly #shared: boolean
  readonly #name = `log-${logs++}`
  readonly #connections: NatsConnection[] = []

  constructor(port: number, options: LogOptions, shared: boolean) {
    this.#port = port
    this.#options = options
    this.#shared = shared
  }

  async process(): Promise<ReturnType<typeof natsBroker>> {
    const connection = await connectTo(this.#port)
    this.#connections.push(connection)
    const { maxLength } = this.#options
    const subjects = this.#shared ? [`${this.#name}.>`] : [`${this.#name}.main`]
    const options = {
      stream: this.#name,
      subject: `${this.#name}.main`,
      ...PATIENT,
      create: { subjects, ...(maxLength !== undefined && { max_msgs_per_subject: maxLength }) },
    }
    // Another log, of which something comes before and after everything.
    if (this.#shared) {
      const neighbour = natsBroker(connection, { ...options, subject: `${this.#name}.other` })
      for (let n = 0; n < 5; n++) await neighbour.publish({ payload: 'of another log' })
    }
    return natsBroker(connection, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) await connection.close()
  }
}

describe.skipIf(!isInstalled('nats-server'))('NATS', () => {
  let server: BrokerProcess
  beforeAll(async () => {
    server = await BrokerProcess.nats()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  for (const shared of [false, true]) {
    describeBroker(shared ? 'a stream of many logs' : 'a stream of its own', () => ({
      trimmingSlack: 0,
      log: (options = {}) => new NatsStream(server.port, options, shared),
    }))
  }

  it('follows many channels over one connection, each by a consumer', async () => {
    await using proxy = await faultProxy({ target: `tcp://127.0.0.1:${server.port}` })
    const connection = await connectTo(proxy.port)
    const rooms = Array.from({ length: 30 }, (_, n) => `rooms.${n}`)
    const create = { subjects: ['rooms.>'] }
    const channels = rooms.map(
      (subject) =>
        new Channel(undefined, {
          broker: natsBroker(connection, { stream: 'rooms', subject, create, ...PATIENT }),
        }),
    )
    const readers = await Promise.all(channels.map((channel) => new ChannelReader(channel).placed()))
    await Promise.all(channels.map((channel, n) => channel.publish('n', rooms[n])))
    for (const [n, reader] of readers.entries()) (await reader.has(1)).expectData([rooms[n] ?? ''])
    expect(proxy.statistics().connections).toBe(1)
    // Those that filled the channels are deleted one after the other.
    const manager = await jetstreamManager(connection)
    const consumers = async (): Promise<number> => (await manager.streams.info('rooms')).state.consumer_count
    await expect.poll(consumers).toBe(rooms.length)
    for (const channel of channels) channel.close()
    await connection.close()
  })

  it('drops what is older than the max_age of its stream, and clients from there are told of a gap', async () => {
    const connection = await connectTo(server.port)
    const broker = natsBroker(connection, { stream: 'aged', subject: 'aged', ...PATIENT })
    const channel = new Channel(undefined, { broker, retention: { events: 1 } })
    const first = await channel.publish('n', '1')
    const second = await channel.publish('n', '2')
    // It ages when the channel has it, and no longer when there is nothing left: what is to come must not be gone before it has come.
    await expect.poll(() => channel.lastEventId).toBe(second)
    const { streams } = await jetstreamManager(connection)
    await streams.update('aged', { max_age: 150 * 1e6, duplicate_window: 150 * 1e6 })
    await expect.poll(async () => (await broker.read(undefined, 10)).records).toEqual([])
    await streams.update('aged', { max_age: 0 })
    const third = await channel.publish('n', '3')
    // Until it is back from the broker, '2' is retained, and a resumption after '1' misses nothing.
    await expect.poll(() => channel.lastEventId).toBe(third)
    const reader = await new ChannelReader(channel, { lastEventId: first }).has(1)
    expect(JSON.parse(reader.data[0] ?? '')).toMatchObject({ reason: 'evicted', requestedId: first })
    channel.close()
    await connection.close()
  })

  it.each([
    {
      what: 'begins anew when the stream has dropped what was to come before its consumer was there',
      stream: 'overtaken',
      upTo: 20,
      deleted: [],
      told: [
        ['begin', '1', '2', '3'],
        ['begin', '16', '17', '18', '19', '20'],
        ['append', '21'],
      ],
    },
    {
      what: 'goes on when somebody has deleted a message',
      stream: 'thinned',
      upTo: 5,
      deleted: [4],
      told: [
        ['begin', '1', '2', '3'],
        ['append', '5'],
        ['append', '6'],
      ],
    },
  ])('$what', async ({ stream, upTo, deleted, told }) => {
    const connection = await connectTo(server.port)
    const manager = await jetstreamManager(connection)
    const client = jetstream(connection)
    const publish = async (from: number, to: number): Promise<void> => {
      for (let n = from; n <= to; n++) await client.publish(stream, String(n))
    }
    await manager.streams.add({ name: stream, subjects: [stream], max_msgs: 5 })
    await publish(1, 3)
    /** Of a server that takes its time until a consumer is there. */
    class LateLog extends NatsLog {
      #late = false
      override async follow(sequence: number): ReturnType<NatsLog['follow']> {
        if (!this.#late) {
          this.#late = true
          await publish(4, upTo)
          for (const seq of deleted) await manager.streams.deleteMessage(stream, seq)
        }
        return super.follow(sequence)
      }
    }
    const heard: string[][] = []
    const hear = (what: string, records: readonly BrokerRecord[] = []): void => {
      heard.push([what, ...records.map(({ position }) => position)])
    }
    const follower = new NatsFollower(
      Promise.resolve(new LateLog(client, manager, stream, stream, false)),
      Promise.resolve(NatsLink.of(connection)),
      {
        begin: ({ records }) => hear('begin', records),
        append: (records) => hear('append', records),
        interrupted: () => hear('interrupted'),
        recovered: () => hear('recovered'),
      },
      10,
      systemClock,
    )
    await expect.poll(() => heard).toEqual(told.slice(0, 2))
    await publish(upTo + 1, upTo + 1)
    await expect.poll(() => heard).toEqual(told)
    follower.stop()
    await connection.close()
  })

  it('tells what the server refuses, and publishes nothing', async () => {
    const connection = await connectTo(server.port)
    const options = { stream: 'refusing', subject: 'refusing', ...PATIENT }
    const missing = natsBroker(connection, { ...options, create: false })
    await expect(missing.publish({ payload: 'x' })).rejects.toMatchObject({ code: 'broker-refused' })
    const broker = natsBroker(connection, options)
    // Past what the server says that it takes.
    const payload = 'x'.repeat((connection.info?.max_payload ?? 0) + 1)
    await expect(broker.publish({ payload })).rejects.toMatchObject({ code: 'broker-refused' })
    expect((await broker.read(undefined, 10)).records).toEqual([])
    await connection.close()
  })

  it('refuses names that NATS does not take', async () => {
    const connection = await connectTo(server.port)
    for (const options of [
      { stream: 'a.b', subject: 'a' },
      { stream: 'a', subject: 'a.*' },
      { stream: 'a', subject: 'a.>' },
      { stream: 'a', subject: '' },
    ])
      expect(() => natsBroker(connection, options)).toThrow(
        expect.objectContaining({ code: 'invalid-option' }),
      )
    await connection.close()
  })

  describeOutages('JetStream', {
    start: () => BrokerProcess.nats(),
    async connect(port, { publishTimeoutMs } = {}) {
      const connection = connectTo(port)
      return {
        broker: natsBroker(connection, { stream: 'log', subject: 'log', publishTimeoutMs }),
        close: async () => void connection.then((connected) => connected.close()),
      }
    },
  })
})
