import { SseError } from './errors.ts'
import { checkRetry, checkSingleLine, checkText, describe } from './field-values.ts'
import type { LineEnding, ServerSentEvent } from './server-sent-event.ts'
import { toStrictJson } from './strict-json.ts'

export interface EncodeOptions {
  /** How lines end. Default `'\n'`. */
  readonly lineEnding?: LineEnding | undefined
}

/**
 * Encodes one event as it goes on the wire, its closing blank line included.
 *
 * Fields are written in the order comment, id, event, data, retry. `id: ''`, `retry: 0` and `data: ''` are written.
 * What a client could not read back is refused, never cleaned up: parsing the result gives the same event, with
 * the line breaks of a string `data` read as `\n`.
 *
 * @throws SseError `empty-event`, `unknown-field`, `not-a-string`, `line-break-in-field`, `null-in-field`,
 *   `ill-formed-text`, `event-without-data`, `invalid-retry`, `not-json` or `invalid-line-ending`.
 */
export function encodeEvent(event: ServerSentEvent, options?: EncodeOptions): string {
  const eol = checkLineEnding(options?.lineEnding ?? '\n')
  checkFields(event)
  const { comment, id, event: type, data, retry } = event

  let text = ''
  if (comment !== undefined) text += lines(':', checkText('comment', comment), eol)
  if (id !== undefined) text += `id: ${checkSingleLine('id', id)}${eol}`
  if (type !== undefined) {
    if (data === undefined) throw eventWithoutData(type)
    text += `event: ${checkSingleLine('event', type)}${eol}`
  }
  if (data !== undefined) {
    // JSON escapes every line break and every lone surrogate, so its text needs no further check.
    text +=
      typeof data === 'string'
        ? lines('data:', checkText('data', data), eol)
        : `data: ${toStrictJson(data)}${eol}`
  }
  if (retry !== undefined) text += `retry: ${checkRetry(retry)}${eol}`

  if (text === '') throw emptyEvent()
  return text + eol
}

/** An event whose data is JSON, a string included: `jsonEvent('hi')` carries `"hi"` with its quotes. */
export function jsonEvent(value: unknown, fields?: Omit<ServerSentEvent, 'data'>): ServerSentEvent {
  return { ...fields, data: toStrictJson(value) }
}

/** @throws SseError `invalid-line-ending` */
function checkLineEnding(value: unknown): LineEnding {
  if (value === '\n' || value === '\r\n' || value === '\r') return value
  throw new SseError(
    'invalid-line-ending',
    `lineEnding must be '\\n', '\\r\\n' or '\\r', but it is ${describe(value)}.`,
    { field: 'lineEnding' },
  )
}

/** Writes `prefix value` once for each line of `text`. */
function lines(prefix: ':' | 'data:', text: string, eol: LineEnding): string {
  // Two searches for one character each are many times faster than a regular expression on the common single line.
  if (!text.includes('\n') && !text.includes('\r')) return `${prefix} ${text}${eol}`
  let out = ''
  for (const line of text.split(/\r\n|\r|\n/)) out += `${prefix} ${line}${eol}`
  return out
}

/** Refuses what is not an event, and names that are none of its fields: a misspelt field must not vanish. */
function checkFields(event: ServerSentEvent): void {
  if (typeof event !== 'object' || event === null) {
    throw new SseError(
      'empty-event',
      `An event must be an object with at least one of the fields comment, id, event, data and retry, but it is ${describe(event)}.`,
    )
  }
  for (const field in event) {
    switch (field) {
      case 'comment':
      case 'id':
      case 'event':
      case 'data':
      case 'retry':
        continue
      default:
        throw unknownField(field)
    }
  }
}

function unknownField(field: string): SseError {
  const meant = field === 'type' || field === 'name' ? 'event' : field === 'lastEventId' ? 'id' : undefined
  return new SseError(
    'unknown-field',
    `An event has no field ${JSON.stringify(field)}.${meant === undefined ? '' : ` Did you mean ${meant}?`} Its fields are comment, id, event, data and retry; anything else belongs in data.`,
    { field },
  )
}

function emptyEvent(): SseError {
  return new SseError(
    'empty-event',
    'An event must have at least one of the fields comment, id, event, data and retry, but none of them is set.',
  )
}

function eventWithoutData(type: unknown): SseError {
  return new SseError(
    'event-without-data',
    `The event ${typeof type === 'string' ? JSON.stringify(type) : `of type ${describe(type)}`} has no data, so no client would dispatch it (WHATWG HTML §9.2.6). Send data: '' if it has nothing to say.`,
    { field: 'data' },
  )
}
