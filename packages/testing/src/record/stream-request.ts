import { LAST_EVENT_ID_HEADER } from '@sse/core'
import type { RequestOptions } from './record-options.ts'

/** The request for a stream. @throws TypeError for what no request can be. */
export function streamRequest(
  base: string | URL,
  { path, method, headers, body, lastEventId }: RequestOptions,
  signal: AbortSignal,
): Request {
  return new Request(new URL(path ?? '', base), {
    method: method ?? (body == null ? 'GET' : 'POST'),
    headers: streamHeaders(headers, lastEventId),
    signal,
    cache: 'no-store',
    ...(body != null && { body, duplex: 'half' }),
  })
}

/** The same for a request that somebody made: what it says of itself holds. */
export function streamRequestFrom(
  given: Request,
  { headers, lastEventId }: RequestOptions,
  signal: AbortSignal,
): Request {
  const merged = new Headers(given.headers)
  for (const [name, value] of streamHeaders(headers, lastEventId)) {
    if (name !== 'accept' || !merged.has('accept')) merged.set(name, value)
  }
  return new Request(given.clone(), { headers: merged, signal: AbortSignal.any([given.signal, signal]) })
}

function streamHeaders(given: RequestInit['headers'], lastEventId: string | undefined): Headers {
  const headers = new Headers(given)
  if (!headers.has('accept')) headers.set('accept', 'text/event-stream')
  if (lastEventId !== undefined && lastEventId !== '')
    headers.set(LAST_EVENT_ID_HEADER, utf8Value(lastEventId))
  return headers
}

/** A header value is bytes, which `Headers` wants as characters up to U+00FF; the id goes as UTF-8 (spec §9.2.3). */
function utf8Value(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
}
