import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isInstalled } from '../../../testing/test/fixtures/installed.ts'
import { type NatsConnection, natsBroker } from '../../src/broker/nats/index.ts'
import { describeBroker, type LogOptions, type SharedLog } from './broker-contract.ts'
import { describeOutages } from './broker-outages.ts'
import { BrokerProcess } from './broker-process.ts'

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
    const { maxLength, publishTimeoutMs } = this.#options
    const subjects = this.#shared ? [`${this.#name}.>`] : [`${this.#name}.main`]
    const options = {
      stream: this.#name,
      subject: `${this.#name}.main`,
      publishTimeoutMs,
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

  it('tells what the server refuses, and publishes nothing', async () => {
    const connection = await connectTo(server.port)
    const options = { stream: 'refusing', subject: 'refusing', publishTimeoutMs: 60_000 }
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
