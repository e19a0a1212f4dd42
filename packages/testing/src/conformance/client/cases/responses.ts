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

/** Which responses are a stream. */
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
      return connections(0)
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
