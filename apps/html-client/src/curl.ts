import { EVENT_STREAM_MEDIA_TYPE, LAST_EVENT_ID_HEADER } from '@sse/core'
import type { StreamRequest } from './stream-request.ts'

/** A word for any POSIX shell: nothing within single quotes has a meaning but the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** The request as a command. `-N` shows events as they come, instead of when a buffer is full. */
export function curlCommand(
  { url, method, headers, body, lastEventId }: StreamRequest,
  page: string,
): string {
  const sent = new Map<string, string>([['accept', EVENT_STREAM_MEDIA_TYPE]])
  for (const [name, value] of headers) {
    if (name.toLowerCase() === 'accept') sent.delete('accept')
    sent.set(name, value)
  }
  if (lastEventId !== '') sent.set(LAST_EVENT_ID_HEADER, lastEventId)
  const lines = [
    `curl -N${method === 'GET' ? '' : ` -X ${method}`} ${quoted(new URL(url, page).href)}`,
    ...Array.from(sent, ([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body === '' ? [] : [`--data-raw ${quoted(body)}`]),
  ]
  return lines.join(' \\\n  ')
}
