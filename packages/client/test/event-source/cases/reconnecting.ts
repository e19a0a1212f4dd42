import type { ConformanceCase } from '../conformance-case.ts'

/** What a server sees of two connections, the first of which sent `body`. */
function secondRequest(
  title: string,
  body: string | readonly string[],
  sent: string | null,
): ConformanceCase {
  return {
    title,
    server: [
      { body: typeof body === 'string' ? `retry: 1\n${body}` : ['retry: 1\n', ...body], after: 'end' },
      { body: 'data: z\n\n' },
    ],
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

/** In Node, to the millisecond, how long it waits after a stream of `body`. */
function waits(title: string, body: string, ms: number): ConformanceCase {
  return {
    title,
    only: 'node',
    server: [{ body, after: 'end' }, { body: 'data: z\n\n' }],
    async run({ open, elapse, settle, requests }) {
      const { heard } = open()
      await heard('error CONNECTING')
      await elapse(ms - 1)
      await settle()
      const before = (await requests()).length
      await elapse(1)
      await heard('message z')
      return [before, (await requests()).length]
    },
    expected: [1, 2],
  }
}

export const RECONNECTING: readonly ConformanceCase[] = [
  secondRequest('§9.2.4: the last event ID is sent', 'id: 1\ndata: a\n\nid: 2\ndata: b\n\n', '2'),
  secondRequest('§9.2.4: the last event ID is sent as UTF-8', 'id: …é😀\ndata: a\n\n', '…é😀'),
  secondRequest('§9.2.4: an id of an event without data is sent', 'data: a\n\nid: 3\n\n', '3'),
  secondRequest(
    '§9.2.4: an id stays that of the last event that had one',
    'id: 4\ndata: a\n\ndata: b\n\n',
    '4',
  ),
  secondRequest('§9.2.4: no Last-Event-ID is sent when no event had an id', 'data: a\n\n', null),
  secondRequest(
    '§9.2.4: no Last-Event-ID is sent after an empty id',
    'id: 1\ndata: a\n\nid\ndata: b\n\n',
    null,
  ),
  secondRequest('§9.2.6: an id with NUL is not sent', 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n', '1'),
  secondRequest(
    '§9.2.6: an id of an event that was not finished is not sent',
    'id: 1\ndata: a\n\nid: 2\ndata: b\n',
    '1',
  ),
  secondRequest(
    '§9.2.6: the letters of an id are sent as they are',
    'id: a, "b"; =c/\\\ndata: a\n\n',
    'a, "b"; =c/\\',
  ),
  {
    title: '§9.2.6: the last event ID survives connections that bring none (PROTOCOL.md §6)',
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
  waits('§9.2.3: it waits for three seconds unless the server says otherwise', 'data: a\n\n', 3_000),
  waits('§9.2.6: it waits for as long as retry says', 'retry: 1234\n\n', 1_234),
  waits('§9.2.6: retry counts at once, although its block does not end', 'retry: 1234\n', 1_234),
  waits('§9.2.6: the last retry counts', 'retry: 5000\nretry: 1234\n\n', 1_234),
  waits('§9.2.6: retry is read in base ten', 'retry: 01234\n\n', 1_234),
  ...['1x', '-1', '+1', '1.5', '1e3', '0x1', ' 1', '1 ', '١', ''].map((bogus) =>
    waits(`§9.2.6: retry ${JSON.stringify(bogus)} is ignored`, `retry: 1234\nretry: ${bogus}\n\n`, 1_234),
  ),
  waits(
    '§9.2.6: a retry beyond all timers is the longest wait that there is',
    'retry: 99999999999\n\n',
    0x7fff_ffff,
  ),
  {
    title: '§9.2.6: retry 0 opens the stream again at once',
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
    title: '§9.2.6: retry 99999999999 is no storm of requests',
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
    title: '§9.2.6: retry holds for every connection after it',
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
    title: '§9.2.3: readyState is CONNECTING from the error on until the stream is open again',
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
    title: '§9.2.5: each connection begins with a BOM of its own, and with no half line of the one before',
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
    title: '§9.2.4: an id of control characters is sent as it is',
    server: [{ body: 'retry: 1\nid: a\x01b\ndata: a\n\n', after: 'end' }, { body: 'data: b\n\n' }],
    async run({ open, elapse, requests, settle }) {
      const { source, heard } = open()
      await heard('error CONNECTING')
      await elapse(1)
      await settle()
      return [source.readyState, (await requests()).map(({ headers }) => headers['last-event-id'] ?? null)]
    },
    expected: [1, [null, 'a\x01b']],
    otherwise: {
      'ours in Node': {
        because: 'the fetch of Node refuses such headers, so that it is tried again for ever',
        expected: [0, [null]],
      },
    },
  },
]
