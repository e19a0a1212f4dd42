import type { ConformanceCase } from '../conformance-case.ts'

const REDIRECTING = [301, 302, 303, 307, 308]

/** Remarks on `origin` name the place instead of its port. */
function placeOf(origin: string, places: { readonly origin: string; readonly elsewhere: string }): string {
  return origin === places.origin ? 'here' : origin === places.elsewhere ? 'elsewhere' : origin
}

export const REDIRECTS: readonly ConformanceCase[] = [
  ...REDIRECTING.map(
    (status): ConformanceCase => ({
      title: `§9.2.3: status ${status} leads to the stream, and url stays as it was`,
      server: { '/': { status, headers: { location: '/to' }, after: 'end' }, '/to': { body: 'data: a\n\n' } },
      async run({ open, origin, requests }) {
        const { heard, source, story } = open()
        await heard('message a')
        return [
          story,
          source.url === `${origin}/`,
          (await requests()).map(({ method, path, headers }) => [method, path, headers['accept']]),
        ]
      },
      expected: [
        ['open', 'message a'],
        true,
        [
          ['GET', '/', 'text/event-stream'],
          ['GET', '/to', 'text/event-stream'],
        ],
      ],
    }),
  ),
  ...REDIRECTING.map(
    (status): ConformanceCase => ({
      title: `§9.2.6: after status ${status} the origin of events is that of the final URL`,
      server: {
        '/': ({ elsewhere }) => ({ status, headers: { location: `${elsewhere}/to` }, after: 'end' }),
        // A redirect to another origin makes the origin of the request opaque.
        '/to': {
          headers: { 'access-control-allow-origin': '*', 'access-control-allow-credentials': null },
          body: 'data: a\n\n',
        },
      },
      async run({ open, origin, elsewhere }) {
        const { source } = open()
        const event = await new Promise<MessageEvent>((resolve) =>
          source.addEventListener('message', resolve),
        )
        return placeOf(event.origin, { origin, elsewhere })
      },
      expected: 'elsewhere',
    }),
  ),
  {
    title: '§9.2.3: redirects may follow each other',
    server: {
      '/': { status: 307, headers: { location: 'b' }, after: 'end' },
      '/b': { status: 301, headers: { location: '/c?x' }, after: 'end' },
      '/c': { body: 'data: a\n\n' },
    },
    async run({ open, requests }) {
      await open().heard('message a')
      return (await requests()).map(({ path }) => path)
    },
    expected: ['/', '/b', '/c?x'],
  },
  {
    title: '§9.2.3: a redirect to a response that is no event stream fails the connection',
    server: {
      '/': { status: 302, headers: { location: '/to' }, after: 'end' },
      '/to': { status: 404, after: 'end' },
    },
    async run({ open, settle, requests }) {
      const { heard, story } = open()
      await heard('error CLOSED')
      await settle()
      return [story, (await requests()).map(({ path }) => path)]
    },
    expected: [['error CLOSED'], ['/', '/to']],
  },
  {
    title: '§9.2.3: a redirect without a location fails the connection',
    server: { status: 302, after: 'end' },
    async run({ open }) {
      const { heard, story } = open()
      await heard('error CLOSED')
      return story
    },
    expected: ['error CLOSED'],
  },
  {
    title: '§9.2.3: a redirect to a connection that breaks is tried again from the start',
    server: {
      '/': [{ status: 302, headers: { location: '/to' }, after: 'end' }, { body: 'data: a\n\n' }],
      '/to': { instead: 'reset' },
    },
    async run({ open, elapse, requests }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(3_000)
      await heard('message a')
      return [story, new Set((await requests()).map(({ path }) => path)).size]
    },
    expected: [['error CONNECTING', 'open', 'message a'], 2],
  },
  {
    title: '§9.2.3: a stream that was redirected is opened again where the redirects ended',
    server: {
      '/': { status: 307, headers: { location: '/to' }, after: 'end' },
      '/to': [{ body: 'retry: 1\nid: 7\ndata: a\n\n', after: 'end' }, { body: 'data: b\n\n' }],
    },
    async run({ open, elapse, requests, origin }) {
      const { heard, source } = open()
      await heard('error CONNECTING')
      await elapse(1)
      await heard('message b')
      return [
        (await requests()).map(({ path, headers }) => [path, headers['last-event-id'] ?? null]),
        source.url === `${origin}/`,
      ]
    },
    expected: [
      [
        ['/', null],
        ['/to', null],
        ['/to', '7'],
      ],
      true,
    ],
  },
  {
    title: '§9.2.4: Last-Event-ID goes along with a redirect',
    server: {
      '/': [
        { body: 'retry: 1\nid: 7\ndata: a\n\n', after: 'end' },
        { status: 302, headers: { location: '/to' }, after: 'end' },
      ],
      '/to': { body: 'data: b\n\n' },
    },
    async run({ open, elapse, requests }) {
      const { heard } = open()
      await heard('error CONNECTING')
      await elapse(1)
      await heard('message b')
      return (await requests()).map(({ path, headers }) => [path, headers['last-event-id'] ?? null])
    },
    expected: [
      ['/', null],
      ['/', '7'],
      ['/to', '7'],
    ],
  },
]
