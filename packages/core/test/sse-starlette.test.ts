/** The encoding tests of sse-starlette (tests/test_event.py), as far as they speak of the wire. Its default is CRLF. */
import { describe, expect, it } from 'vitest'
import { encodeEvent, type ServerSentEvent } from '../src/index.ts'

const CRLF = { lineEnding: '\r\n' } as const
const SEPARATORS = ['\n', '\r', '\r\n'] as const

describe('sse-starlette, test_server_sent_event', () => {
  it.each<[ServerSentEvent, string]>([
    [{ data: 'foo' }, 'data: foo\r\n\r\n'],
    [{ data: 'foo', event: 'bar' }, 'event: bar\r\ndata: foo\r\n\r\n'],
    [{ data: 'foo', event: 'bar', id: 'xyz' }, 'id: xyz\r\nevent: bar\r\ndata: foo\r\n\r\n'],
    [
      { data: 'foo', event: 'bar', id: 'xyz', retry: 1 },
      'id: xyz\r\nevent: bar\r\ndata: foo\r\nretry: 1\r\n\r\n',
    ],
    [{ comment: 'a comment' }, ': a comment\r\n\r\n'],
    [{ data: 'foo', comment: 'a comment' }, ': a comment\r\ndata: foo\r\n\r\n'],
  ])('writes %j', (event, wire) => {
    expect(encodeEvent(event, CRLF)).toBe(wire)
  })

  it('ends lines with LF when that is the separator', () => {
    expect(encodeEvent({ data: 'foo', event: 'bar', id: 'xyz', retry: 1 }, { lineEnding: '\n' })).toBe(
      'id: xyz\nevent: bar\ndata: foo\nretry: 1\n\n',
    )
  })
})

describe('sse-starlette, test_json_server_sent_event', () => {
  it.each<[ServerSentEvent, string]>([
    [{ data: { foo: 'bar' } }, 'data: {"foo":"bar"}\r\n\r\n'],
    [{ data: { foo: 'bar' }, event: 'baz' }, 'event: baz\r\ndata: {"foo":"bar"}\r\n\r\n'],
    [
      { data: { foo: 'bar' }, event: 'baz', id: 'xyz' },
      'id: xyz\r\nevent: baz\r\ndata: {"foo":"bar"}\r\n\r\n',
    ],
    [
      { data: { foo: 'bar' }, event: 'baz', id: 'xyz', retry: 1 },
      'id: xyz\r\nevent: baz\r\ndata: {"foo":"bar"}\r\nretry: 1\r\n\r\n',
    ],
    [{ data: { foo: 'bar' }, comment: 'a comment' }, ': a comment\r\ndata: {"foo":"bar"}\r\n\r\n'],
  ])('writes %j', (event, wire) => {
    expect(encodeEvent(event, CRLF)).toBe(wire)
  })
})

describe('sse-starlette, test_multiline_data and test_custom_sep', () => {
  const pairs = SEPARATORS.flatMap((stream) => SEPARATORS.map((line) => ({ stream, line })))

  it.each(pairs)('writes three lines parted by $line in a stream of $stream', ({ stream, line }) => {
    const data = ['foo', 'bar', 'xyz'].join(line)
    expect(encodeEvent({ data, event: 'event' }, { lineEnding: stream })).toBe(
      'event: event{0}data: foo{0}data: bar{0}data: xyz{0}{0}'.replaceAll('{0}', stream),
    )
  })

  it.each(SEPARATORS)('writes one line in a stream of %j', (lineEnding) => {
    expect(encodeEvent({ data: 'foo', event: 'event' }, { lineEnding })).toBe(
      'event: event{0}data: foo{0}{0}'.replaceAll('{0}', lineEnding),
    )
  })
})

describe('sse-starlette, test_retry_is_int', () => {
  it('refuses a retry that is no number', () => {
    expect(() => encodeEvent({ data: 0, retry: 'ten' as unknown as number })).toThrow(
      /must be a whole number/,
    )
  })
})
