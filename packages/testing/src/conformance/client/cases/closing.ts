import { type ClientCase, PAUSE } from '../client-case.ts'

const TWO = 'retry: 1\ndata: a\n\ndata: b\n\n'

export const CLOSING: readonly ClientCase[] = [
  {
    name: 'close-at-once',
    section: '§9.2.2',
    level: 'must',
    title: 'close() at once is the end: CLOSED, and no event',
    advice:
      'Something came after `close()`: abort the request, set CLOSED, and let no task that was queued dispatch.',
    server: { body: 'data: a\n\n' },
    async run({ open, settle }) {
      const { source, story } = open()
      source.close()
      const { readyState } = source
      await settle()
      return [readyState, source.readyState, story]
    },
    expected: [2, 2, []],
  },
  {
    name: 'close-before-head',
    section: '§9.2.2',
    level: 'must',
    title: 'close() before the head of the response is the end',
    advice: 'The request lived on after `close()`: pass the fetch a signal and abort it.',
    server: { late: true, body: TWO },
    async run({ open, settle, release, requests, connections }) {
      const { source, story } = open()
      while ((await requests()).length === 0) await settle()
      source.close()
      await settle()
      const left = await connections(0)
      await release()
      await settle()
      return [story, left]
    },
    expected: [[], 0],
  },
  {
    name: 'close-in-open',
    section: '§9.2.2',
    level: 'must',
    title: 'close() in a listener of open lets no event through',
    advice:
      'Events that came with the head were dispatched after `close()`: look at the state before each dispatch.',
    server: { body: TWO },
    async run({ open, settle, connections }) {
      const { source, heard, story } = open()
      source.onopen = () => source.close()
      await heard('open')
      await settle()
      return [story, source.readyState, await connections(0)]
    },
    expected: [['open'], 2, 0],
  },
  {
    name: 'close-in-event',
    section: '§9.2.6',
    level: 'must',
    title: 'close() in a listener of an event lets none through that came with it',
    advice:
      'Events of the same chunk were dispatched after `close()`: look at the state before each dispatch.',
    server: { body: `${TWO}data: c\n\n` },
    async run({ open, settle, elapse, connections, requests }) {
      const { source, heard, story } = open()
      source.onmessage = () => source.close()
      await heard('message a')
      await elapse(5)
      await settle()
      return [story, source.readyState, await connections(0), (await requests()).length]
    },
    expected: [['open', 'message a'], 2, 0, 1],
  },
  {
    name: 'close-in-one-listener',
    section: 'DOM §2.9',
    level: 'must',
    title: 'close() in one listener does not take the event from the next',
    advice:
      '`close()` stopped the dispatch of the event that was under way: it concerns the events after it.',
    needs: 'interface',
    server: { body: TWO },
    async run({ open, settle }) {
      const { source, heard } = open()
      const told: string[] = []
      source.addEventListener('message', ({ data }) => {
        told.push(`first ${data}`)
        source.close()
      })
      source.addEventListener('message', ({ data }) => told.push(`second ${data}`))
      await heard('message a')
      await settle()
      return told
    },
    expected: ['first a', 'second a'],
  },
  {
    name: 'close-in-error',
    section: '§9.2.3',
    level: 'must',
    title: 'close() in a listener of error is the end of reconnecting',
    advice:
      'It connected again although a listener of `error` had closed it: look at the state after the event was dispatched.',
    server: [{ body: TWO, after: 'end' }, { body: 'data: never\n\n' }],
    async run({ open, settle, elapse, requests }) {
      const { source, heard, story } = open()
      source.onerror = () => source.close()
      await heard('error CONNECTING')
      await elapse(5)
      await settle()
      return [story, source.readyState, (await requests()).length]
    },
    expected: [['open', 'message a', 'message b', 'error CONNECTING'], 2, 1],
  },
  {
    name: 'close-while-waiting',
    section: '§9.2.3',
    level: 'must',
    title: 'close() while it waits is the end of reconnecting',
    advice: 'A zombie: it connected again after `close()`. Cancel the timer of the reconnection.',
    server: [{ body: 'retry: 400\n\n', after: 'end' }, { body: 'data: never\n\n' }],
    async run({ open, settle, elapse, requests }) {
      const { source, heard, story } = open()
      await heard('error CONNECTING')
      source.close()
      await elapse(450)
      await settle()
      return [story, source.readyState, (await requests()).length]
    },
    expected: [['open', 'error CONNECTING'], 2, 1],
  },
  {
    name: 'close-while-reconnecting',
    section: '§9.2.3',
    level: 'must',
    title: 'close() while the stream is opened again is the end',
    advice: 'A zombie: the attempt that was under way at `close()` went on. Abort its request.',
    server: [{ body: 'retry: 1\n\n', after: 'end' }, { body: 'data: never\n\n' }],
    async run({ open, settle, elapse }) {
      const { source, heard, story } = open()
      await heard('error CONNECTING')
      const passing = elapse(1)
      source.close()
      await passing
      await settle()
      return [story, source.readyState]
    },
    expected: [['open', 'error CONNECTING'], 2],
  },
  {
    name: 'close-silent-stream',
    section: '§9.2.2',
    level: 'must',
    title: 'close() of a silent stream lets go of the connection, without an error',
    advice: 'The connection stayed, or an error was told: `close()` aborts the fetch and dispatches nothing.',
    server: { body: 'retry: 1\ndata: a\n\n' },
    async run({ open, settle, elapse, connections, requests }) {
      const { source, heard, story } = open()
      await heard('message a')
      const before = await connections(1)
      source.close()
      await elapse(5)
      await settle()
      return [story, before, await connections(0), (await requests()).length]
    },
    expected: [['open', 'message a'], 1, 0, 1],
  },
  {
    name: 'close-twice',
    section: '§9.2.2',
    level: 'must',
    title: 'close() of one that has failed, and a second close(), do nothing',
    advice: 'A needless `close()` had an effect: it must be safe to call at any time.',
    server: { status: 404, after: 'end' },
    async run({ open, settle }) {
      const { source, heard, story } = open()
      await heard('error CLOSED')
      source.close()
      source.close()
      await settle()
      return [story, source.readyState]
    },
    expected: [['error CLOSED'], 2],
  },
  {
    name: 'nothing-after-close',
    section: '§9.2.3',
    level: 'must',
    title: 'what the server does after close() is told to nobody',
    advice: 'Events or errors of the connection came after `close()`.',
    server: { body: ['data: a\n\n', PAUSE, 'data: b\n\n'], after: 'reset' },
    async run({ open, settle, release }) {
      const { source, heard, story } = open()
      await heard('message a')
      source.close()
      await release()
      await settle()
      return story
    },
    expected: ['open', 'message a'],
  },
  {
    name: 'closed-source-keeps-attributes',
    section: '§9.2.2',
    level: 'must',
    title:
      'one that was closed keeps its url and credentials, and takes listeners without telling them anything',
    advice:
      '`url` and `withCredentials` are those of the constructor for ever, and a closed source dispatches nothing.',
    needs: 'interface',
    server: { body: TWO },
    async run({ open, settle, origin }) {
      const { source, heard } = open('/', { withCredentials: true })
      await heard('open')
      source.close()
      const told: string[] = []
      for (const type of ['open', 'message', 'error']) source.addEventListener(type, () => told.push(type))
      await settle()
      return [source.url === `${origin}/`, source.withCredentials, told]
    },
    expected: [true, true, []],
  },
  {
    name: 'stop-fails-attempt',
    section: '§9.2.3',
    level: 'must',
    title: 'an attempt that the user stops fails the connection',
    advice: 'An aborted network error fails the connection; it is not tried again.',
    place: 'page',
    server: { late: true, body: TWO },
    async run({ open, settle, requests }) {
      const { heard, story } = open()
      while ((await requests()).length === 0) await settle()
      ;(globalThis as unknown as { stop(): void }).stop()
      await Promise.race([heard('error CLOSED'), heard('error CONNECTING')])
      await settle()
      return story
    },
    expected: ['error CLOSED'],
  },
  {
    name: 'stop-fails-stream',
    section: '§9.2.3',
    level: 'must',
    title: 'a stream that the user stops fails the connection',
    advice: 'An aborted network error fails the connection; it is not tried again.',
    place: 'page',
    server: { body: 'retry: 5000\ndata: a\n\n' },
    async run({ open }) {
      const { heard, story } = open()
      await heard('message a')
      ;(globalThis as unknown as { stop(): void }).stop()
      await Promise.race([heard('error CLOSED'), heard('error CONNECTING')])
      return story
    },
    expected: ['open', 'message a', 'error CLOSED'],
  },
]
