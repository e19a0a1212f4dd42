import type { ClientCase } from '../client-case.ts'

/** The name and legacy code of what a function throws, as one can send them out of a page. */
function thrown(run: () => unknown): unknown {
  try {
    run()
    return 'nothing'
  } catch (error) {
    const { name, code } = error as DOMException
    return { name, code, isDOMException: error instanceof DOMException }
  }
}

const syntaxError = { name: 'SyntaxError', code: 12, isDOMException: true }

export const CONSTRUCTOR: readonly ClientCase[] = [
  {
    name: 'bad-url-throws',
    section: '§9.2.2',
    level: 'must',
    title: 'a URL that cannot be parsed is a SyntaxError',
    advice: 'The constructor must throw a `SyntaxError` `DOMException` for a URL that cannot be parsed.',
    needs: 'interface',
    run: ({ EventSource }) =>
      ['http://[1::2', 'http://a:99999/', 'http://'].map((url) => thrown(() => new EventSource(url))),
    expected: [syntaxError, syntaxError, syntaxError],
  },
  {
    name: 'relative-url-without-base',
    section: '§9.2.2',
    level: 'must',
    title: 'a relative URL is a SyntaxError where there is no base',
    advice:
      'Without a document there is nothing to resolve a relative URL against: throw a `SyntaxError` `DOMException`.',
    needs: 'interface',
    place: 'node',
    run: ({ EventSource }) => thrown(() => new EventSource('/stream')),
    expected: syntaxError,
  },
  {
    name: 'relative-url',
    section: '§9.2.2',
    level: 'must',
    title: 'a relative URL is resolved against that of the page',
    advice: 'Resolve the URL against the base URL of the document.',
    needs: 'interface',
    place: 'page',
    run: ({ EventSource, origin }) =>
      ['', 'a?b', '../c', '//d/e', '?f', '1'].map((path) => {
        const source = new EventSource(path)
        source.close()
        return source.url.replace(origin, 'ORIGIN')
      }),
    expected: ['ORIGIN/page', 'ORIGIN/a?b', 'ORIGIN/c', 'http://d/e', 'ORIGIN/page?f', 'ORIGIN/1'],
  },
  {
    name: 'relative-url-base-element',
    section: '§9.2.2',
    level: 'must',
    title: 'a relative URL is resolved against the base element of the page',
    advice: 'Use `document.baseURI`, which knows the base element, not `location.href`.',
    needs: 'interface',
    place: 'page',
    run({ EventSource, origin }) {
      const { document } = globalThis as unknown as { document: { head: { innerHTML: string } } }
      document.head.innerHTML = '<base href="/of/the/base/">'
      const source = new EventSource('a')
      source.close()
      document.head.innerHTML = ''
      return source.url.replace(origin, 'ORIGIN')
    },
    expected: 'ORIGIN/of/the/base/a',
  },
  {
    name: 'url-is-serialized',
    section: '§9.2.2',
    level: 'must',
    title: 'url is the parsed URL, with its fragment, and stays as it is',
    advice: '`url` is the serialization of the parsed URL, and no redirect or reconnection changes it.',
    needs: 'interface',
    server: { '/a': { body: 'data: a\n\n' } },
    async run({ EventSource, origin }) {
      const source = new EventSource(`${origin.replace('http', 'HTTP')}/b/../a?x y#é`)
      const before = source.url
      await new Promise((resolve) => source.addEventListener('message', resolve))
      source.close()
      return [before, source.url].map((url) => url.replace(origin, 'ORIGIN'))
    },
    expected: ['ORIGIN/a?x%20y#%C3%A9', 'ORIGIN/a?x%20y#%C3%A9'],
  },
  {
    name: 'url-is-stringified',
    section: '§9.2.2',
    level: 'must',
    title: 'the URL is what the argument makes of itself as a string',
    advice: 'The argument is a `USVString`: convert whatever is given by `String()`.',
    needs: 'interface',
    run({ EventSource, origin }) {
      const url = `${origin}/a`
      return [url, new URL(url), { toString: () => url }].map((argument) => {
        const source = new EventSource(argument as string)
        source.close()
        return source.url === url
      })
    },
    expected: [true, true, true],
  },
  {
    name: 'url-of-any-type',
    section: '§9.2.2',
    level: 'must',
    title: 'null, undefined and numbers are relative URLs like any other text',
    advice: 'The argument is a `USVString`: convert whatever is given by `String()`.',
    needs: 'interface',
    place: 'page',
    run: ({ EventSource, origin }) =>
      [null, undefined, 1].map((argument) => {
        const source = new EventSource(argument as unknown as string)
        source.close()
        return source.url.replace(origin, '')
      }),
    expected: ['/null', '/undefined', '/1'],
  },
  {
    name: 'with-credentials',
    section: '§9.2.2',
    level: 'must',
    title: 'withCredentials is false unless it was asked for, and a boolean in any case',
    advice: '`withCredentials` is a boolean, default false; the second argument may be `null` or missing.',
    needs: 'interface',
    run: ({ EventSource, origin }) =>
      [
        undefined,
        null,
        {},
        { withCredentials: undefined },
        { withCredentials: true },
        { withCredentials: 'x' },
      ].map((init) => {
        const source = new EventSource(origin, init as { withCredentials: boolean })
        source.close()
        return source.withCredentials
      }),
    expected: [false, false, false, false, true, true],
  },
  {
    name: 'state-constants',
    section: '§9.2.2',
    level: 'must',
    title: 'the states are constants of the constructor and of its objects',
    advice:
      'CONNECTING, OPEN and CLOSED are 0, 1 and 2 on the constructor and on its objects, and cannot be changed.',
    needs: 'interface',
    run({ EventSource, origin }) {
      const source = new EventSource(origin)
      source.close()
      const of = ({ CONNECTING, OPEN, CLOSED }: Pick<typeof source, 'CONNECTING' | 'OPEN' | 'CLOSED'>) => [
        CONNECTING,
        OPEN,
        CLOSED,
      ]
      Reflect.set(source, 'OPEN', 7)
      Reflect.set(EventSource, 'OPEN', 7)
      return [of(source), of(EventSource)]
    },
    expected: [
      [0, 1, 2],
      [0, 1, 2],
    ],
  },
  {
    name: 'read-only-attributes',
    section: '§9.2.2',
    level: 'must',
    title: 'what is read-only stays as it is',
    advice: '`url`, `readyState` and `withCredentials` are read-only.',
    needs: 'interface',
    run({ EventSource, origin }) {
      const source = new EventSource(origin)
      for (const name of ['url', 'readyState', 'withCredentials']) Reflect.set(source, name, 7)
      const { url, readyState, withCredentials } = source
      source.close()
      return [url === `${origin}/`, readyState, withCredentials]
    },
    expected: [true, 0, false],
  },
  {
    name: 'is-event-target',
    section: '§9.2.2',
    level: 'must',
    title: 'it is an EventTarget by the name of EventSource, with one argument that must be there',
    advice:
      'By its IDL it inherits from `EventTarget`, is called `EventSource`, has length 1, and needs `new`.',
    needs: 'interface',
    run({ EventSource, origin }) {
      const source = new EventSource(origin)
      source.close()
      return [
        source instanceof EventTarget,
        Object.prototype.toString.call(source),
        EventSource.length,
        Object.getPrototypeOf(EventSource) === EventTarget,
        thrown(() => (EventSource as unknown as (url: string) => void)(origin)) === 'nothing',
      ]
    },
    expected: [true, '[object EventSource]', 1, true, false],
  },
  {
    name: 'prototype-is-open',
    section: '§9.2.2',
    level: 'must',
    title: 'the prototype can be added to',
    advice: 'Members belong to the prototype, so that programs can add to it.',
    needs: 'interface',
    run({ EventSource, origin }) {
      const prototype = EventSource.prototype as { extra?: () => boolean }
      prototype.extra = () => true
      const source = new EventSource(origin)
      source.close()
      delete prototype.extra
      return Object.hasOwn(source, 'extra')
    },
    expected: false,
  },
  {
    name: 'ready-state',
    section: '§9.2.2',
    level: 'must',
    title: 'readyState is CONNECTING, then OPEN, then CLOSED',
    advice:
      'Set `readyState` before the event that tells of it: CONNECTING at first, OPEN with `open`, CLOSED by `close()`.',
    needs: 'interface',
    server: { body: 'data: a\n\n' },
    async run({ open }) {
      const { source, heard } = open()
      const states = [source.readyState]
      source.addEventListener('open', () => states.push(source.readyState))
      source.addEventListener('message', () => states.push(source.readyState))
      await heard('message a')
      source.close()
      states.push(source.readyState)
      return states
    },
    expected: [0, 1, 1, 2],
  },
  {
    name: 'late-listeners',
    section: '§9.2.2',
    level: 'must',
    title: 'listeners that come right after the constructor miss nothing',
    advice:
      'The connection is made in parallel: nothing may be dispatched before the task that constructed it is over.',
    needs: 'interface',
    server: { body: 'data: a\n\n' },
    async run({ EventSource, origin }) {
      const source = new EventSource(origin)
      const told: string[] = []
      await new Promise<void>((resolve) => {
        source.onopen = () => told.push('open')
        source.onmessage = ({ data }) => {
          told.push(data)
          resolve()
        }
      })
      source.close()
      return told
    },
    expected: ['open', 'a'],
  },
]
