import type { ConnectionError, ResponseHead } from '../errors.ts'

/** Where a connection is. Each state has what belongs to it, and nothing else. Times are milliseconds since 1970. */
export type ConnectionState = ConnectingState | OpenState | WaitingState | SuspendedState | ClosedState

/** A request is under way. */
export interface ConnectingState {
  readonly status: 'connecting'
  /** 1 for the first, and for the first after a connection that held for a healthy time. */
  readonly attempt: number
}

/** The server answers with an event stream. */
export interface OpenState {
  readonly status: 'open'
  readonly since: number
  readonly response: ResponseHead
}

/** The last attempt has failed; there will be another. */
export interface WaitingState {
  readonly status: 'waiting'
  readonly until: number
  /** The number of the attempt that will follow. */
  readonly attempt: number
  readonly error: ConnectionError
}

/** No attempt is made before something has changed. */
export interface SuspendedState {
  readonly status: 'suspended'
  readonly reason: 'offline' | 'hidden' | 'circuit-open'
  /** When the circuit lets an attempt through. */
  readonly until?: number | undefined
  /** Why the attempt before it failed, if there was one. */
  readonly error?: ConnectionError | undefined
}

/** There will be no other attempt, ever. */
export interface ClosedState {
  readonly status: 'closed'
  /** `closed`: by the program. `done`: the stream said that it is over. `failed`: see `error`. */
  readonly reason: 'closed' | 'done' | 'failed'
  readonly error?: ConnectionError | undefined
}

/** A state in a few words, for logs and consoles. */
export function describeState(state: ConnectionState, wallTime: number): string {
  switch (state.status) {
    case 'connecting':
      return `connecting, attempt ${state.attempt}`
    case 'open':
      return `open for ${seconds(wallTime - state.since)}`
    case 'waiting':
      return `waiting ${seconds(state.until - wallTime)} for attempt ${state.attempt}, because ${because(state.error)}`
    case 'suspended':
      return `suspended, ${state.reason}${state.error ? `, because ${because(state.error)}` : ''}`
    case 'closed':
      return `closed, ${state.reason}${state.error ? `: ${because(state.error)}` : ''}`
  }
}

function because({ code, response }: ConnectionError): string {
  return code === 'refused' ? `refused with status ${response?.status}` : code
}

function seconds(ms: number): string {
  return `${Math.max(ms / 1000, 0).toFixed(1)} s`
}
