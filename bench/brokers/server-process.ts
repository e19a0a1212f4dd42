import { createServer } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Broker, Channel, EventSourceResponse, type UntypedEvents } from '@sse/server'
import { answerCalls } from '../harness/answer-calls.ts'
import { listenOnLoopback } from '../server/contenders/listen-on-loopback.ts'
import { monotonicMicros } from '../server/monotonic-clock.ts'
import { outgoingEvent } from '../server/outgoing-event.ts'
import { cpuMicros, type Memory, readMemoryOfLiving } from '../server/process-usage.ts'
import { type Published, Publisher, type PublishingPlan, type RatePlan } from '../server/publisher.ts'
import type { BrokerName } from './arrangement.ts'

export interface OpenOptions {
  readonly broker: BrokerName | undefined
  readonly brokerPort: number
  /** What the log is called there: a run of its own begins with an empty one. */
  readonly log: string
  readonly retained: number
}

/** A process with one channel in it: on a broker, or with all there is in its own memory. */
class ServerProcess {
  #channel: Channel<UntypedEvents, Broker | undefined> | undefined
  #publisher: Publisher | undefined

  /** Returns the port. */
  async open({ broker, brokerPort, log, retained }: OpenOptions): Promise<number> {
    this.#channel?.close()
    const channel = new Channel(undefined, {
      broker: broker && (await BROKERS[broker](brokerPort, log)),
      retention: { events: retained, bytes: Number.POSITIVE_INFINITY },
    })
    await channel.ready
    this.#channel = channel
    this.#publisher = new Publisher({
      publish: ({ data }) => void channel.publish('message', data),
    })
    return listenOnLoopback(
      createServer((req, res) => new EventSourceResponse(channel, { pingIntervalMs: false }).send(req, res)),
    )
  }

  publish(plan: PublishingPlan): Promise<Published> {
    return this.#opened.publisher.publish(plan)
  }

  publishAtRate(plan: RatePlan): Promise<Published> {
    return this.#opened.publisher.publishAtRate(plan)
  }

  /** All readers have this many events. */
  report(events: number): void {
    this.#opened.publisher.report(events)
  }

  /** Publishes so many, `inFlight` of them unacknowledged; returns how many seconds it took until the last was acknowledged. */
  async publishAcknowledged(count: number, inFlight: number, dataLength: number): Promise<number> {
    const { channel } = this.#opened
    const startedAt = monotonicMicros()
    let begun = 0
    const publishing = Array.from({ length: inFlight }, async () => {
      while (begun < count) {
        await channel.publish('message', outgoingEvent(++begun, dataLength).data)
        if (begun % 1_000 === 0) await nextTurn()
      }
    })
    await Promise.all(publishing)
    return (monotonicMicros() - startedAt) / 1e6
  }

  countClients(): number {
    return this.#opened.channel.subscribers
  }

  countRetained(): number {
    return this.#opened.channel.retained.events
  }

  memory(): Memory {
    return readMemoryOfLiving(undefined)
  }

  cpuMicros(): number {
    return cpuMicros(undefined)
  }

  get #opened(): { channel: Channel<UntypedEvents, Broker | undefined>; publisher: Publisher } {
    if (this.#channel === undefined || this.#publisher === undefined) throw new Error('It was not opened.')
    return { channel: this.#channel, publisher: this.#publisher }
  }
}

const BROKERS: Readonly<Record<BrokerName, (port: number, log: string) => Promise<Broker>>> = {
  async redis(port, log) {
    const [{ createClient }, { redisBroker }] = await Promise.all([
      import('redis'),
      import('@sse/server/redis'),
    ])
    const client = createClient({ socket: { host: '127.0.0.1', port } })
    client.on('error', () => {})
    await client.connect()
    return redisBroker(client, { key: log, maxLength: 200_000 })
  },
  async nats(port, log) {
    const [{ connect }, { natsBroker }] = await Promise.all([
      import('@nats-io/transport-node'),
      import('@sse/server/nats'),
    ])
    const connection = await connect({ servers: `127.0.0.1:${port}` })
    return natsBroker(connection, { stream: log, subject: log, create: { max_msgs_per_subject: 200_000 } })
  },
}

export type { ServerProcess }

answerCalls<ServerProcess>(new ServerProcess())
