import { encodeEvent, isSseError } from '@sse/core'
import type { LogEntry } from './event-log.ts'

/**
 * The fields as a server would write them. They are encoded anew: a client is told an event, not its bytes, so the order of the fields,
 * a `retry` and how lines ended may have been different.
 */
export function wireText({ kind, type, data, id }: LogEntry): string {
  try {
    return encodeEvent(
      kind === 'comment'
        ? { comment: data }
        : { ...(id !== '' && { id }), ...(type !== 'message' && { event: type }), data },
    )
  } catch (error) {
    // A stream may hold what this encoder refuses to write, such as text that is not well-formed.
    if (isSseError(error)) return `This cannot be written: ${error.message}`
    throw error
  }
}
