import type { ConformanceCase } from '../conformance-case.ts'

declare const document: { cookie: string }

/** A cookie goes to every port of its host, whatever the origin: that is what credentials are about. */
function setCookie(): void {
  document.cookie = 'who=me; path=/'
}

export const REQUESTS: readonly ConformanceCase[] = [
  {
    title: '§9.2.2: the request is a GET that accepts an event stream, past every cache',
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
    title: '§9.2.4: the first request has no Last-Event-ID',
    server: [{ body: 'data: a\n\n' }],
    async run({ open, requests }) {
      await open().heard('message a')
      return (await requests()).map(({ headers }) => 'last-event-id' in headers)
    },
    expected: [false],
  },
  {
    title: '§9.2.3: every request is like the first',
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
    title: '§9.2.2: cookies go to the own origin',
    only: 'page',
    server: [{ body: 'data: a\n\n' }],
    async run({ open, requests }) {
      setCookie()
      await open().heard('message a')
      return (await requests()).map(({ headers }) => headers['cookie'])
    },
    expected: ['who=me'],
  },
  {
    title: '§9.2.2: cookies do not go to another origin',
    only: 'page',
    server: [{ body: 'data: a\n\n' }],
    async run({ open, requests, elsewhere }) {
      setCookie()
      await open(elsewhere).heard('message a')
      return (await requests()).map(({ headers }) => 'cookie' in headers)
    },
    expected: [false],
  },
  {
    title: '§9.2.2: cookies go to another origin with withCredentials',
    only: 'page',
    server: [{ body: 'retry: 1\ndata: a\n\n', after: 'end' }, { body: 'data: b\n\n' }],
    async run({ open, requests, elsewhere, elapse }) {
      setCookie()
      const { heard } = open(elsewhere, { withCredentials: true })
      await heard('error CONNECTING')
      await elapse(1)
      await heard('message b')
      return (await requests()).map(({ headers }) => headers['cookie'])
    },
    expected: ['who=me', 'who=me'],
  },
  {
    title: '§9.2.3: a URL with credentials, which no request may have, fails the connection',
    server: [{ body: 'data: a\n\n' }],
    async run({ open, origin, requests }) {
      const { heard, story } = open(origin.replace('//', '//user:password@'))
      await heard('error CLOSED')
      return [story, (await requests()).length]
    },
    expected: [['error CLOSED'], 0],
  },
]
