import { expect, it } from 'vitest'
import { EVENT_STREAM_HEADERS } from './event-stream-headers.ts'
import { isEventStreamMediaType } from './media-type.ts'

it.each([
  'text/event-stream',
  'text/event-stream;charset=utf-8',
  'text/event-stream ; charset=utf-8',
  'text/event-stream;',
  'text/event-stream;bogus',
  'text/event-stream;charset=windows-1252',
  'TEXT/EVENT-STREAM',
  ' text/event-stream\t',
  EVENT_STREAM_HEADERS['content-type'],
])('takes %j for an event stream', (contentType) => {
  expect(isEventStreamMediaType(contentType)).toBe(true)
})

it.each([
  null,
  undefined,
  '',
  ';',
  'text/event-streamish',
  'text/event-strea',
  'text/event stream',
  'text/ event-stream',
  'x-text/event-stream',
  'text/plain; charset=text/event-stream',
  'application/json, text/event-stream',
  'text/event-stream, application/json',
  'text/*',
])('takes %j for something else', (contentType) => {
  expect(isEventStreamMediaType(contentType)).toBe(false)
})
