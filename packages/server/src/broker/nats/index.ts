export { type NatsBrokerOptions, natsBroker } from './nats-broker.ts'
export type { NatsConnection } from './nats-link.ts'
