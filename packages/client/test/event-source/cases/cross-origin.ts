import type { ConformanceCase } from '../conformance-case.ts'

const CORS_IS_HIDDEN =
  'a script cannot tell a response that CORS forbids from a broken connection, and §9.2.3 lets it try again'

const FORBIDDEN: readonly (readonly [string, Readonly<Record<string, string | null>>, boolean])[] = [
  ['without Access-Control-Allow-Origin', { 'access-control-allow-origin': null }, false],
  ['for another origin', { 'access-control-allow-origin': 'http://example.org' }, false],
  ['for any origin, when there are credentials', { 'access-control-allow-origin': '*' }, true],
  [
    'without Access-Control-Allow-Credentials, when there are credentials',
    { 'access-control-allow-credentials': null },
    true,
  ],
]

export const CROSS_ORIGIN: readonly ConformanceCase[] = [
  {
    title: '§9.2.2: a stream of another origin is read when that origin allows it',
    server: { body: 'data: a\n\n' },
    async run({ open, elsewhere }) {
      const { source } = open(elsewhere)
      const event = await new Promise<MessageEvent>((resolve) => source.addEventListener('message', resolve))
      return [event.data, event.origin === elsewhere]
    },
    expected: ['a', true],
  },
  {
    title: '§9.2.2: the request to another origin says where it comes from',
    only: 'page',
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
    ([how, headers, withCredentials]): ConformanceCase => ({
      title: `§9.2.3: a response ${how} is not read`,
      only: 'page',
      server: { headers, body: 'data: a\n\n' },
      async run({ open, elsewhere, settle }) {
        const { source, story } = open(elsewhere, { withCredentials })
        await new Promise((resolve) => source.addEventListener('error', resolve))
        await settle()
        source.close()
        return story
      },
      expected: ['error CLOSED'],
      otherwise: { 'ours in Chromium': { because: CORS_IS_HIDDEN, expected: ['error CONNECTING'] } },
    }),
  ),
  {
    title: '§9.2.4: Last-Event-ID goes to another origin after a preflight',
    only: 'page',
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
    otherwise: {
      "Chromium's own": {
        because: 'Chromium sends this header of its own without asking',
        expected: [[null, '7'], []],
      },
    },
  },
]
