export type { FetchLike } from './attempt/attempt.ts'
export type {
  ClosedState,
  ConnectingState,
  ConnectionState,
  OpenState,
  SuspendedState,
  WaitingState,
} from './connection/connection-state.ts'
export { type ClientErrorCode, ConnectionError, type ResponseHead } from './errors.ts'
export { EventSource, type EventSourceErrorEvent, type EventSourceInit } from './event-source.ts'
export type { EventSourceOptions } from './event-source-options.ts'
export type { Happening } from './happening.ts'
export {
  type Backoff,
  constantBackoff,
  type ExponentialBackoffOptions,
  exponentialBackoff,
} from './policy/backoff.ts'
export {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  type ClosedCircuit,
  circuitBreaker,
  consecutiveFailures,
  type FailureRateOptions,
  failureRate,
  type HalfOpenCircuit,
  type OpenCircuit,
  type Trip,
} from './policy/circuit-breaker.ts'
export { isTemporary } from './policy/judge.ts'
export { type LastEventIdStore, storedLastEventId } from './policy/last-event-id-store.ts'
export { type BrowserPresenceOptions, browserPresence, type Presence } from './policy/presence.ts'
export type { PerAttempt, RequestContext, RequestOptions } from './request.ts'
export type { DataOf, EventListenerOf, ListenableType, SourceEvent, UntypedEvents } from './source-event.ts'
export {
  createEventStore,
  type EventSnapshot,
  type EventStore,
  lastEvents,
  type Reduction,
} from './store/event-store.ts'
export { measureTraffic, type Traffic } from './traffic/measure-traffic.ts'
export { createEventSource, type TypedEventSource } from './typed-event-source.ts'
