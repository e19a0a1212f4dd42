export { type RedisBrokerOptions, redisBroker } from './redis-broker.ts'
export type { IoRedisClient, NodeRedisClient, RedisClient } from './redis-client.ts'
