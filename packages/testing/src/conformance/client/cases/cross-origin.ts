import type { ClientCase } from '../client-case.ts'

const FORBIDDEN: readonly (readonly [string, string, Readonly<Record<string, string | null>>, boolean])[] = [
  ['cors-missing', 'without Access-Control-Allow-Origin', { 'access-control-allow-origin': null }, false],
  ['cors-other-origin', 'for another origin', { 'access-control-allow-origin': 'http://example.org' }, false],
  [
    'cors-wildcard-with-credentials',
    'for any origin, when there are credentials',
    { 'access-control-allow-origin': '*' },
    true,
  ],
  [
    'cors-credentials-missing',
    'without Access-Control-Allow-Credentials, when there are credentials',
    { 'access-control-allow-credentials': null },
    true,
  ],
]

export const CROSS_ORIGIN: readonly ClientCase[] = [
  {
    name: 'cross-origin',
    section: '§9.2.2',
    level: 'must',
    title: 'a stream of another origin is read when that origin allows it',
    advice: 'A stream with the CORS headers was not read.',
    server: { body: 'data: a\n\n' },
    async run({ open, elsewhere }) {
      const { heard, story } = open(elsewhere)
      await heard('message a')
      return story
    },
    expected: ['open', 'message a'],
  },
  {
    name: 'cross-origin-request',
    section: '§9.2.2',
    level: 'must',
    title: 'the request to another origin says where it comes from',
    advice:
      'The request must be a CORS request (mode `cors`, with `Origin`), and a first one needs no preflight.',
    place: 'page',
    server: { body: 'data: a\n\n' },
    async run({ open, elsewhere, origin, requests, preflights }) {
      await open(elsewhere).heard('message a')
      const [request] = await requests()
      return [
        request?.headers['origin'] === origin,
        request?.headers['sec-fetch-mode'],
        (await preflights()).length,
      ]
    },
    expected: [true, 'cors', 0],
  },
  ...FORBIDDEN.map(
    ([name, how, headers, withCredentials]): ClientCase => ({
      name,
      section: '§9.2.3',
      level: 'must',
      title: `a response ${how} is not read`,
      advice:
        'A response that CORS forbids is a network error that cannot mend itself: nothing of it is told, and the connection fails.',
      place: 'page',
      server: { headers, body: 'data: a\n\n' },
      async run({ open, elsewhere, settle }) {
        const { source, story } = open(elsewhere, { withCredentials })
        await new Promise((resolve) => source.addEventListener('error', resolve))
        await settle()
        source.close()
        return story
      },
      expected: ['error CLOSED'],
    }),
  ),
  {
    name: 'cross-origin-last-event-id',
    section: '§9.2.4',
    level: 'must',
    title: 'Last-Event-ID goes to another origin after a preflight',
    advice:
      '`Last-Event-ID` must be sent to another origin as well, and is no CORS-safelisted header: a preflight asks for it.',
    place: 'page',
    server: [{ body: 'retry: 1\nid: 7\ndata: a\n\n', after: 'end' }, { body: 'data: b\n\n' }],
    async run({ open, elsewhere, elapse, requests, preflights }) {
      const { heard } = open(elsewhere)
      await heard('error CONNECTING')
      await elapse(1)
      await heard('message b')
      return [
        (await requests()).map(({ headers }) => headers['last-event-id'] ?? null),
        (await preflights()).map(({ headers }) => headers['access-control-request-headers']),
      ]
    },
    expected: [[null, '7'], ['last-event-id']],
  },
]
