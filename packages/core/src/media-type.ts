/** The media type of event streams (WHATWG HTML §9.2.2). Their encoding is always UTF-8. */
export const EVENT_STREAM_MEDIA_TYPE = 'text/event-stream'

/**
 * Whether a `Content-Type` value names an event stream: its essence is compared, so parameters, case and white space do
 * not matter, and `text/event-streamish` is something else (RFC 9110 §8.3.1).
 */
export function isEventStreamMediaType(contentType: string | null | undefined): boolean {
  const essence = contentType?.split(';', 1)[0]
  return essence?.trim().toLowerCase() === EVENT_STREAM_MEDIA_TYPE
}
