import type { ConnectionState } from '../connection/connection-state.ts'
import { type ClientErrorCode, ConnectionError, type ResponseHead } from '../errors.ts'

interface RelayedHead extends Omit<ResponseHead, 'headers'> {
  readonly headers: readonly (readonly [string, string])[]
}

/** An error as a message between tabs carries it: what caused it stays in the tab where it happened. */
interface RelayedError {
  readonly code: ClientErrorCode
  readonly message: string
  readonly response: RelayedHead | undefined
}

/** A state as a message between tabs carries it: `Headers` and errors do not survive the copy. */
export type RelayedState = {
  [Status in ConnectionState['status']]: Relayed<Extract<ConnectionState, { status: Status }>>
}[ConnectionState['status']]

type Relayed<State> = {
  [Key in keyof State]: Key extends 'response'
    ? RelayedHead
    : Key extends 'error'
      ? RelayedError | Exclude<State[Key], ConnectionError>
      : State[Key]
}

export function relayState(state: ConnectionState): RelayedState {
  switch (state.status) {
    case 'connecting':
      return state
    case 'open':
      return { ...state, response: relayHead(state.response) }
    case 'waiting':
      return { ...state, error: relayError(state.error) }
    default:
      return { ...state, error: state.error && relayError(state.error) }
  }
}

export function restoreState(state: RelayedState): ConnectionState {
  switch (state.status) {
    case 'connecting':
      return state
    case 'open':
      return { ...state, response: restoreHead(state.response) }
    case 'waiting':
      return { ...state, error: restoreError(state.error) }
    default:
      return { ...state, error: state.error && restoreError(state.error) }
  }
}

function relayHead({ url, status, headers }: ResponseHead): RelayedHead {
  return { url, status, headers: [...headers] }
}

function restoreHead({ url, status, headers }: RelayedHead): ResponseHead {
  return {
    url,
    status,
    headers: new Headers(headers.map(([name, value]): [string, string] => [name, value])),
  }
}

function relayError({ code, message, response }: ConnectionError): RelayedError {
  return { code, message, response: response && relayHead(response) }
}

function restoreError({ code, message, response }: RelayedError): ConnectionError {
  return new ConnectionError(code, message, { response: response && restoreHead(response) })
}
