import { type Answer, type ConformanceCase, PAUSE, type World } from '../conformance-case.ts'

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
function routes<T>(values: readonly T[], answer: (value: T) => Answer): Record<`/${string}`, Answer> {
  return Object.fromEntries(values.map((value, index) => [`/${index}`, answer(value)]))
}

/** What comes of the connections that are answered so: each story, the state at its end, and how many requests there were. */
async function failures(
  { open, requests, skip, settle }: World,
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

export const RESPONSES: readonly ConformanceCase[] = [
  {
    title: '§9.2.3: every status but 200 fails the connection: one error, CLOSED, and no other request',
    server: routes(STATUSES, (status) => ({
      status,
      ...(!BODILESS.includes(status) && { body: 'data: a\n\n' }),
      after: 'end',
    })),
    run: (world) => failures(world, STATUSES),
    expected: STATUSES.map((status) => [status, ['error CLOSED'], 2, 1]),
  },
  {
    title: '§9.2.3: the essence of the content type is what counts',
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
    title: '§9.2.3: the charset of the content type does not count: event streams are UTF-8 (§9.2.5)',
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
    otherwise: {
      "Chromium's own": { because: 'Chromium refuses every charset but UTF-8', expected: ['error CLOSED'] },
    },
  },
  {
    title: '§9.2.3: every other content type, and none, fails the connection',
    server: routes(REFUSED, (type) => ({
      headers: { 'content-type': type },
      body: 'data: a\n\n',
      after: 'end',
    })),
    run: (world) => failures(world, REFUSED),
    expected: REFUSED.map((type) => [type, ['error CLOSED'], 2, 1]),
  },
  {
    title: '§9.2.3: a refused response holds no connection',
    server: { status: 500, body: 'data: a\n\n' },
    async run({ open, connections, settle }) {
      await open().heard('error CLOSED')
      await settle()
      return connections()
    },
    expected: 0,
  },
  {
    title: '§9.2.3: open is told when the head of the response is there, before any event',
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
    title: '§9.2.3: a connection that breaks before the head is tried again',
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
    title: '§9.2.3: a stream that ends is opened again',
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
    title: '§9.2.3: a stream without a byte is opened again, too',
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
    title: '§9.2.3: a stream that breaks is opened again',
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
    title: '§9.2.3: however many attempts fail, there is another, after the same wait',
    server: [
      { body: 'retry: 5\n\n', after: 'end' },
      ...Array<Answer>(10).fill({ instead: 'reset' }),
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
    title: '§9.2.3: it goes on until a response fails the connection',
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
    title: '§9.2.3: after an end by status 204 there is no other request',
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
    title:
      '§9.2.3: a server may take any time for its head, and any time between events, whatever pings it announces',
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
    title: '§9.2.2: open and error are plain events that do not bubble and cannot be cancelled',
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
