export type { Gap, GapReason } from '@sse/core'
export type {
  Broker,
  BrokerEvent,
  BrokerFollower,
  BrokerPage,
  BrokerPlace,
  BrokerPosition,
  BrokerReading,
  BrokerRecord,
} from './broker/broker.ts'
export { MemoryBroker, type MemoryBrokerOptions } from './broker/memory-broker.ts'
export { Channel } from './channel/channel.ts'
export type {
  ChannelOptions,
  CompactedEvent,
  Published,
  PublishOptions,
  SubscriptionOptions,
  UntypedEvents,
} from './channel/channel-options.ts'
export { ChannelRegistry, type ChannelRegistryOptions } from './channel/channel-registry.ts'
export type { LagPolicy } from './channel/lag-policy.ts'
export type { StartPosition } from './channel/resume.ts'
export type { Retention } from './channel/retention.ts'
export type { PublishedEvent, SelectionOptions } from './channel/selection.ts'
export type { Compression } from './compression/compression.ts'
export type { DiagnosedChannel, DiagnosticMessages, StreamProgress } from './diagnostics.ts'
export type { ServerErrorCode } from './errors.ts'
export { ConnectionLimiter, type ConnectionLimiterOptions } from './http/connection-limiter.ts'
export { EventSourceResponse } from './node/event-source-response.ts'
export { createShutdown, type Shutdown } from './node/shutdown.ts'
export type { ShutdownOptions } from './node/shutdown-options.ts'
export { forwardShutdownSignals } from './node/shutdown-signals.ts'
export type { StreamContent, StreamFeed, StreamItem } from './stream/content.ts'
export type { StreamContentOrFactory, StreamContext } from './stream/stream-context.ts'
export type { EndReason, StreamEnd } from './stream/stream-end.ts'
export type { EventSourceResponseOptions } from './stream/stream-options.ts'
