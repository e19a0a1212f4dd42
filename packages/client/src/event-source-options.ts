import type { Clock, DispatchedEvent, EventMap, EventSchemas, ParserLimits } from '@sse/core'
import type { FetchLike } from './attempt/attempt.ts'
import type { ConnectionError } from './errors.ts'
import type { Backoff } from './policy/backoff.ts'
import type { CircuitBreaker } from './policy/circuit-breaker.ts'
import type { LastEventIdStore } from './policy/last-event-id-store.ts'
import type { browserPresence, Presence } from './policy/presence.ts'
import type { RequestOptions } from './request.ts'
import type { UntypedEvents } from './source-event.ts'

export interface EventSourceOptions<Schemas extends EventSchemas = UntypedEvents> extends RequestOptions {
  /** The events and what each carries. Default: any type, its data as text. */
  readonly events?: EventMap<Schemas> | undefined
  /** Closes the source. */
  readonly signal?: AbortSignal | undefined
  /** Default the runtime's. */
  readonly fetch?: FetchLike | undefined
  /** After which event to begin. Default: where the server begins. */
  readonly lastEventId?: string | undefined
  /** Keeps the position beyond the life of the program. */
  readonly lastEventIdStore?: LastEventIdStore | undefined
  /**
   * The event that says that the stream is over, such as `({ data }) => data === '[DONE]'`. It is not handed out.
   */
  readonly until?: ((event: DispatchedEvent) => boolean) | undefined
  /**
   * The wait before another attempt, on top of what the server asks for by `retry` or `Retry-After`. Default exponential
   * with full jitter: up to 1 s, 2 s, 4 s … 30 s.
   */
  readonly backoff?: Backoff | undefined
  /** Stops trying a server that is down. Default: none. */
  readonly circuitBreaker?: CircuitBreaker | undefined
  /** Whether it makes sense to be connected. Default {@link browserPresence}; `false`: always. */
  readonly presence?: Presence | false | undefined
  /** How many attempts may fail in a row. Default: any number. */
  readonly maxAttempts?: number | undefined
  /** A connection that holds for so long was no failure: attempts and waits are counted anew. Default 5,000 ms. */
  readonly healthyAfterMs?: number | undefined
  /**
   * A connection that was silent for so long is taken for dead; comments count as well as events. Default: twice the interval of
   * the pings that the server announces, and none where it announces none. 0 or `false`: none.
   */
  readonly stallTimeoutMs?: number | false | undefined
  /** How long the server may take to answer. Default 30,000 ms; 0 or `false`: as long as it likes. */
  readonly connectTimeoutMs?: number | false | undefined
  /** Whether a request that is not idempotent, such as POST, is repeated though no event had an id. Default false. */
  readonly retryUnsafe?: boolean | undefined
  /**
   * Whether another attempt follows an error. `undefined` for those that are to be judged as usual: network errors, silence, the end
   * of a stream, 5xx, 408, 425 and 429 are retried.
   */
  readonly retryWhen?: ((error: ConnectionError) => boolean | undefined) | undefined
  /** Renews the credentials after a 401 or 403. `true`: try once more, at once; `headers` are asked again. */
  readonly onUnauthorized?: ((error: ConnectionError) => boolean | Promise<boolean>) | undefined
  /** How many events wait for a slow `for await` before nothing more is read. Default 100. */
  readonly bufferSize?: number | undefined
  readonly limits?: ParserLimits | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
  /** Chance, for tests: numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}
