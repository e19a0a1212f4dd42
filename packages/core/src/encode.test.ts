import { describe, expect, it } from 'vitest'
import { encodeEvent, jsonEvent } from './encode.ts'
import { encodeFrame } from './frame.ts'
import type { LineEnding, ServerSentEvent } from './server-sent-event.ts'

const WIRES: readonly [what: string, event: ServerSentEvent, wire: string][] = [
  ['data', { data: 'foo' }, 'data: foo\n\n'],
  ['empty data', { data: '' }, 'data: \n\n'],
  ['data of two lines', { data: 'a\nb' }, 'data: a\ndata: b\n\n'],
  ['data that ends with a line break', { data: 'a\n' }, 'data: a\ndata: \n\n'],
  ['data that begins with a line break', { data: '\na' }, 'data: \ndata: a\n\n'],
  ['data that is a line break', { data: '\n' }, 'data: \ndata: \n\n'],
  ['data with a leading space', { data: ' a' }, 'data:  a\n\n'],
  ['data that looks like fields', { data: 'id: 1\n\nevent: x' }, 'data: id: 1\ndata: \ndata: event: x\n\n'],
  ['data with NUL', { data: '\0' }, 'data: \0\n\n'],
  ['data of several bytes', { data: 'é€😀' }, 'data: é€😀\n\n'],
  ['data with U+2028, which ends no line', { data: 'a\u2028b' }, 'data: a\u2028b\n\n'],
  ['an object', { data: { a: 1, b: [true, null] } }, 'data: {"a":1,"b":[true,null]}\n\n'],
  ['a number', { data: 0 }, 'data: 0\n\n'],
  ['false', { data: false }, 'data: false\n\n'],
  ['null', { data: null }, 'data: null\n\n'],
  ['an object with line breaks', { data: { a: 'x\r\ny' } }, 'data: {"a":"x\\r\\ny"}\n\n'],
  ['an object with a lone surrogate', { data: ['\uD83D'] }, 'data: ["\\ud83d"]\n\n'],
  ['a type', { event: 'add', data: '1' }, 'event: add\ndata: 1\n\n'],
  ['an empty type', { event: '', data: '1' }, 'event: \ndata: 1\n\n'],
  ['an id', { id: '7', data: '1' }, 'id: 7\ndata: 1\n\n'],
  ['an id without data', { id: '7' }, 'id: 7\n\n'],
  ['an empty id', { id: '', data: '1' }, 'id: \ndata: 1\n\n'],
  ['the id 0', { id: '0' }, 'id: 0\n\n'],
  ['an id with a leading space', { id: ' 7' }, 'id:  7\n\n'],
  ['an id beyond the surrogates', { id: '\uFFFD😀' }, 'id: \uFFFD😀\n\n'],
  ['a retry', { retry: 3000 }, 'retry: 3000\n\n'],
  ['the retry 0', { retry: 0 }, 'retry: 0\n\n'],
  ['the longest retry', { retry: 2_147_483_647 }, 'retry: 2147483647\n\n'],
  ['a comment', { comment: 'ping' }, ': ping\n\n'],
  ['an empty comment', { comment: '' }, ': \n\n'],
  ['a comment of two lines', { comment: 'a\r\nb' }, ': a\n: b\n\n'],
  ['undefined fields beside a set one', { data: 'x', id: undefined, retry: undefined }, 'data: x\n\n'],
  [
    'all fields, in the order comment, id, event, data, retry, whatever order they were set in',
    { retry: 1, data: 'd\ne', event: 'e', id: 'i', comment: 'c' },
    ': c\nid: i\nevent: e\ndata: d\ndata: e\nretry: 1\n\n',
  ],
]

describe('encodeEvent', () => {
  it.each(WIRES)('writes %s', (_, event, wire) => {
    expect(encodeEvent(event)).toBe(wire)
  })

  it.each<LineEnding>(['\n', '\r\n', '\r'])('ends every line with %j when asked to', (lineEnding) => {
    for (const [, event, wire] of WIRES) {
      expect(encodeEvent(event, { lineEnding })).toBe(wire.replaceAll('\n', lineEnding))
    }
  })

  it('ends lines with LF when the option is undefined', () => {
    expect(encodeEvent({ data: 'x' }, { lineEnding: undefined })).toBe('data: x\n\n')
  })

  it.each(['a\nb\nc', 'a\rb\rc', 'a\r\nb\r\nc', 'a\nb\r\nc', 'a\rb\nc'])('splits the string %j', (data) => {
    expect(encodeEvent({ data })).toBe('data: a\ndata: b\ndata: c\n\n')
  })

  it('reads LF CR as two line breaks', () => {
    expect(encodeEvent({ data: 'a\n\rb' })).toBe('data: a\ndata: \ndata: b\n\n')
  })

  it('leaves the event as it was', () => {
    const event = Object.freeze({ data: Object.freeze({ a: 1 }), id: '1' })
    expect(encodeEvent(event)).toBe('id: 1\ndata: {"a":1}\n\n')
  })
})

describe('jsonEvent', () => {
  it('sends a string as JSON, with its quotes', () => {
    expect(jsonEvent('hi\n')).toEqual({ data: '"hi\\n"' })
  })

  it('keeps the other fields', () => {
    expect(jsonEvent([1], { event: 'add', id: '1', retry: 2, comment: 'c' })).toEqual({
      event: 'add',
      id: '1',
      retry: 2,
      comment: 'c',
      data: '[1]',
    })
  })

  it('refuses what JSON would lose, undefined too', () => {
    expect(() => jsonEvent(undefined)).toThrow(expect.objectContaining({ code: 'not-json', path: 'data' }))
  })
})

describe('encodeFrame', () => {
  it('gives the bytes of encodeEvent in UTF-8', () => {
    for (const [, event] of WIRES) {
      expect(new Uint8Array(encodeFrame(event))).toEqual(new TextEncoder().encode(encodeEvent(event)))
    }
  })

  it('passes the line ending on', () => {
    expect(new TextDecoder().decode(encodeFrame({ data: 'é' }, { lineEnding: '\r\n' }))).toBe(
      'data: é\r\n\r\n',
    )
  })
})
