export {
  type EventStreamHandler,
  type EventStreamOptions,
  type EventStreamScript,
  eventStream,
  type InterceptedExchange,
  type InterceptedRequest,
} from './event-stream.ts'
export type { EventStep, TypedAnswer, TypedStep, TypedSteps } from './typed-step.ts'
