export { type EventStreamHandler, eventStream } from './event-stream.ts'
export type { EventStreamOptions, EventStreamScript } from './event-stream-script.ts'
export type { InterceptedExchange, InterceptedRequest } from './intercepted-exchange.ts'
export type { EventStep, TypedAnswer, TypedStep, TypedSteps } from './typed-step.ts'
