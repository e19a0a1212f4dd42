import type { ClientCase } from '../client-case.ts'

const REDIRECTING = [301, 302, 303, 307, 308]

/** Remarks on `origin` name the place instead of its port. */
function placeOf(origin: string, places: { readonly origin: string; readonly elsewhere: string }): string {
  return origin === places.origin ? 'here' : origin === places.elsewhere ? 'elsewhere' : origin
}

export const REDIRECTS: readonly ClientCase[] = [
  ...REDIRECTING.map(
    (status): ClientCase => ({
      name: `redirect-${status}`,
      section: '§9.2.3',
      level: 'must',
      title: `status ${status} leads to the stream, and url stays as it was`,
      advice: `Follow status ${status} with another GET that accepts an event stream; \`url\` stays that of the constructor.`,
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
    (status): ClientCase => ({
      name: `redirect-${status}-origin`,
      section: '§9.2.6',
      level: 'must',
      title: `after status ${status} the origin of events is that of the final URL`,
      advice: 'The `origin` of an event is that of the final URL of the response, after redirects.',
      needs: 'interface',
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
    name: 'redirect-chain',
    section: '§9.2.3',
    level: 'must',
    title: 'redirects may follow each other',
    advice: 'Follow redirects one after the other, and resolve each `Location` against the URL that sent it.',
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
    name: 'redirect-to-failure',
    section: '§9.2.3',
    level: 'must',
    title: 'a redirect to a response that is no event stream fails the connection',
    advice: 'After redirects, the final response is judged like any other.',
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
    name: 'redirect-without-location',
    section: '§9.2.3',
    level: 'must',
    title: 'a redirect without a location fails the connection',
    advice: 'A 302 without `Location` is a response with a status that is not 200: fail the connection.',
    server: { status: 302, after: 'end' },
    async run({ open }) {
      const { heard, story } = open()
      await heard('error CLOSED')
      return story
    },
    expected: ['error CLOSED'],
  },
  {
    name: 'redirect-to-broken',
    section: '§9.2.3',
    level: 'must',
    title: 'a redirect to a connection that breaks is tried again',
    advice: 'A network error after a redirect is a network error: reestablish the connection.',
    server: {
      '/': () => ({ status: 302, headers: { location: '/to' }, after: 'end' }),
      '/to': [{ instead: 'reset' }, { body: 'data: a\n\n' }],
    },
    async run({ open, elapse }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(3_000)
      await heard('message a')
      return story
    },
    expected: ['error CONNECTING', 'open', 'message a'],
  },
  {
    name: 'redirect-is-remembered',
    section: '§9.2.3',
    level: 'good-practice',
    title: 'a stream that was redirected is opened again where the redirects ended',
    advice:
      'By the letter of §9.2.3 the request is used again as the redirects left it, and browsers do so. RFC 9110 §15.4 would have clients begin at the first URL after a temporary redirect; a stream then pays for the redirect each time.',
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
    name: 'redirect-keeps-last-event-id',
    section: '§9.2.4',
    level: 'must',
    title: 'Last-Event-ID goes along with a redirect',
    advice: '`Last-Event-ID` got lost on the way: send it with each request of a redirect chain.',
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
