import type { DispatchedEvent } from '../src/server-sent-event.ts'

export interface ReferenceReading {
  readonly events: readonly DispatchedEvent[]
  readonly retries: readonly number[]
  readonly lastEventId: string
}

/**
 * WHATWG HTML §9.2.6 word for word, over the whole stream at once: slow, short, and meant to be compared with the text
 * of the specification line by line.
 *
 * Where the text leaves room: an empty `retry` is not a number, and one past 2^31-1 is clamped, because no timer can
 * wait for longer. The last event ID buffer starts from that of the connection before, as it does in browsers.
 */
export function referenceParse(stream: Uint8Array, initialLastEventId = ''): ReferenceReading {
  const events: DispatchedEvent[] = []
  const retries: number[] = []
  let lastEventId = initialLastEventId

  // "Streams must be decoded using the UTF-8 decode algorithm", which "strips one leading UTF-8 Byte Order Mark".
  const text = new TextDecoder().decode(stream)

  // "When a stream is parsed, a data buffer, an event type buffer, and a last event ID buffer must be associated with
  // it. They must be initialized to the empty string."
  let dataBuffer = ''
  let eventTypeBuffer = ''
  let lastEventIdBuffer = initialLastEventId

  // "a CRLF character pair, a single LF character not preceded by a CR character, and a single CR character not followed
  // by a LF character being the ways in which a line can end"
  const lines = text.split(/\r\n|\n|\r/)

  // "Once the end of the file is reached, any pending data must be discarded": a line that did not end is none.
  lines.pop()

  for (const line of lines) {
    if (line === '') {
      // "If the line is empty (a blank line): Dispatch the event, as defined below."
      dispatch()
    } else if (line.startsWith(':')) {
      // "If the line starts with a U+003A COLON character (:): Ignore the line."
    } else if (line.includes(':')) {
      // "Collect the characters on the line before the first U+003A COLON character (:), and let field be that string.
      // Collect the characters on the line after the first U+003A COLON character (:), and let value be that string. If
      // value starts with a U+0020 SPACE character, remove it from value."
      const colon = line.indexOf(':')
      const value = line.slice(colon + 1)
      processField(line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value)
    } else {
      // "using the whole line as the field name, and the empty string as the field value"
      processField(line, '')
    }
  }
  return { events, retries, lastEventId }

  function processField(field: string, value: string): void {
    // "Field names are always compared literally, with no case folding performed."
    if (field === 'event') {
      // "Set the event type buffer to the field value."
      eventTypeBuffer = value
    } else if (field === 'data') {
      // "Append the field value to the data buffer, then append a single U+000A LINE FEED (LF) character to it."
      dataBuffer += `${value}\n`
    } else if (field === 'id') {
      // "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value."
      if (!value.includes('\0')) lastEventIdBuffer = value
    } else if (field === 'retry') {
      // "If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten, and
      // set the event stream's reconnection time to that integer."
      if (/^[0-9]+$/.test(value)) retries.push(Math.min(Number(value), 2 ** 31 - 1))
    }
    // "Otherwise: The field is ignored."
  }

  function dispatch(): void {
    // "1. Set the last event ID string of the event source to the value of the last event ID buffer."
    lastEventId = lastEventIdBuffer
    // "2. If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and
    // return."
    if (dataBuffer === '') {
      eventTypeBuffer = ''
      return
    }
    // "3. If the data buffer's last character is a U+000A LINE FEED (LF) character, then remove the last character."
    if (dataBuffer.endsWith('\n')) dataBuffer = dataBuffer.slice(0, -1)
    // "5. Initialize event's type attribute to "message", its data attribute to data, and its lastEventId attribute to
    // the last event ID string of the event source. 6. If the event type buffer has a value other than the empty string,
    // change the type of the newly created event to equal the value of the event type buffer."
    events.push({ type: eventTypeBuffer || 'message', data: dataBuffer, lastEventId })
    // "7. Set the data buffer and the event type buffer to the empty string."
    dataBuffer = ''
    eventTypeBuffer = ''
  }
}
