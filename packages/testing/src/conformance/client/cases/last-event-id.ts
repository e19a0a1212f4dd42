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

/** What is sent as the last event ID. */
export const LAST_EVENT_ID: readonly ClientCase[] = [
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
  {
    name: 'control-characters-in-id',
    section: '§9.2.4',
    level: 'good-practice',
    title: 'an id of control characters is sent as it is',
    advice:
      'An id with a control character must not end the stream. HTML wants it sent; RFC 9110 §5.5 forbids such header values, and many HTTP clients refuse them.',
    server: [{ body: 'retry: 1\nid: a\x01b\ndata: a\n\n', after: 'end' }, { body: 'data: b\n\n' }],
    async run({ open, elapse, requests }) {
      const { source, heard } = open()
      await heard('error CONNECTING')
      await elapse(1)
      // One whose request was refused never opens.
      const came = [heard('open', 2), heard('error CONNECTING', 2), heard('error CLOSED')]
      await Promise.race(came).catch(() => {})
      return [source.readyState, (await requests()).map(({ headers }) => headers['last-event-id'] ?? null)]
    },
    expected: [1, [null, 'a\x01b']],
  },
]
