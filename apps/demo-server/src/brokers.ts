import type { Broker } from '@sse/server'
import type { Settings } from './settings.ts'

/** Where the channels of several processes, on one machine or many, have their common logs. */
export interface Brokers {
  /** The log of the channel of this name. */
  of(name: string): Broker
  close(): Promise<void>
}

const EVENTS_RETAINED = 1_000
/** How long somebody who broadcasts waits in an outage. */
const PATIENCE_MS = 2_000

/** Connects to Redis or NATS, if the settings name one. Does not wait for it: until it is there, streams are open and silent. */
export async function connectBrokers({
  redisUrl,
  natsUrl,
}: Pick<Settings, 'redisUrl' | 'natsUrl'>): Promise<Brokers | undefined> {
  if (redisUrl !== undefined) return connectRedis(redisUrl)
  if (natsUrl !== undefined) return connectNats(natsUrl)
  return undefined
}

async function connectRedis(url: string): Promise<Brokers> {
  const [{ createClient }, { redisBroker }] = await Promise.all([
    import('redis'),
    import('@sse/server/redis'),
  ])
  const client = createClient({ url, socket: { reconnectStrategy: (tries) => Math.min(tries * 50, 500) } })
  // It connects again by itself, and the channels tell when they are cut off.
  client.on('error', () => {})
  client.connect().catch(() => {})
  return {
    of: (name) =>
      redisBroker(client, {
        key: `sse-demo:${name}`,
        maxLength: EVENTS_RETAINED,
        publishTimeoutMs: PATIENCE_MS,
      }),
    close: async () => client.destroy(),
  }
}

async function connectNats(url: string): Promise<Brokers> {
  const [{ connect }, { natsBroker }] = await Promise.all([
    import('@nats-io/transport-node'),
    import('@sse/server/nats'),
  ])
  const connection = connect({
    servers: url,
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    timeout: 2_000,
  })
  const create = { subjects: ['sse-demo.>'], max_msgs_per_subject: EVENTS_RETAINED }
  return {
    of: (name) =>
      natsBroker(connection, {
        stream: 'sse-demo',
        subject: `sse-demo.${name}`,
        create,
        publishTimeoutMs: PATIENCE_MS,
      }),
    close: async () => (await connection).close(),
  }
}
