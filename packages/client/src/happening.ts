import type { DispatchedEvent, Gap } from '@sse/core'
import type { ConnectionState } from './connection/connection-state.ts'
import type { CircuitBreaker } from './policy/circuit-breaker.ts'
import type { SharingMode } from './shared/sharing-mode.ts'

/** What happens to an event source beside its events, as a program may log it. */
export type Happening =
  /** Attempts, waits, suspensions and the end: each is a state. */
  | { readonly type: 'state'; readonly state: ConnectionState; readonly previous: ConnectionState }
  | { readonly type: 'circuit'; readonly circuit: CircuitBreaker; readonly previous: CircuitBreaker }
  /** Events that the server no longer has were missed. */
  | { readonly type: 'gap'; readonly gap: Gap }
  /**
   * An event was not handed out. `duplicate`: it was read before the connection broke, and the server sent it again.
   * `unknown-type`: the event map has none such. `invalid`: its data does not fit its schema.
   */
  | {
      readonly type: 'dropped'
      readonly reason: 'duplicate' | 'unknown-type' | 'invalid'
      readonly event: DispatchedEvent
      readonly error?: unknown
    }
  | { readonly type: 'comment'; readonly comment: string }
  /** So many bytes were read, after the runtime has undone any compression. */
  | { readonly type: 'bytes'; readonly bytes: number }
  /** What the tab is to the others has changed: of a source made by `createSharedEventSource`. */
  | { readonly type: 'mode'; readonly mode: SharingMode; readonly previous: SharingMode }
