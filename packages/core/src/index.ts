// What is Disposable says so in its type, and programs for browsers seldom have that library.
/// <reference lib="esnext.disposable" preserve="true" />
export { onAbort } from './abort.ts'
export type { EventStreamBody } from './byte-source.ts'
export { type Clock, systemClock } from './clock.ts'
export { type EncodeOptions, encodeEvent, jsonEvent } from './encode.ts'
export { type CoreErrorCode, isSseError, SseError, type SseErrorDetails } from './errors.ts'
export type { ParserLimits } from './event-limit.ts'
export {
  defineEvents,
  type EventInput,
  type EventMap,
  type EventName,
  type EventOutput,
  type EventSchemas,
  type TextSchema,
  type TypedEvent,
  text,
  type,
} from './event-map.ts'
export { EVENT_STREAM_HEADERS, LAST_EVENT_ID_HEADER } from './event-stream-headers.ts'
export { createEventStreamParser, type EventStreamParserOptions } from './event-stream-parser.ts'
export { createUnboundedParser, type EventStreamParser, type UnboundedParserOptions } from './field-parser.ts'
export { encodeFrame } from './frame.ts'
export { type Gap, type GapReason, parseGap } from './gap.ts'
export { EVENT_STREAM_MEDIA_TYPE, isEventStreamMediaType } from './media-type.ts'
export {
  BrokenResource,
  ClosedResource,
  createMemoryChannel,
  EndOfStream,
  type MemoryChannelStatistics,
  type MemoryReceiver,
  type MemorySender,
  type WaitOptions,
  WouldBlock,
} from './memory-channel.ts'
export {
  type EventStreamIterator,
  type ParseEventStreamOptions,
  parseEventStream,
} from './parse-event-stream.ts'
export type { DispatchedEvent, LineEnding, ServerSentEvent } from './server-sent-event.ts'
export type { SchemaInput, SchemaOutput, StandardSchema } from './standard-schema.ts'
export { EventStreamEncoderStream, EventStreamParserStream } from './transform-streams.ts'
export { warn } from './warn.ts'
