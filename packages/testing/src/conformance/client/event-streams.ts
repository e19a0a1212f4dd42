import type { DispatchedEvent } from '@sse/core'

/** One event stream and what every reader must make of it. */
export interface EventStreamSample {
  readonly name: string
  /** A fact in the present tense, or the words for what is in it. */
  readonly title: string
  /** What is wrong where something else is read. */
  readonly advice: string
  /** The section of WHATWG HTML that demands it, or the web-platform-test that it restates. */
  readonly section: string
  /** The stream, with LF as terminator, unless it `hasOwnTerminators`. A leading U+FEFF stands for a BOM. */
  readonly wire: string
  /** The case is about its CRs: it is fed as it is, and not once more for each terminator. */
  readonly hasOwnTerminators?: true
  /** The case is about the end of the stream: nothing may come behind it. */
  readonly atEnd?: true
  readonly events: readonly DispatchedEvent[]
}

const message = (data: string, lastEventId = ''): DispatchedEvent => ({ type: 'message', data, lastEventId })
const named = (type: string, data: string, lastEventId = ''): DispatchedEvent => ({ type, data, lastEventId })
const manyX = 'x'.repeat(2048)

/** The examples of the specification itself. */
const EXAMPLES: readonly EventStreamSample[] = [
  {
    name: 'stream-three-messages-one-of-two-lines',
    title: 'three messages, one of two lines',
    advice: 'The examples of the specification must be read as it says.',
    section: '§9.2.1',
    wire: 'data: This is the first message.\n\ndata: This is the second message, it\ndata: has two lines.\n\ndata: This is the third message.\n\n',
    events: [
      message('This is the first message.'),
      message('This is the second message, it\nhas two lines.'),
      message('This is the third message.'),
    ],
  },
  {
    name: 'stream-events-of-two-types',
    title: 'events of two types',
    advice: 'The examples of the specification must be read as it says.',
    section: '§9.2.1',
    wire: 'event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n',
    events: [named('add', '73857293'), named('remove', '2153'), named('add', '113411')],
  },
  {
    name: 'stream-one-event-of-three-lines',
    title: 'one event of three lines',
    advice: 'Join the `data` lines of an event by a line feed.',
    section: '§9.2.6',
    wire: 'data: YHOO\ndata: +2\ndata: 10\n\n',
    events: [message('YHOO\n+2\n10')],
  },
  {
    name: 'stream-comment-id-and-space',
    title: 'a comment, an id, an empty id and a leading space',
    advice:
      'A line that begins with a colon is a comment; one space after the colon of a field is removed, a second one is text.',
    section: '§9.2.6',
    wire: ': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n',
    events: [message('first event', '1'), message('second event'), message(' third event')],
  },
  {
    name: 'stream-data-without-colon',
    title: 'data without a colon, and an unfinished event',
    advice:
      'A line without a colon is a field with an empty value; an event whose blank line does not come is discarded.',
    section: '§9.2.6',
    wire: 'data\n\ndata\ndata\n\ndata:',
    events: [message(''), message('\n')],
  },
  {
    name: 'stream-optional-space',
    title: 'the space after the colon is optional',
    advice: 'Remove one space after the colon if there is one.',
    section: '§9.2.6',
    wire: 'data:test\n\ndata: test\n\n',
    events: [message('test'), message('test')],
  },
]

/** The `format-*` tests of web-platform-tests/eventsource, restated. */
const WEB_PLATFORM_TESTS: readonly EventStreamSample[] = [
  {
    name: 'stream-bom-at-start',
    title: 'a BOM counts only at the start of the stream',
    advice: 'Drop one byte order mark at the start of the stream; elsewhere it is a letter like any other.',
    section: 'wpt format-bom',
    wire: '\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n',
    events: [message('1'), message('3')],
  },
  {
    name: 'stream-second-bom',
    title: 'a second BOM is a part of the first line',
    advice:
      'Drop only one byte order mark: decoders that strip one must not be followed by code that strips another.',
    section: 'wpt format-bom-2',
    wire: '\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n',
    events: [message('2'), message('3')],
  },
  {
    name: 'stream-comments-within-event',
    title: 'comments between the lines of an event, short, long and with NUL',
    advice: 'Comments do not end an event and change nothing, however long they are.',
    section: 'wpt format-comments',
    wire: `data:1\r:\0\n:\r\ndata:2\n:${manyX}\rdata:3\n:data:fail\r:${manyX}\ndata:4\n\n`,
    hasOwnTerminators: true,
    events: [message('1\n2\n3\n4')],
  },
  {
    name: 'stream-unfinished-event',
    title: 'an event without its final blank line is discarded, and its id with it',
    advice: 'At the end of a stream discard what no blank line has finished, its id included.',
    section: 'wpt format-data-before-final-empty-line',
    wire: 'retry:1000\ndata:test1\n\nid:test\ndata:test2',
    events: [message('test1')],
  },
  {
    name: 'stream-empty-data',
    title: 'empty data, twice empty data, data',
    advice: 'An empty `data` field is data: the event is dispatched with an empty string.',
    section: 'wpt format-field-data',
    wire: 'data:\n\ndata\ndata\n\ndata:test\n\n',
    events: [message(''), message('\n'), message('test')],
  },
  {
    name: 'stream-type-for-one-event',
    title: 'the type holds for one event only',
    advice: 'Reset the type after each event.',
    section: 'wpt format-field-event',
    wire: 'event:test\ndata:x\n\ndata:x\n\n',
    events: [named('test', 'x'), message('x')],
  },
  {
    name: 'stream-empty-type',
    title: 'an event field that is empty leaves the type message',
    advice: 'An empty type means `message`.',
    section: 'wpt format-field-event-empty',
    wire: 'event: \ndata:data\n\n',
    events: [message('data')],
  },
  {
    name: 'stream-id-of-several-bytes',
    title: 'an id of several bytes in UTF-8',
    advice: 'An id is text in UTF-8 and persists.',
    section: 'wpt format-field-id-2',
    wire: 'id: …\ndata: hello\n\ndata: …\n\n',
    events: [message('hello', '…'), message('…', '…')],
  },
  {
    name: 'stream-last-event-id-persists',
    title: 'the id persists until the next one',
    advice: '`lastEventId` of an event without an id is that of an earlier one.',
    section: 'wpt format-field-id-3',
    wire: 'id: 1\ndata: 1\n\ndata: 2\n\nid: 2\ndata: 3\n\ndata: 4\n\n',
    events: [message('1', '1'), message('2', '1'), message('3', '2'), message('4', '2')],
  },
  {
    name: 'stream-empty-id-resets',
    title: 'an empty id resets it',
    advice: 'An empty id sets the last event ID to the empty string.',
    section: 'wpt format-field-id-3',
    wire: 'id: 1\ndata: 1\n\nid:\ndata: 2\n\ndata: 3\n\n',
    events: [message('1', '1'), message('2'), message('3')],
  },
  {
    name: 'stream-bare-id-resets',
    title: 'an id without a colon resets it',
    advice: '`id` without a colon is an empty id, and sets the last event ID to the empty string.',
    section: 'wpt format-field-id-3',
    wire: 'id: 1\ndata: 1\n\nid\ndata: 2\n\ndata: 3\n\n',
    events: [message('1', '1'), message('2'), message('3')],
  },
  {
    name: 'stream-id-with-nul',
    title: 'an id with NUL is ignored',
    advice: 'Ignore an id that contains NUL, anywhere in it.',
    section: 'wpt format-field-id-null',
    wire: 'id: 1\ndata: 1\n\nid: \0\0\ndata: 2\n\nid: x\0\ndata: 3\n\nid: \0x\ndata: 4\n\n',
    events: [message('1', '1'), message('2', '1'), message('3', '1'), message('4', '1')],
  },
  {
    name: 'stream-field-names-literally',
    title: 'field names are compared literally',
    advice: 'Compare field names as they are: no trimming, no other case.',
    section: 'wpt format-field-parsing',
    wire: 'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n',
    hasOwnTerminators: true,
    events: [message('\0\n 2\n1\n3\n\n4')],
  },
  {
    name: 'stream-retry-in-event',
    title: 'retry is read in base ten',
    advice: 'A `retry` with a leading zero must not disturb the event it stands in.',
    section: 'wpt format-field-retry',
    wire: 'retry:03000\ndata:x\n\n',
    events: [message('x')],
  },
  {
    name: 'stream-bogus-retry-in-event',
    title: 'a retry that is no number changes nothing',
    advice: 'A `retry` that is no number is ignored, and nothing else with it.',
    section: 'wpt format-field-retry-bogus',
    wire: 'retry:3000\nretry:1000x\ndata:x\n\n',
    events: [message('x')],
  },
  {
    name: 'stream-empty-retry-in-event',
    title: 'an empty retry changes nothing',
    advice: 'An empty `retry` is ignored, and nothing else with it.',
    section: 'wpt format-field-retry-empty',
    wire: 'retry\ndata:test\n\n',
    events: [message('test')],
  },
  {
    name: 'stream-unknown-fields',
    title: 'unknown fields are ignored',
    advice: 'Ignore a field that the specification does not name, and go on.',
    section: 'wpt format-field-unknown',
    wire: 'data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n',
    events: [message('test\n\ntest')],
  },
  {
    name: 'stream-leading-tab',
    title: 'one space is removed from the value, a tab is not',
    advice: 'Remove one space after the colon, and no other white space.',
    section: 'wpt format-leading-space',
    wire: 'data:\ttest\rdata: \ndata:test\n\n',
    hasOwnTerminators: true,
    events: [message('\ttest\n\ntest')],
  },
  {
    name: 'stream-mixed-line-endings',
    title: 'every way in which a line can end, in one event',
    advice: 'CRLF, CR and LF each end a line, also in turns.',
    section: 'wpt format-newlines',
    wire: 'data:test\r\ndata\ndata:test\r\n\r',
    hasOwnTerminators: true,
    events: [message('test\n\ntest')],
  },
  {
    name: 'stream-nul-in-data',
    title: 'NUL is a character of data like any other',
    advice: 'NUL in data is data.',
    section: 'wpt format-null-character',
    wire: 'data:\0\n\n',
    events: [message('\0')],
  },
  {
    name: 'stream-utf-8',
    title: 'the stream is UTF-8, whatever else is said of it',
    advice: 'Decode as UTF-8.',
    section: 'wpt format-utf-8',
    wire: 'data:ok…\n\n',
    events: [message('ok…')],
  },
  {
    name: 'stream-no-data-no-event',
    title: 'blocks of unknown fields only, and a field name in another case',
    advice: 'A block without a `data` field dispatches nothing.',
    section: 'wpt event-data',
    wire: 'data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n',
    events: [message('msg\nmsg'), message(''), message('end')],
  },
]

/** What peers got wrong, and what the rules say that no test above shows. */
const RULES: readonly EventStreamSample[] = [
  {
    name: 'stream-an-empty-stream',
    title: 'an empty stream',
    advice: 'Nothing must come of an empty stream.',
    section: '§9.2.6',
    wire: '',
    events: [],
  },
  {
    name: 'stream-blank-lines-only',
    title: 'blank lines only',
    advice: 'A blank line without data before it dispatches nothing.',
    section: '§9.2.6',
    wire: '\n\n\n\n',
    events: [],
  },
  {
    name: 'stream-bom-alone',
    title: 'a BOM and nothing else',
    advice: 'A byte order mark alone dispatches nothing.',
    section: '§9.2.6',
    wire: '\uFEFF',
    events: [],
  },
  {
    name: 'stream-misread-bom',
    title: 'the letters of a BOM that was misread are letters',
    advice: 'Only U+FEFF is a byte order mark: the letters ï»¿ are text.',
    section: '§9.2.6',
    wire: '\u00EF\u00BB\u00BFdata: 1\n\ndata: \u00EF\u00BB\u00BF\n\n',
    events: [message('\u00EF\u00BB\u00BF')],
  },
  {
    name: 'stream-bom-in-value',
    title: 'a BOM inside a value is kept',
    advice: 'Within the stream U+FEFF is a letter like any other.',
    section: '§9.2.6',
    wire: 'data: \uFEFF1\n\nid: \uFEFF\ndata: 2\n\n',
    events: [message('\uFEFF1'), message('2', '\uFEFF')],
  },
  {
    name: 'stream-empty-first-line',
    title: 'an empty first data line is a line',
    advice: 'An empty first `data` line makes the data begin with a line feed.',
    section: '§9.2.6',
    wire: 'data:\ndata: second\n\n',
    events: [message('\nsecond')],
  },
  {
    name: 'stream-one-trailing-line-feed',
    title: 'one trailing line feed is removed from data, not all',
    advice: 'Remove one trailing line feed from the data, not all of them.',
    section: '§9.2.6',
    wire: 'data: a\ndata:\n\ndata: b\ndata\ndata\n\n',
    events: [message('a\n'), message('b\n\n')],
  },
  {
    name: 'stream-type-reset',
    title: 'an empty event field resets the type',
    advice: 'The last `event` field of a block counts, also an empty one.',
    section: '§9.2.6',
    wire: 'event: a\nevent:\ndata: 1\n\nevent: a\nevent\ndata: 2\n\n',
    events: [message('1'), message('2')],
  },
  {
    name: 'stream-last-type-counts',
    title: 'the last event field of a block counts, wherever it stands',
    advice: 'The last `event` field of a block counts, wherever it stands.',
    section: '§9.2.6',
    wire: 'event: a\ndata: 1\nevent: b\n\n',
    events: [named('b', '1')],
  },
  {
    name: 'stream-type-of-block-without-data',
    title: 'a block without data drops its type',
    advice: 'A block without data is over with its blank line: its type must not be kept for the next event.',
    section: '§9.2.6',
    wire: 'event: a\n\ndata: 1\n\n',
    events: [message('1')],
  },
  {
    name: 'stream-id-of-block-without-data',
    title: 'a block without data sets the last event ID',
    advice: 'A block with an id and no data sets the last event ID.',
    section: '§9.2.6',
    wire: 'id: 1\n\ndata: 1\n\nid: 2\n\n',
    events: [message('1', '1')],
  },
  {
    name: 'stream-last-id-counts',
    title: 'the last id of a block counts, a NUL id does not',
    advice: 'The last id of a block counts, unless it contains NUL.',
    section: '§9.2.6',
    wire: 'id: 1\nid: 2\nid: \0\ndata: 1\n\n',
    events: [message('1', '2')],
  },
  {
    name: 'stream-id-like-a-number',
    title: 'an id that looks like a number, with its zeros and spaces',
    advice: 'An id is text: keep its zeros and spaces, and take `0` for an id.',
    section: '§9.2.6',
    wire: 'id: 0\ndata: 1\n\nid:  007 \ndata: 2\n\n',
    events: [message('1', '0'), message('2', ' 007 ')],
  },
  {
    name: 'stream-unfinished-id',
    title: 'a block that is not finished sets no last event ID, but its retry holds',
    advice: 'An id counts with its blank line.',
    section: '§9.2.6',
    wire: 'id: 1\ndata: 1\n\nid: 2\nretry: 5\n',
    events: [message('1', '1')],
  },
  {
    name: 'stream-first-colon',
    title: 'only the first colon parts name and value',
    advice: 'Only the first colon of a line parts name and value.',
    section: '§9.2.6',
    wire: 'data: a: b:c\n\ndata::\n\n',
    events: [message('a: b:c'), message(':')],
  },
  {
    name: 'stream-space-before-colon',
    title: 'a space before the colon makes another field',
    advice: '`data ` is not `data`: do not trim field names.',
    section: '§9.2.6',
    wire: 'data : x\n data: x\ndata: y\n\n',
    events: [message('y')],
  },
  {
    name: 'stream-similar-names',
    title: 'names that begin or end like a field are other fields',
    advice: 'Compare the whole field name, in lower case.',
    section: '§9.2.6',
    wire: 'dat: x\ndatas: x\nids: 1\ni: 1\nevents: x\nretrys: 1\nDATA: x\nID: 1\nRetry: 1\ndata: y\n\n',
    events: [message('y')],
  },
  {
    name: 'stream-other-separators',
    title: 'the line and paragraph separators of Unicode, VT, FF and NEL end no line',
    advice: 'Only LF, CR and CRLF end a line. Functions that split text into lines often know more.',
    section: '§9.2.5',
    wire: 'data: a\u2028b\u2029c\vd\fe\u0085f\n\n',
    events: [message('a\u2028b\u2029c\vd\fe\u0085f')],
  },
  {
    name: 'stream-comments',
    title: 'comments: empty, with one space, with two, with a colon',
    advice: 'A line that begins with a colon is a comment, whatever follows.',
    section: '§9.2.6',
    wire: ':\n: a\n:  b\n::\n:data: x\n\n',
    events: [],
  },
  {
    name: 'stream-multibyte',
    title: 'characters of one to four bytes',
    advice: 'Characters may be cut by chunks anywhere: use one streaming decoder for the whole body.',
    section: '§9.2.6',
    wire: 'event: é€😀\nid: 😀é€\ndata: €😀é\ndata: 👩‍👩‍👧\n\n',
    events: [named('é€😀', '€😀é\n👩‍👩‍👧', '😀é€')],
  },
  {
    name: 'stream-lf-cr',
    title: 'LF CR is two terminators',
    advice: 'LF CR is two line ends; CR LF is one.',
    section: '§9.2.5',
    wire: 'data: 1\n\rdata: 2\r\r\ndata: 3\r\n\ndata: 4\n\r\n',
    hasOwnTerminators: true,
    events: [message('1'), message('2'), message('3'), message('4')],
  },
  {
    name: 'stream-cr-at-end',
    title: 'a CR at the very end dispatches without waiting for an LF',
    advice: 'A CR ends its line at once: do not wait for an LF that may follow.',
    section: '§9.2.5',
    wire: 'data: 1\r\r',
    hasOwnTerminators: true,
    atEnd: true,
    events: [message('1')],
  },
  {
    name: 'stream-crlf-cut',
    title: 'CRLF, whose halves may come apart, is one terminator',
    advice: 'A CR at the end of one chunk and an LF at the start of the next are one line end.',
    section: '§9.2.5',
    wire: 'data: 1\r\ndata: 2\r\n\r\nid: 1\r\ndata: 3\r\n\r\n',
    hasOwnTerminators: true,
    events: [message('1\n2'), message('3', '1')],
  },
]

export const EVENT_STREAM_SAMPLES: readonly EventStreamSample[] = [
  ...EXAMPLES,
  ...WEB_PLATFORM_TESTS,
  ...RULES,
]
