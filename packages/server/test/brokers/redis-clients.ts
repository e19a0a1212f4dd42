import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { RedisClient } from '../../src/broker/redis/index.ts'

/** The two clients that `redisBroker` takes, as their documentation makes them. */
export const REDIS_CLIENTS: Readonly<Record<string, (port: number) => RedisClient>> = {
  'node-redis': (port) => {
    const client = createClient({
      socket: { host: '127.0.0.1', port, reconnectStrategy: (tries) => Math.min(tries * 20, 200) },
    })
    client.on('error', () => {})
    client.connect().catch(() => {})
    return client
  },
  ioredis: (port) => {
    const client = new Redis({ host: '127.0.0.1', port, retryStrategy: (tries) => Math.min(tries * 20, 200) })
    client.on('error', () => {})
    return client
  },
}

export function closeClient(client: RedisClient): void {
  if ('isReady' in client) client.destroy()
  else client.disconnect()
}
