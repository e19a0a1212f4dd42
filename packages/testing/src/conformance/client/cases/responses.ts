import { type ClientCase, type ClientWorld, PAUSE, type ServerAnswer } from '../client-case.ts'

const RECONNECTION_TIME_MS = 3_000

const STATUSES = [
  201, 204, 205, 206, 210, 299, 300, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504, 599,
]

const BODILESS = [204, 205, 304]

const ACCEPTED = [
  'text/event-stream',
  'text/event-stream;charset=utf-8',
  'text/event-stream; charset="UTF-8"',
  'TEXT/Event-Stream; Charset=utf-8',
  ' text/event-stream ;x=y',
  'text/event-stream;',
  'text/event-stream; x bogus',
]

const REFUSED = [
  null,
  '',
  'text/plain',
  'text/x-bogus',
  'text/event-streamish',
  'text/event-stream-x; charset=utf-8',
  'x-text/event-stream',
  'application/json; y=text/event-stream',
  'text event-stream',
]

/** The answer to each of these, at the path of its number. */
function routes<T>(
  values: readonly T[],
  answer: (value: T) => ServerAnswer,
): Record<`/${string}`, ServerAnswer> {
  return Object.fromEntries(values.map((value, index) => [`/${index}`, answer(value)]))
}

/** What comes of the connections that are answered so: each story, the state at its end, and how many requests there were. */
async function failures(
  { open, requests, skip, settle }: ClientWorld,
  values: readonly unknown[],
): Promise<unknown> {
  const recordings = values.map((_, index) => open(`/${index}`))
  await Promise.all(recordings.map(({ heard }) => heard('error CLOSED')))
  await skip(RECONNECTION_TIME_MS)
  await settle()
  const paths = (await requests()).map(({ path }) => path)
  return recordings.map(({ story, source }, index) => [
    values[index],
    story,
    source.readyState,
    paths.filter((path) => path === `/${index}`).length,
  ])
}

export const RESPONSES: readonly ClientCase[] = [
  {
    name: 'status-must-be-200',
    section: '§9.2.3',
    level: 'must',
    title: 'every status but 200 fails the connection: one error, CLOSED, and no other request',
    advice: 'For any status but 200 set CLOSED, dispatch one `error`, and do not connect again.',
    server: routes(STATUSES, (status) => ({
      status,
      ...(!BODILESS.includes(status) && { body: 'data: a\n\n' }),
      after: 'end',
    })),
    run: (world) => failures(world, STATUSES),
    expected: STATUSES.map((status) => [status, ['error CLOSED'], 2, 1]),
  },
  {
    name: 'content-type-essence',
    section: '§9.2.3',
    level: 'must',
    title: 'the essence of the content type is what counts',
    advice: 'Compare the essence of the content type, without parameters, case and white space.',
    server: routes(ACCEPTED, (type) => ({ headers: { 'content-type': type }, body: 'data: €\n\n' })),
    run: ({ open }) =>
      Promise.all(
        ACCEPTED.map(async (type, index) => {
          const { source, heard, story } = open(`/${index}`)
          await heard('message €')
          source.close()
          return [type, story]
        }),
      ),
    expected: ACCEPTED.map((type) => [type, ['open', 'message €']]),
  },
  {
    name: 'charset-is-ignored',
    section: '§9.2.3',
    level: 'must',
    title: 'the charset of the content type does not count: event streams are UTF-8',
    advice: 'Event streams are UTF-8, whatever charset the content type names.',
    server: { headers: { 'content-type': 'text/event-stream; charset=windows-1252' }, body: 'data: €\n\n' },
    async run({ open, settle }) {
      const { source, story } = open()
      await new Promise((resolve) => {
        source.addEventListener('message', resolve)
        source.addEventListener('error', resolve)
      })
      await settle()
      return story
    },
    expected: ['open', 'message €'],
  },
  {
    name: 'content-type-must-match',
    section: '§9.2.3',
    level: 'must',
    title: 'every other content type, and none, fails the connection',
    advice:
      'For any content type but `text/event-stream` set CLOSED, dispatch one `error`, and do not connect again.',
    server: routes(REFUSED, (type) => ({
      headers: { 'content-type': type },
      body: 'data: a\n\n',
      after: 'end',
    })),
    run: (world) => failures(world, REFUSED),
    expected: REFUSED.map((type) => [type, ['error CLOSED'], 2, 1]),
  },
  {
    name: 'refused-response-is-freed',
    section: '§9.2.3',
    level: 'good-practice',
    title: 'a refused response holds no connection',
    advice:
      'The body of a refused response was neither read nor cancelled: its connection stays open for nothing.',
    server: { status: 500, body: 'data: a\n\n' },
    async run({ open, connections, settle }) {
      await open().heard('error CLOSED')
      await settle()
      return connections()
    },
    expected: 0,
  },
  {
    name: 'open-with-head',
    section: '§9.2.3',
    level: 'must',
    title: 'open is told when the head of the response is there, before any event',
    advice: '`open` is announced when the head has come; it must not wait for the body.',
    server: { body: [PAUSE, 'data: a\n\n'] },
    async run({ open, release }) {
      const { heard, story } = open()
      await heard('open')
      const before = [...story]
      await release()
      await heard('message a')
      return [before, story]
    },
    expected: [['open'], ['open', 'message a']],
  },
  {
    name: 'break-before-head',
    section: '§9.2.3',
    level: 'must',
    title: 'a connection that breaks before the head is tried again',
    advice: 'After a network error reestablish the connection: CONNECTING, one `error`, and another attempt.',
    server: [{ instead: 'reset' }, { body: 'data: a\n\n' }],
    async run({ open, elapse, requests }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(RECONNECTION_TIME_MS)
      await heard('message a')
      return [story, (await requests()).length]
    },
    expected: [['error CONNECTING', 'open', 'message a'], 2],
  },
  {
    name: 'end-reconnects',
    section: '§9.2.3',
    level: 'must',
    title: 'a stream that ends is opened again',
    advice: 'The end of the body is no end of the source: reestablish the connection, with one `error`.',
    server: [{ body: 'retry: 5\ndata: a\n\n', after: 'end' }, { body: 'data: b\n\n' }],
    async run({ open, elapse }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(5)
      await heard('message b')
      return story
    },
    expected: ['open', 'message a', 'error CONNECTING', 'open', 'message b'],
  },
  {
    name: 'empty-stream-reconnects',
    section: '§9.2.3',
    level: 'must',
    title: 'a stream without a byte is opened again, too',
    advice: 'An empty body is a stream without events: `open`, then `error`, then another attempt.',
    server: [{ body: 'retry: 5\n', after: 'end' }, { after: 'end' }, { body: 'data: a\n\n' }],
    async run({ open, elapse }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(5)
      await heard('error CONNECTING', 2)
      await elapse(5)
      await heard('message a')
      return story
    },
    expected: ['open', 'error CONNECTING', 'open', 'error CONNECTING', 'open', 'message a'],
  },
  {
    name: 'break-reconnects',
    section: '§9.2.3',
    level: 'must',
    title: 'a stream that breaks is opened again',
    advice:
      'After a network error in the body reestablish the connection: CONNECTING, one `error`, and another attempt.',
    server: [{ body: ['retry: 5\ndata: a\n\n', PAUSE], after: 'reset' }, { body: 'data: b\n\n' }],
    async run({ open, elapse, release }) {
      const { heard, story } = open()
      await heard('message a')
      await release()
      await heard('error CONNECTING')
      await elapse(5)
      await heard('message b')
      return story
    },
    expected: ['open', 'message a', 'error CONNECTING', 'open', 'message b'],
  },
  {
    name: 'keeps-trying',
    section: '§9.2.3',
    level: 'must',
    title: 'however many attempts fail, there is another, after the same wait',
    advice:
      'It gave up, or told less than one `error` for each attempt. It may wait longer after failures, but there is another attempt.',
    server: [
      { body: 'retry: 5\n\n', after: 'end' },
      ...Array<ServerAnswer>(10).fill({ instead: 'reset' }),
      { body: 'data: a\n\n' },
    ],
    async run({ open, elapse }) {
      const { heard, story } = open()
      for (let times = 1; times <= 11; times++) {
        await heard('error CONNECTING', times)
        await elapse(5)
      }
      await heard('message a')
      return story
    },
    expected: ['open', ...Array<string>(11).fill('error CONNECTING'), 'open', 'message a'],
  },
  {
    name: 'until-failure',
    section: '§9.2.3',
    level: 'must',
    title: 'it goes on until a response fails the connection',
    advice: 'Network errors are tried again, a response that is no stream ends it, for good.',
    server: [
      { body: 'retry: 5\ndata: a\n\n', after: 'end' },
      { instead: 'reset' },
      { body: 'data: b\n\n', after: 'end' },
      { status: 404, after: 'end' },
      { body: 'data: never\n\n' },
    ],
    async run({ open, elapse, settle, requests }) {
      const { heard, story } = open()
      for (const times of [1, 2, 3]) {
        await heard('error CONNECTING', times)
        await elapse(5)
      }
      await heard('error CLOSED')
      await elapse(5)
      await settle()
      return [story, (await requests()).length]
    },
    expected: [
      [
        'open',
        'message a',
        'error CONNECTING',
        'error CONNECTING',
        'open',
        'message b',
        'error CONNECTING',
        'error CLOSED',
      ],
      4,
    ],
  },
  {
    name: 'no-content-ends-it',
    section: '§9.2.3',
    level: 'must',
    title: 'after an end by status 204 there is no other request',
    advice: '204 is how a server ends reconnecting: fail the connection.',
    server: [
      { body: 'retry: 1\n\n', after: 'end' },
      { status: 204, after: 'end' },
      { body: 'data: never\n\n' },
    ],
    async run({ open, elapse, settle, requests }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(1)
      await heard('error CLOSED')
      await elapse(10)
      await settle()
      return [story, (await requests()).length]
    },
    expected: [['open', 'error CONNECTING', 'error CLOSED'], 2],
  },
  {
    name: 'silence-is-allowed',
    section: '§9.2.3',
    level: 'must',
    title:
      'a server may take any time for its head, and any time between events, whatever pings it announces',
    advice: 'Silence is no error: only the network ends a connection of an `EventSource`.',
    server: {
      late: true,
      body: ['retry: 1\n: open ping-interval-ms=10\n\ndata: a\n\n', PAUSE, 'data: b\n\n'],
    },
    async run({ open, skip, settle, release, requests }) {
      const { heard, story } = open()
      while ((await requests()).length === 0) await settle()
      await skip(1e9)
      await release()
      await heard('message a')
      await settle()
      await skip(1e9)
      await release()
      await heard('message b')
      return [story, (await requests()).length]
    },
    expected: [['open', 'message a', 'message b'], 1],
  },
  {
    name: 'plain-events',
    section: '§9.2.2',
    level: 'must',
    title: 'open and error are plain events that do not bubble and cannot be cancelled',
    advice: '`open` and `error` are plain `Event`s: no subclass, no `data`, not bubbling, not cancelable.',
    needs: 'interface',
    server: [{ body: 'data: a\n\n', after: 'end' }],
    async run({ open }) {
      const { source, heard } = open()
      const seen: unknown[] = []
      const note = (event: Event): void => {
        seen.push([event.type, event.constructor === Event, event.bubbles, event.cancelable, 'data' in event])
      }
      source.addEventListener('open', note)
      source.addEventListener('error', note)
      await heard('error CONNECTING')
      source.close()
      return seen
    },
    expected: [
      ['open', true, false, false, false],
      ['error', true, false, false, false],
    ],
  },
]
