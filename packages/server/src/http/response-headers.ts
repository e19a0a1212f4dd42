import { EVENT_STREAM_HEADERS } from '@sse/core'
import { serverError } from '../errors.ts'

/** Headers that would break an event stream, or that only the HTTP layer may set, and why. */
const NOT_YOURS: Readonly<Record<string, string>> = {
  'content-type': 'an event stream has one content type (WHATWG HTML §9.2.2)',
  'x-accel-buffering': 'a proxy that buffers holds events back',
  'content-length': 'the length of a stream is not known',
  'transfer-encoding': 'the HTTP layer sets it',
  connection: 'the HTTP layer sets it, and HTTP/2 forbids it',
  'keep-alive': 'the HTTP layer sets it, and HTTP/2 forbids it',
}

/**
 * The headers of a stream's response: ours, with what the caller adds. Of ours, `cache-control` may be replaced.
 *
 * @throws SseError `invalid-header` for a header that is not the caller's to set: dropping it would hide a mistake.
 */
export function responseHeaders(added: Readonly<Record<string, string>> = {}): Record<string, string> {
  const headers: Record<string, string> = { ...EVENT_STREAM_HEADERS }
  for (const [name, value] of Object.entries(added)) {
    const key = name.toLowerCase()
    const reason = NOT_YOURS[key]
    if (reason !== undefined) {
      throw serverError('invalid-header', `headers must not set ${key}: ${reason}. Remove it.`, {
        field: `headers.${name}`,
      })
    }
    headers[key] = value
  }
  return headers
}
