import { LAST_EVENT_ID_HEADER } from '@sse/core'
import { type RequestHeaders, readHeader } from './request-headers.ts'

/** What of a request tells where its stream goes on. */
export interface ResumableRequest {
  readonly url?: string | undefined
  readonly headers: RequestHeaders
}

/**
 * The id after which the client wants to go on, `''` if it has none: the `Last-Event-ID` header, or else the query
 * parameter `lastEventId`, for pages, which cannot set that header on a stream of their own making.
 *
 * It comes from the client, so it may be anything.
 */
export function readLastEventId(request: ResumableRequest): string {
  const header = readHeader(request.headers, LAST_EVENT_ID_HEADER)
  if (header !== undefined && header !== '') return decodeHeader(header)
  const query = request.url?.indexOf('?') ?? -1
  if (query === -1) return ''
  return new URLSearchParams(request.url?.slice(query)).get('lastEventId') ?? ''
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Clients send the id as UTF-8 (WHATWG HTML §9.2.4), but HTTP parsers hand headers out with one character a byte. */
function decodeHeader(value: string): string {
  let ascii = true
  const bytes = new Uint8Array(value.length)
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    // Not such a string after all: whoever made this request has decoded it already.
    if (code > 0xff) return value
    if (code > 0x7f) ascii = false
    bytes[i] = code
  }
  return ascii ? value : utf8.decode(bytes)
}
