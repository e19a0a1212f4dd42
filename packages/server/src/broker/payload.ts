import type { ServerSentEvent } from '@sse/core'
import { serverError } from '../errors.ts'

/** An event as it lies in a broker: with everything but its id, which the broker gives it. */
export interface StoredEvent {
  readonly name: string
  readonly topics: readonly string[]
  /** As it goes over the wire: text, or JSON. */
  readonly data: string
}

/** One line of JSON for what is said of the event, then its data as they are: people can read it, and large data are not escaped. */
export function encodePayload({ name, topics, data }: StoredEvent): string {
  const head = topics.length === 0 ? { name } : { name, topics }
  return `${JSON.stringify(head)}\n${data}`
}

/** @throws SseError `invalid-payload`: somebody else has written it. */
export function decodePayload(payload: string): StoredEvent {
  const end = payload.indexOf('\n')
  try {
    const { name, topics = [] } = JSON.parse(payload.slice(0, Math.max(end, 0))) as Partial<StoredEvent>
    const valid =
      typeof name === 'string' && Array.isArray(topics) && topics.every((topic) => typeof topic === 'string')
    if (valid) return { name, topics, data: payload.slice(end + 1) }
  } catch {
    // No JSON: refused below.
  }
  throw serverError(
    'invalid-payload',
    'What lies in the broker is no event of a channel: its first line must be JSON with a name. Let only channels write there.',
  )
}

/** The event as the encoder takes it. The default type needs no field. */
export function toServerSentEvent({ name, data }: StoredEvent, id: string): ServerSentEvent {
  return name === 'message' ? { id, data } : { id, event: name, data }
}
