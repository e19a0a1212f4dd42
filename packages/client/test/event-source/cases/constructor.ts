import type { ConformanceCase } from '../conformance-case.ts'

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

export const CONSTRUCTOR: readonly ConformanceCase[] = [
  {
    title: '§9.2.2: a URL that cannot be parsed is a SyntaxError',
    run: ({ EventSource }) =>
      ['http://[1::2', 'http://a:99999/', 'http://'].map((url) => thrown(() => new EventSource(url))),
    expected: [syntaxError, syntaxError, syntaxError],
  },
  {
    title: '§9.2.2: a relative URL is a SyntaxError where there is no base',
    only: 'node',
    run: ({ EventSource }) => thrown(() => new EventSource('/stream')),
    expected: syntaxError,
  },
  {
    title: '§9.2.2: a relative URL is resolved against that of the page',
    only: 'page',
    run: ({ EventSource, origin }) =>
      ['', 'a?b', '../c', '//d/e', '?f', '1'].map((path) => {
        const source = new EventSource(path)
        source.close()
        return source.url.replace(origin, 'ORIGIN')
      }),
    expected: ['ORIGIN/page', 'ORIGIN/a?b', 'ORIGIN/c', 'http://d/e', 'ORIGIN/page?f', 'ORIGIN/1'],
  },
  {
    title: '§9.2.2: a relative URL is resolved against the base element of the page',
    only: 'page',
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
    title: '§9.2.2: url is the parsed URL, with its fragment, and stays as it is',
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
    title: '§9.2.2: the URL is what the argument makes of itself as a string',
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
    title: '§9.2.2: null, undefined and numbers are relative URLs like any other text',
    only: 'page',
    run: ({ EventSource, origin }) =>
      [null, undefined, 1].map((argument) => {
        const source = new EventSource(argument as unknown as string)
        source.close()
        return source.url.replace(origin, '')
      }),
    expected: ['/null', '/undefined', '/1'],
  },
  {
    title: '§9.2.2: withCredentials is false unless it was asked for, and a boolean in any case',
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
    title: '§9.2.2: the states are constants of the constructor and of its objects',
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
    title: '§9.2.2: what is read-only stays as it is',
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
    title: '§9.2.2: it is an EventTarget by the name of EventSource, with one argument that must be there',
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
    title: '§9.2.2: the prototype can be added to',
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
    title: '§9.2.2: readyState is CONNECTING, then OPEN, then CLOSED',
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
    title: '§9.2.2: listeners that come right after the constructor miss nothing',
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
