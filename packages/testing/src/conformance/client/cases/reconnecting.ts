import type { ClientCase } from '../client-case.ts'

/** What a server sees of two connections, the first of which sent `body`. */
function secondRequest(
  name: string,
  title: string,
  advice: string,
  body: string,
  sent: string | null,
): ClientCase {
  return {
    name,
    section: '§9.2.4',
    level: 'must',
    title,
    advice,
    server: [{ body: `retry: 1\n${body}`, after: 'end' }, { body: 'data: z\n\n' }],
    async run({ open, elapse, requests }) {
      const { heard } = open()
      await heard('error CONNECTING')
      await elapse(1)
      await heard('message z')
      const value = (await requests())[1]?.headers['last-event-id']
      if (value === undefined) return null
      // A header is bytes, of which the server makes a character each.
      return new TextDecoder().decode(Uint8Array.from(value, (character) => character.charCodeAt(0)))
    },
    expected: sent,
  }
}

/** Timers may fire a little before their time, by the clock of another process. */
const TOLERANCE_MS = 20

interface Wait extends Pick<Partial<ClientCase>, 'level' | 'section'> {
  readonly ms: number
  /** Where it may be longer also by a clock of its own. */
  readonly atMostMs?: number
}

/**
 * Whether it waits as long as it should after a stream of `body`: to the millisecond by the clock it was given; by real time it
 * must not come too early, for it may wait longer than asked (§9.2.3).
 */
function waits(
  name: string,
  title: string,
  advice: string,
  body: string,
  { ms, atMostMs = ms, level = 'must', section = '§9.2.6' }: Wait,
): ClientCase {
  return {
    name,
    section,
    level,
    title,
    advice,
    server: [{ body, after: 'end' }, { body: 'data: z\n\n' }],
    async run({ open, elapse, settle, requests, ownClock }) {
      const { heard } = open()
      await heard('error CONNECTING')
      if (ownClock) {
        await elapse(ms - 1)
        await settle()
        if ((await requests()).length > 1) return 'too early'
        await elapse(atMostMs - ms + 1)
      }
      await heard('message z')
      const waited = (await requests())[1]?.sinceAnswerMs ?? 0
      return ownClock || waited >= ms - TOLERANCE_MS ? 'in time' : `too early, after ${Math.round(waited)} ms`
    },
    expected: 'in time',
  }
}

const RETRY_MS = 400

const BOGUS_RETRIES = {
  'a letter': '1x',
  'a minus': '-1',
  'a plus': '+1',
  'a fraction': '1.5',
  'an exponent': '9e9',
  'a hexadecimal number': '0x1',
  'a space before': ' 1',
  'a space behind': '1 ',
  'an Arabic digit': '١',
  nothing: '',
} as const

export const RECONNECTING: readonly ClientCase[] = [
  secondRequest(
    'id-is-sent',
    'the last event ID is sent',
    'A reconnection must send the id of the last event in `Last-Event-ID`.',
    'id: 1\ndata: a\n\nid: 2\ndata: b\n\n',
    '2',
  ),
  secondRequest(
    'id-is-sent-as-utf-8',
    'the last event ID is sent as UTF-8',
    'The value of `Last-Event-ID` is the id encoded as UTF-8, also beyond Latin-1.',
    'id: …é😀\ndata: a\n\n',
    '…é😀',
  ),
  secondRequest(
    'id-without-data-is-sent',
    'an id of an event without data is sent',
    'A block with an id and no data dispatches nothing, but sets the last event ID.',
    'data: a\n\nid: 3\n\n',
    '3',
  ),
  secondRequest(
    'id-persists',
    'an id stays that of the last event that had one',
    'An event without an id leaves the last event ID as it is.',
    'id: 4\ndata: a\n\ndata: b\n\n',
    '4',
  ),
  secondRequest(
    'no-id-no-header',
    'no Last-Event-ID is sent when no event had an id',
    '`Last-Event-ID` is sent only when the last event ID is not empty.',
    'data: a\n\n',
    null,
  ),
  secondRequest(
    'empty-id-no-header',
    'no Last-Event-ID is sent after an empty id',
    'An empty id resets the last event ID, and an empty one is not sent.',
    'id: 1\ndata: a\n\nid\ndata: b\n\n',
    null,
  ),
  secondRequest(
    'id-with-nul-is-not-sent',
    'an id with NUL is not sent',
    'An id that contains NUL is ignored; the one before it counts.',
    'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n',
    '1',
  ),
  secondRequest(
    'unfinished-id-is-not-sent',
    'an id of an event that was not finished is not sent',
    'The id counts when its blank line has come: the event it belongs to was never dispatched, and would be missed.',
    'id: 1\ndata: a\n\nid: 2\ndata: b\n',
    '1',
  ),
  secondRequest(
    'id-letters',
    'the letters of an id are sent as they are',
    'An id is opaque: it must not be quoted, trimmed or escaped.',
    'id: a, "b"; =c/\\\ndata: a\n\n',
    'a, "b"; =c/\\',
  ),
  {
    name: 'id-survives-reconnection',
    section: '§9.2.6',
    level: 'good-practice',
    title: 'the last event ID survives connections that bring none',
    advice:
      'The position got lost when a connection brought no id. By the letter each connection starts with an empty id buffer; browsers keep the id, and without it events are missed.',
    server: [
      { body: 'retry: 1\nid: 1\ndata: a\n\n', after: 'end' },
      { body: 'data: b\n\n', after: 'end' },
      { body: 'data: c\n\nid\n\ndata: d\n\n', after: 'end' },
      { body: 'data: e\n\n' },
    ],
    async run({ open, elapse, requests }) {
      const { heard, events } = open()
      for (const times of [1, 2, 3]) {
        await heard('error CONNECTING', times)
        await elapse(1)
      }
      await heard('message e')
      return [
        events.map(({ data, lastEventId }) => `${data} ${lastEventId}`),
        (await requests()).map(({ headers }) => headers['last-event-id'] ?? null),
      ]
    },
    expected: [
      ['a 1', 'b 1', 'c 1', 'd ', 'e '],
      [null, '1', '1', null],
    ],
  },
  waits(
    'default-reconnection-time',
    'it waits for a few seconds unless the server says otherwise',
    'The first reconnection time is up to the implementation, "probably in the region of a few seconds"; browsers take three.',
    'data: a\n\n',
    { ms: 1_000, atMostMs: 30_000, level: 'good-practice', section: '§9.2.2' },
  ),
  waits(
    'retry-is-obeyed',
    'it waits for as long as retry says',
    'It came back before the reconnection time that the server set.',
    `retry: ${RETRY_MS}\n\n`,
    { ms: RETRY_MS },
  ),
  waits(
    'retry-at-once',
    'retry counts at once, although its block does not end',
    '`retry` counts when its line is read: it needs no blank line, and no data.',
    `retry: ${RETRY_MS}\n`,
    { ms: RETRY_MS },
  ),
  waits(
    'last-retry-counts',
    'the last retry counts',
    'Each `retry` replaces the one before.',
    `retry: 1\nretry: ${RETRY_MS}\n\n`,
    { ms: RETRY_MS },
  ),
  waits(
    'retry-base-ten',
    'retry is read in base ten',
    'Leading zeros do not make it octal.',
    `retry: 0${RETRY_MS}\n\n`,
    { ms: RETRY_MS },
  ),
  ...Object.entries(BOGUS_RETRIES).map(([what, bogus]) =>
    waits(
      `retry-with-${what.replace(/^an? /, '').replaceAll(' ', '-').toLowerCase()}`,
      `retry ${JSON.stringify(bogus)} is ignored`,
      '`retry` counts if its value consists of ASCII digits only. Do not use `parseInt` or `Number`, which accept more.',
      `retry: ${RETRY_MS}\nretry: ${bogus}\n\n`,
      { ms: RETRY_MS },
    ),
  ),
  {
    ...waits(
      'longest-retry',
      'a retry beyond all timers is the longest wait that there is',
      'Clamp the reconnection time to 2³¹−1 ms, more than which timers cannot hold.',
      'retry: 99999999999\n\n',
      { ms: 0x7fff_ffff, level: 'good-practice' },
    ),
    needs: 'clock',
  },
  {
    name: 'retry-zero',
    section: '§9.2.6',
    level: 'must',
    title: 'retry 0 opens the stream again at once',
    advice: '`retry: 0` is a valid reconnection time.',
    server: [{ body: 'retry: 0\n\n', after: 'end' }, { body: 'data: a\n\n' }],
    async run({ open, elapse }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(0)
      await heard('message a')
      return story
    },
    expected: ['open', 'error CONNECTING', 'open', 'message a'],
  },
  {
    name: 'retry-overflow',
    section: '§9.2.6',
    level: 'good-practice',
    title: 'retry 99999999999 is no storm of requests',
    advice: 'A reconnection time beyond what timers can hold made it connect at once: clamp it to 2³¹−1 ms.',
    server: [{ body: 'retry: 99999999999\n\n', after: 'end' }, { body: 'data: a\n\n' }],
    async run({ open, elapse, settle, requests }) {
      await open().heard('error CONNECTING')
      await elapse(60)
      await settle()
      return (await requests()).length
    },
    expected: 1,
  },
  {
    name: 'retry-holds',
    section: '§9.2.6',
    level: 'must',
    title: 'retry holds for every connection after it',
    advice: 'The reconnection time belongs to the source, not to one connection.',
    server: [
      { body: 'retry: 5\n\n', after: 'end' },
      { after: 'end' },
      { instead: 'reset' },
      { body: 'data: a\n\n' },
    ],
    async run({ open, elapse }) {
      const { heard, story } = open()
      for (const times of [1, 2, 3]) {
        await heard('error CONNECTING', times)
        await elapse(5)
      }
      await heard('message a')
      return story
    },
    expected: [
      'open',
      'error CONNECTING',
      'open',
      'error CONNECTING',
      'error CONNECTING',
      'open',
      'message a',
    ],
  },
  {
    name: 'connecting-until-open',
    section: '§9.2.3',
    level: 'must',
    title: 'readyState is CONNECTING from the error on until the stream is open again',
    advice:
      '`readyState` must be CONNECTING before `error` is dispatched, and OPEN only with the next `open`.',
    needs: 'interface',
    server: [{ body: 'retry: 1\n\n', after: 'end' }, { late: true }],
    async run({ open, elapse, requests, release, settle }) {
      const { heard, source } = open()
      await heard('error CONNECTING')
      const states = [source.readyState]
      await elapse(1)
      while ((await requests()).length < 2) await settle()
      states.push(source.readyState)
      await release()
      await heard('open', 2)
      states.push(source.readyState)
      return states
    },
    expected: [0, 0, 1],
  },
  {
    name: 'fresh-decoder',
    section: '§9.2.5',
    level: 'must',
    title: 'each connection begins with a BOM of its own, and with no half line of the one before',
    advice: 'The decoder or parser kept something of the connection before: start both anew for each.',
    server: [
      { body: ['retry: 1\n', '\uFEFFdata: x\n\ndata: a\r\rda'], after: 'end' },
      { body: '\uFEFFta: x\ndata: b\n\n', after: 'end' },
      { body: '\uFEFFdata: c\n\n' },
    ],
    async run({ open, elapse }) {
      const { heard, events } = open()
      for (const times of [1, 2]) {
        await heard('error CONNECTING', times)
        await elapse(1)
      }
      await heard('message c')
      return events.map(({ data }) => data)
    },
    expected: ['a', 'b', 'c'],
  },
  {
    name: 'control-characters-in-id',
    section: '§9.2.4',
    level: 'good-practice',
    title: 'an id of control characters is sent as it is',
    advice:
      'An id with a control character must not end the stream. HTML wants it sent; RFC 9110 §5.5 forbids such header values, and many HTTP clients refuse them.',
    server: [{ body: 'retry: 1\nid: a\x01b\ndata: a\n\n', after: 'end' }, { body: 'data: b\n\n' }],
    async run({ open, elapse, requests, settle }) {
      const { source, heard } = open()
      await heard('error CONNECTING')
      await elapse(1)
      // One whose request was refused never opens, so that there is nothing to wait for.
      for (let waits = 0; waits < 25 && source.readyState !== 1; waits++) await settle()
      return [source.readyState, (await requests()).map(({ headers }) => headers['last-event-id'] ?? null)]
    },
    expected: [1, [null, 'a\x01b']],
  },
]
