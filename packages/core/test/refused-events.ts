import type { CoreErrorCode } from '../src/errors.ts'

/** What the encoder refuses, and how it says so. */
export interface RefusedEvent {
  readonly what: string
  /** Passed to `encodeEvent` as it is: much of it is what TypeScript would not let through. */
  readonly event: unknown
  readonly options?: unknown
  readonly code: CoreErrorCode
  /** The field of the error; absent when the event as a whole was refused. */
  readonly field?: string
  /** What the message must say: what happened, or what to do about it. */
  readonly says: string
}

const ATTACK = 'x\ndata: {"admin":true}\n\nevent: y'

export const REFUSED_EVENTS: readonly RefusedEvent[] = [
  { what: 'no field', event: {}, code: 'empty-event', says: 'at least one of the fields' },
  {
    what: 'undefined fields only',
    event: { data: undefined, id: undefined },
    code: 'empty-event',
    says: 'none of them is set',
  },
  { what: 'a string', event: 'data: x', code: 'empty-event', says: 'it is the string "data: x"' },
  { what: 'null', event: null, code: 'empty-event', says: 'it is null' },
  { what: 'undefined', event: undefined, code: 'empty-event', says: 'it is undefined' },
  { what: 'an array', event: [], code: 'empty-event', says: 'at least one of the fields' },

  {
    what: 'a misspelt field',
    event: { date: 'x' },
    code: 'unknown-field',
    field: 'date',
    says: 'belongs in data',
  },
  {
    what: 'type for event',
    event: { type: 'x', data: '' },
    code: 'unknown-field',
    field: 'type',
    says: 'Did you mean event?',
  },
  {
    what: 'name for event',
    event: { name: 'x', data: '' },
    code: 'unknown-field',
    field: 'name',
    says: 'Did you mean event?',
  },
  {
    what: 'lastEventId for id',
    event: { lastEventId: '1' },
    code: 'unknown-field',
    field: 'lastEventId',
    says: 'Did you mean id?',
  },
  {
    what: 'an unknown field that is undefined',
    event: { data: '', x: undefined },
    code: 'unknown-field',
    field: 'x',
    says: 'Its fields are',
  },

  {
    what: 'a number for id',
    event: { data: '', id: 1 },
    code: 'not-a-string',
    field: 'id',
    says: 'String(…)',
  },
  {
    what: 'null for id',
    event: { data: '', id: null },
    code: 'not-a-string',
    field: 'id',
    says: 'it is null',
  },
  {
    what: 'a number for event',
    event: { data: '', event: 7 },
    code: 'not-a-string',
    field: 'event',
    says: 'the number 7',
  },
  {
    what: 'an object for comment',
    event: { comment: {} },
    code: 'not-a-string',
    field: 'comment',
    says: 'an object',
  },
  {
    what: 'a symbol for event',
    event: { data: '', event: Symbol('s') },
    code: 'not-a-string',
    field: 'event',
    says: 'Symbol(s)',
  },

  {
    what: 'LF in event',
    event: { data: '', event: ATTACK },
    code: 'line-break-in-field',
    field: 'event',
    says: 'at index 1',
  },
  {
    what: 'CR in event',
    event: { data: '', event: 'a\rb' },
    code: 'line-break-in-field',
    field: 'event',
    says: 'Remove it, or encode',
  },
  {
    what: 'LF in id',
    event: { data: '', id: 'a\n' },
    code: 'line-break-in-field',
    field: 'id',
    says: 'Remove it, or encode',
  },
  {
    what: 'CR in id',
    event: { data: '', id: '\ra' },
    code: 'line-break-in-field',
    field: 'id',
    says: 'at index 0',
  },
  {
    what: 'LF behind a character of two units',
    event: { data: '', id: '😀\n' },
    code: 'line-break-in-field',
    field: 'id',
    says: 'at index 2',
  },

  {
    what: 'NUL in id',
    event: { data: '', id: 'a\0' },
    code: 'null-in-field',
    field: 'id',
    says: 'Clients ignore an id',
  },
  {
    what: 'NUL in event',
    event: { data: '', event: '\0' },
    code: 'null-in-field',
    field: 'event',
    says: 'encode the value',
  },

  {
    what: 'a lone surrogate in id',
    event: { data: '', id: 'a\uD83D' },
    code: 'ill-formed-text',
    field: 'id',
    says: '.toWellFormed()',
  },
  {
    what: 'a lone surrogate in event',
    event: { data: '', event: '\uDE00' },
    code: 'ill-formed-text',
    field: 'event',
    says: '.toWellFormed()',
  },
  {
    what: 'a lone surrogate in data',
    event: { data: '\uD83Dx' },
    code: 'ill-formed-text',
    field: 'data',
    says: '.toWellFormed()',
  },
  {
    what: 'a lone surrogate in comment',
    event: { comment: 'x\uDE00' },
    code: 'ill-formed-text',
    field: 'comment',
    says: '.toWellFormed()',
  },

  {
    what: 'a type without data',
    event: { event: 'add' },
    code: 'event-without-data',
    field: 'data',
    says: "Send data: ''",
  },
  {
    what: 'a type and an id without data',
    event: { event: 'add', id: '1' },
    code: 'event-without-data',
    field: 'data',
    says: 'add',
  },

  {
    what: 'a negative retry',
    event: { retry: -1 },
    code: 'invalid-retry',
    field: 'retry',
    says: 'whole number of milliseconds',
  },
  {
    what: 'a fraction as retry',
    event: { retry: 1.5 },
    code: 'invalid-retry',
    field: 'retry',
    says: 'the number 1.5',
  },
  {
    what: 'NaN as retry',
    event: { retry: Number.NaN },
    code: 'invalid-retry',
    field: 'retry',
    says: 'the number NaN',
  },
  {
    what: 'Infinity as retry',
    event: { retry: Number.POSITIVE_INFINITY },
    code: 'invalid-retry',
    field: 'retry',
    says: 'from 0 to 2147483647',
  },
  {
    what: 'a retry past 2^31-1',
    event: { retry: 2 ** 31 },
    code: 'invalid-retry',
    field: 'retry',
    says: 'from 0 to 2147483647',
  },
  {
    what: 'a string as retry',
    event: { retry: '1000' },
    code: 'invalid-retry',
    field: 'retry',
    says: 'the string "1000"',
  },
  {
    what: 'a bigint as retry',
    event: { retry: 1000n },
    code: 'invalid-retry',
    field: 'retry',
    says: 'the bigint 1000n',
  },
  {
    what: 'null as retry',
    event: { retry: null },
    code: 'invalid-retry',
    field: 'retry',
    says: 'it is null',
  },

  {
    what: 'data that JSON would lose',
    event: { data: { price: Number.NaN } },
    code: 'not-json',
    field: 'data',
    says: 'data.price is NaN',
  },
  {
    what: 'a function as data',
    event: { data: () => 1 },
    code: 'not-json',
    field: 'data',
    says: 'Send a string, or replace the value',
  },

  {
    what: 'a line ending of its own',
    event: { data: '' },
    options: { lineEnding: '\n\n' },
    code: 'invalid-line-ending',
    field: 'lineEnding',
    says: "'\\r\\n'",
  },
  {
    what: 'an empty line ending',
    event: { data: '' },
    options: { lineEnding: '' },
    code: 'invalid-line-ending',
    field: 'lineEnding',
    says: 'the string ""',
  },
  {
    what: 'a name for the line ending',
    event: { data: '' },
    options: { lineEnding: 'crlf' },
    code: 'invalid-line-ending',
    field: 'lineEnding',
    says: 'the string "crlf"',
  },
]
