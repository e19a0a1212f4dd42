export {
  Channel,
  type ChannelOptions,
  type PublishOptions,
  type SubscriptionOptions,
  type UntypedEvents,
} from './channel/channel.ts'
export type { Gap, GapReason, StartPosition } from './channel/resume.ts'
export type { Retention } from './channel/retention.ts'
export type { ServerErrorCode } from './errors.ts'
export { EventSourceResponse } from './node/event-source-response.ts'
export type { StreamContent, StreamFeed, StreamItem } from './stream/content.ts'
export type { StreamContentOrFactory, StreamContext } from './stream/stream-context.ts'
export type { EndReason, StreamEnd } from './stream/stream-end.ts'
export type { EventSourceResponseOptions } from './stream/stream-options.ts'
