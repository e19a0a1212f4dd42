import type { DispatchedEvent } from '../src/server-sent-event.ts'

/** One event stream and what every reader must make of it. */
export interface EventStreamCase {
  readonly name: string
  /** The section of WHATWG HTML that demands it, or the web-platform-test that it restates. */
  readonly section: string
  /** The stream, with LF as terminator, unless it `hasOwnTerminators`. A leading U+FEFF stands for a BOM. */
  readonly wire: string
  /** The case is about its CRs: it is fed as it is, and not once more for each terminator. */
  readonly hasOwnTerminators?: true
  readonly events: readonly DispatchedEvent[]
  readonly retries?: readonly number[]
  readonly comments?: readonly string[]
  /** The last event ID string at the end of the stream. */
  readonly lastEventId: string
}

const message = (data: string, lastEventId = ''): DispatchedEvent => ({ type: 'message', data, lastEventId })
const named = (type: string, data: string, lastEventId = ''): DispatchedEvent => ({ type, data, lastEventId })
const manyX = 'x'.repeat(2048)

/** The examples of the specification itself. */
const EXAMPLES: readonly EventStreamCase[] = [
  {
    name: 'three messages, one of two lines',
    section: '§9.2.1',
    wire: 'data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\ndata: This is the third message.\n\n',
    events: [
      message('This is the first message.'),
      message('This is the second message, it\nhas two lines.'),
      message('This is the third message.'),
    ],
    lastEventId: '',
  },
  {
    name: 'events of two types',
    section: '§9.2.1',
    wire: 'event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n',
    events: [named('add', '73857293'), named('remove', '2153'), named('add', '113411')],
    lastEventId: '',
  },
  {
    name: 'one event of three lines',
    section: '§9.2.6',
    wire: 'data: YHOO\ndata: +2\ndata: 10\n\n',
    events: [message('YHOO\n+2\n10')],
    lastEventId: '',
  },
  {
    name: 'a comment, an id, an empty id and a leading space',
    section: '§9.2.6',
    wire: ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n',
    events: [message('first event', '1'), message('second event'), message(' third event')],
    comments: ['test stream'],
    lastEventId: '',
  },
  {
    name: 'data without a colon, and an unfinished event',
    section: '§9.2.6',
    wire: 'data\n\ndata\ndata\n\ndata:',
    events: [message(''), message('\n')],
    lastEventId: '',
  },
  {
    name: 'the space after the colon is optional',
    section: '§9.2.6',
    wire: 'data:test\n\ndata: test\n\n',
    events: [message('test'), message('test')],
    lastEventId: '',
  },
]

/** The `format-*` tests of web-platform-tests/eventsource, restated. */
const WEB_PLATFORM_TESTS: readonly EventStreamCase[] = [
  {
    name: 'a BOM counts only at the start of the stream',
    section: 'wpt format-bom',
    wire: '\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n',
    events: [message('1'), message('3')],
    lastEventId: '',
  },
  {
    name: 'a second BOM is a part of the first line',
    section: 'wpt format-bom-2',
    wire: '\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n',
    events: [message('2'), message('3')],
    lastEventId: '',
  },
  {
    name: 'comments between the lines of an event, short, long and with NUL',
    section: 'wpt format-comments',
    wire: `data:1\r:\0\n:\r\ndata:2\n:${manyX}\rdata:3\n:data:fail\r:${manyX}\ndata:4\n\n`,
    hasOwnTerminators: true,
    events: [message('1\n2\n3\n4')],
    comments: ['\0', '', manyX, 'data:fail', manyX],
    lastEventId: '',
  },
  {
    name: 'an event without its final blank line is discarded, and its id with it',
    section: 'wpt format-data-before-final-empty-line',
    wire: 'retry:1000\ndata:test1\n\nid:test\ndata:test2',
    events: [message('test1')],
    retries: [1000],
    lastEventId: '',
  },
  {
    name: 'empty data, twice empty data, data',
    section: 'wpt format-field-data',
    wire: 'data:\n\ndata\ndata\n\ndata:test\n\n',
    events: [message(''), message('\n'), message('test')],
    lastEventId: '',
  },
  {
    name: 'the type holds for one event only',
    section: 'wpt format-field-event',
    wire: 'event:test\ndata:x\n\ndata:x\n\n',
    events: [named('test', 'x'), message('x')],
    lastEventId: '',
  },
  {
    name: 'an event field that is empty leaves the type message',
    section: 'wpt format-field-event-empty',
    wire: 'event: \ndata:data\n\n',
    events: [message('data')],
    lastEventId: '',
  },
  {
    name: 'an id of several bytes in UTF-8',
    section: 'wpt format-field-id-2',
    wire: 'id: …\ndata: hello\n\ndata: …\n\n',
    events: [message('hello', '…'), message('…', '…')],
    lastEventId: '…',
  },
  {
    name: 'the id persists until the next one',
    section: 'wpt format-field-id-3',
    wire: 'id: 1\ndata: 1\n\ndata: 2\n\nid: 2\ndata: 3\n\ndata: 4\n\n',
    events: [message('1', '1'), message('2', '1'), message('3', '2'), message('4', '2')],
    lastEventId: '2',
  },
  {
    name: 'an empty id resets it',
    section: 'wpt format-field-id-3',
    wire: 'id: 1\ndata: 1\n\nid:\ndata: 2\n\ndata: 3\n\n',
    events: [message('1', '1'), message('2'), message('3')],
    lastEventId: '',
  },
  {
    name: 'an id without a colon resets it',
    section: 'wpt format-field-id-3',
    wire: 'id: 1\ndata: 1\n\nid\ndata: 2\n\ndata: 3\n\n',
    events: [message('1', '1'), message('2'), message('3')],
    lastEventId: '',
  },
  {
    name: 'an id with NUL is ignored',
    section: 'wpt format-field-id-null',
    wire: 'id: 1\ndata: 1\n\nid: \0\0\ndata: 2\n\nid: x\0\ndata: 3\n\nid: \0x\ndata: 4\n\n',
    events: [message('1', '1'), message('2', '1'), message('3', '1'), message('4', '1')],
    lastEventId: '1',
  },
  {
    name: 'field names are compared literally',
    section: 'wpt format-field-parsing',
    wire: 'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n',
    hasOwnTerminators: true,
    events: [message('\0\n 2\n1\n3\n\n4')],
    lastEventId: '',
  },
  {
    name: 'retry is read in base ten',
    section: 'wpt format-field-retry',
    wire: 'retry:03000\ndata:x\n\n',
    events: [message('x')],
    retries: [3000],
    lastEventId: '',
  },
  {
    name: 'a retry that is no number changes nothing',
    section: 'wpt format-field-retry-bogus',
    wire: 'retry:3000\nretry:1000x\ndata:x\n\n',
    events: [message('x')],
    retries: [3000],
    lastEventId: '',
  },
  {
    name: 'an empty retry changes nothing',
    section: 'wpt format-field-retry-empty',
    wire: 'retry\ndata:test\n\n',
    events: [message('test')],
    lastEventId: '',
  },
  {
    name: 'unknown fields are ignored',
    section: 'wpt format-field-unknown',
    wire: 'data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n',
    events: [message('test\n\ntest')],
    comments: ['thisisacommentyay'],
    lastEventId: '',
  },
  {
    name: 'one space is removed from the value, a tab is not',
    section: 'wpt format-leading-space',
    wire: 'data:\ttest\rdata: \ndata:test\n\n',
    hasOwnTerminators: true,
    events: [message('\ttest\n\ntest')],
    lastEventId: '',
  },
  {
    name: 'every way in which a line can end, in one event',
    section: 'wpt format-newlines',
    wire: 'data:test\r\ndata\ndata:test\r\n\r',
    hasOwnTerminators: true,
    events: [message('test\n\ntest')],
    lastEventId: '',
  },
  {
    name: 'NUL is a character of data like any other',
    section: 'wpt format-null-character',
    wire: 'data:\0\n\n',
    events: [message('\0')],
    lastEventId: '',
  },
  {
    name: 'the stream is UTF-8, whatever else is said of it',
    section: 'wpt format-utf-8',
    wire: 'data:ok…\n\n',
    events: [message('ok…')],
    lastEventId: '',
  },
  {
    name: 'blocks of unknown fields only, and a field name in another case',
    section: 'wpt event-data',
    wire: 'data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n',
    events: [message('msg\nmsg'), message(''), message('end')],
    comments: [''],
    lastEventId: '',
  },
]

/** What peers got wrong, and what the rules say that no test above shows. */
const RULES: readonly EventStreamCase[] = [
  { name: 'an empty stream', section: '§9.2.6', wire: '', events: [], lastEventId: '' },
  { name: 'blank lines only', section: '§9.2.6', wire: '\n\n\n\n', events: [], lastEventId: '' },
  { name: 'a BOM and nothing else', section: '§9.2.6', wire: '\uFEFF', events: [], lastEventId: '' },
  {
    name: 'the letters of a BOM that was misread are letters',
    section: '§9.2.6',
    wire: '\u00EF\u00BB\u00BFdata: 1\n\ndata: \u00EF\u00BB\u00BF\n\n',
    events: [message('\u00EF\u00BB\u00BF')],
    lastEventId: '',
  },
  {
    name: 'a BOM inside a value is kept',
    section: '§9.2.6',
    wire: 'data: \uFEFF1\n\nid: \uFEFF\ndata: 2\n\n',
    events: [message('\uFEFF1'), message('2', '\uFEFF')],
    lastEventId: '\uFEFF',
  },
  {
    name: 'an empty first data line is a line',
    section: '§9.2.6',
    wire: 'data:\ndata: second\n\n',
    events: [message('\nsecond')],
    lastEventId: '',
  },
  {
    name: 'one trailing line feed is removed from data, not all',
    section: '§9.2.6',
    wire: 'data: a\ndata:\n\ndata: b\ndata\ndata\n\n',
    events: [message('a\n'), message('b\n\n')],
    lastEventId: '',
  },
  {
    name: 'an empty event field resets the type',
    section: '§9.2.6',
    wire: 'event: a\nevent:\ndata: 1\n\nevent: a\nevent\ndata: 2\n\n',
    events: [message('1'), message('2')],
    lastEventId: '',
  },
  {
    name: 'the last event field of a block counts, wherever it stands',
    section: '§9.2.6',
    wire: 'event: a\ndata: 1\nevent: b\n\n',
    events: [named('b', '1')],
    lastEventId: '',
  },
  {
    name: 'a block without data drops its type',
    section: '§9.2.6',
    wire: 'event: a\n\ndata: 1\n\n',
    events: [message('1')],
    lastEventId: '',
  },
  {
    name: 'a block without data sets the last event ID',
    section: '§9.2.6',
    wire: 'id: 1\n\ndata: 1\n\nid: 2\n\n',
    events: [message('1', '1')],
    lastEventId: '2',
  },
  {
    name: 'the last id of a block counts, a NUL id does not',
    section: '§9.2.6',
    wire: 'id: 1\nid: 2\nid: \0\ndata: 1\n\n',
    events: [message('1', '2')],
    lastEventId: '2',
  },
  {
    name: 'an id that looks like a number, with its zeros and spaces',
    section: '§9.2.6',
    wire: 'id: 0\ndata: 1\n\nid:  007 \ndata: 2\n\n',
    events: [message('1', '0'), message('2', ' 007 ')],
    lastEventId: ' 007 ',
  },
  {
    name: 'a block that is not finished sets no last event ID, but its retry holds',
    section: '§9.2.6',
    wire: 'id: 1\ndata: 1\n\nid: 2\nretry: 5\n',
    events: [message('1', '1')],
    retries: [5],
    lastEventId: '1',
  },
  {
    name: 'only the first colon parts name and value',
    section: '§9.2.6',
    wire: 'data: a: b:c\n\ndata::\n\n',
    events: [message('a: b:c'), message(':')],
    lastEventId: '',
  },
  {
    name: 'a space before the colon makes another field',
    section: '§9.2.6',
    wire: 'data : x\n data: x\ndata: y\n\n',
    events: [message('y')],
    lastEventId: '',
  },
  {
    name: 'names that begin or end like a field are other fields',
    section: '§9.2.6',
    wire: 'dat: x\ndatas: x\nids: 1\ni: 1\nevents: x\nretrys: 1\nDATA: x\nID: 1\nRetry: 1\ndata: y\n\n',
    events: [message('y')],
    lastEventId: '',
  },
  {
    name: 'the line and paragraph separators of Unicode, VT, FF and NEL end no line',
    section: '§9.2.5',
    wire: 'data: a\u2028b\u2029c\vd\fe\u0085f\n\n',
    events: [message('a\u2028b\u2029c\vd\fe\u0085f')],
    lastEventId: '',
  },
  {
    name: 'retry of ASCII digits only: no sign, fraction, exponent, space or other digit',
    section: '§9.2.6',
    wire: 'retry: -1\nretry: +1\nretry: 1.5\nretry: 1e3\nretry: 0x10\nretry:  1\nretry: 1 \nretry: ١\nretry:\nretry: 0\n\n',
    events: [],
    retries: [0],
    lastEventId: '',
  },
  {
    name: 'a retry that no timer can wait for is clamped to 2^31-1',
    section: '§9.2.6',
    wire: `retry: 2147483647\nretry: 2147483648\nretry: ${'9'.repeat(400)}\n\n`,
    events: [],
    retries: [2_147_483_647, 2_147_483_647, 2_147_483_647],
    lastEventId: '',
  },
  {
    name: 'comments: empty, with one space, with two, with a colon',
    section: '§9.2.6',
    wire: ':\n: a\n:  b\n::\n:data: x\n\n',
    events: [],
    comments: ['', 'a', ' b', ':', 'data: x'],
    lastEventId: '',
  },
  {
    name: 'characters of one to four bytes',
    section: '§9.2.6',
    wire: 'event: é€😀\nid: 😀é€\ndata: €😀é\ndata: 👩‍👩‍👧\n\n',
    events: [named('é€😀', '€😀é\n👩‍👩‍👧', '😀é€')],
    lastEventId: '😀é€',
  },
  {
    name: 'LF CR is two terminators',
    section: '§9.2.5',
    wire: 'data: 1\n\rdata: 2\r\r\ndata: 3\r\n\ndata: 4\n\r\n',
    hasOwnTerminators: true,
    events: [message('1'), message('2'), message('3'), message('4')],
    lastEventId: '',
  },
  {
    name: 'a CR at the very end dispatches without waiting for an LF',
    section: '§9.2.5',
    wire: 'data: 1\r\r',
    hasOwnTerminators: true,
    events: [message('1')],
    lastEventId: '',
  },
  {
    name: 'CRLF, whose halves may come apart, is one terminator',
    section: '§9.2.5',
    wire: 'data: 1\r\ndata: 2\r\n\r\nid: 1\r\ndata: 3\r\n\r\n',
    hasOwnTerminators: true,
    events: [message('1\n2'), message('3', '1')],
    lastEventId: '1',
  },
]

export const EVENT_STREAM_CASES: readonly EventStreamCase[] = [...EXAMPLES, ...WEB_PLATFORM_TESTS, ...RULES]
