import type { Gap, ServerSentEvent } from '@sse/core'
import { serverError } from '../errors.ts'

/**
 * What happens to a reader that cannot have what it asked for.
 *
 * - `'gap'`: it is told by an event `gap`, and goes on with the oldest event retained.
 * - `'disconnect'`: if it lags, its stream ends with the reason `lagged`; it comes back with its last id, and is told then.
 * - a function: supplies the events that bring the reader up to date, such as a snapshot from a database. They are written
 *   instead of the `gap`, and then the position; the reader goes on with what was published since the function was called. Give them
 *   no ids: a client that is cut off before the position would come back with one of them, and be supplied again. If it throws,
 *   the stream ends with that error.
 */
export type LagPolicy =
  | 'gap'
  | 'disconnect'
  | ((gap: Gap) => Iterable<ServerSentEvent> | Promise<Iterable<ServerSentEvent>>)

/** @throws SseError `invalid-option` */
export function checkLagPolicy(policy: LagPolicy): LagPolicy {
  if (policy === 'gap' || policy === 'disconnect' || typeof policy === 'function') return policy
  throw serverError('invalid-option', "lagPolicy must be 'gap', 'disconnect' or a function.", {
    field: 'lagPolicy',
  })
}
