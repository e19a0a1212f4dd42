import { LAST_EVENT_ID_HEADER } from '@sse/core'
import type { ScriptedRequest } from './step.ts'

/** What is known of a request; `readBody` is called when somebody asks for the body, once. */
export function toScriptedRequest(
  { method, url, headers }: { readonly method: string; readonly url: string; readonly headers: Headers },
  index: number,
  readBody: () => Promise<string>,
): ScriptedRequest {
  let body: Promise<string> | undefined
  return {
    method,
    url,
    path: pathOf(url),
    headers,
    lastEventId: decodeHeader(headers.get(LAST_EVENT_ID_HEADER)),
    get body() {
      body ??= readBody()
      return body
    },
    index,
  }
}

/** A list for messages: `GET /events, POST /chat`. */
export function listRequests(requests: readonly ScriptedRequest[]): string {
  const shown = requests.slice(-5).map(({ method, path }) => `${method} ${path}`)
  return (requests.length > shown.length ? '…, ' : '') + shown.join(', ')
}

function pathOf(url: string): string {
  // Where there is no page, a URL may stay relative: it is then a path already.
  const { pathname, search } = new URL(url, 'http://relative.invalid')
  return pathname + search
}

/** A header is bytes, of which JavaScript makes a letter each: an id is UTF-8 in there (WHATWG HTML §9.2.4). */
function decodeHeader(value: string | null): string | null {
  if (value === null) return null
  try {
    const bytes = Uint8Array.from(value, (letter) => letter.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return value
  }
}
