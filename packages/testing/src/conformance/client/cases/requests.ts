import type { ClientCase } from '../client-case.ts'

declare const document: { cookie: string }

/** A cookie goes to every port of its host, whatever the origin: that is what credentials are about. */
function setCookie(): Disposable {
  document.cookie = 'who=me; path=/'
  return {
    [Symbol.dispose]: () => {
      document.cookie = 'who=; path=/; max-age=0'
    },
  }
}

export const REQUESTS: readonly ClientCase[] = [
  {
    name: 'request',
    section: '§9.2.2',
    level: 'must',
    title: 'the request is a GET that accepts an event stream, past every cache',
    advice:
      'The request must be a GET with `Accept: text/event-stream`, in cache mode `no-store` (`Cache-Control: no-cache` on the wire), without the fragment.',
    server: [{ body: 'data: a\n\n' }],
    async run({ open, requests }) {
      await open('/?x=1#y').heard('message a')
      const [{ method, path, headers } = { method: '', path: '', headers: {} as Record<string, string> }] =
        await requests()
      return [method, path, headers['accept'], headers['cache-control']]
    },
    expected: ['GET', '/?x=1', 'text/event-stream', 'no-cache'],
  },
  {
    name: 'first-request-without-id',
    section: '§9.2.4',
    level: 'must',
    title: 'the first request has no Last-Event-ID',
    advice: '`Last-Event-ID` is sent only when the last event ID is not empty.',
    server: [{ body: 'data: a\n\n' }],
    async run({ open, requests }) {
      await open().heard('message a')
      return (await requests()).map(({ headers }) => 'last-event-id' in headers)
    },
    expected: [false],
  },
  {
    name: 'every-request-alike',
    section: '§9.2.3',
    level: 'must',
    title: 'every request is like the first',
    advice: 'A reconnection sends the request anew: same method, path and headers.',
    server: [{ body: 'retry: 1\n\n', after: 'end' }, { body: 'data: a\n\n' }],
    async run({ open, requests, elapse }) {
      const { heard } = open('/?x=1')
      await heard('error CONNECTING')
      await elapse(1)
      await heard('message a')
      const [first, second] = await requests()
      const keys = ['accept', 'cache-control', 'pragma', 'user-agent']
      return [
        first?.path === second?.path,
        first?.method === second?.method,
        keys.every((key) => first?.headers[key] === second?.headers[key]),
        Object.keys(second?.headers ?? {})
          .sort()
          .join() ===
          Object.keys(first?.headers ?? {})
            .sort()
            .join(),
      ]
    },
    expected: [true, true, true, true],
  },
  {
    name: 'cookies-same-origin',
    section: '§9.2.2',
    level: 'must',
    title: 'cookies go to the own origin',
    advice: 'The credentials mode is `same-origin` by default: cookies go to the own origin.',
    place: 'page',
    server: [{ body: 'data: a\n\n' }],
    async run({ open, requests }) {
      using _cookie = setCookie()
      await open().heard('message a')
      return (await requests()).map(({ headers }) => headers['cookie'])
    },
    expected: ['who=me'],
  },
  {
    name: 'no-cookies-cross-origin',
    section: '§9.2.2',
    level: 'must',
    title: 'cookies do not go to another origin',
    advice: 'Without `withCredentials` no cookie may go to another origin.',
    place: 'page',
    server: [{ body: 'data: a\n\n' }],
    async run({ open, requests, elsewhere }) {
      using _cookie = setCookie()
      await open(elsewhere).heard('message a')
      return (await requests()).map(({ headers }) => 'cookie' in headers)
    },
    expected: [false],
  },
  {
    name: 'cookies-with-credentials',
    section: '§9.2.2',
    level: 'must',
    title: 'cookies go to another origin with withCredentials',
    advice: 'With `withCredentials` cookies go to another origin, with each request.',
    place: 'page',
    server: [{ body: 'retry: 1\ndata: a\n\n', after: 'end' }, { body: 'data: b\n\n' }],
    async run({ open, requests, elsewhere, elapse }) {
      using _cookie = setCookie()
      const { heard } = open(elsewhere, { withCredentials: true })
      await heard('error CONNECTING')
      await elapse(1)
      await heard('message b')
      return (await requests()).map(({ headers }) => headers['cookie'])
    },
    expected: ['who=me', 'who=me'],
  },
  {
    name: 'credentials-in-url',
    section: 'Fetch §4.6',
    level: 'good-practice',
    title: 'a URL with credentials is read, or fails the connection',
    advice:
      'It was tried for ever. Send the credentials of the URL, as Fetch has it, or fail the connection, as browsers do that forbid them.',
    server: [{ body: 'data: a\n\n' }],
    async run({ open, origin }) {
      const { heard } = open(origin.replace('//', '//user:password@'))
      return await Promise.any([
        heard('error CLOSED').then(() => 'one of both'),
        heard('message a').then(() => 'one of both'),
      ]).catch(({ errors: [error] }: AggregateError) => String(error))
    },
    expected: 'one of both',
  },
]
