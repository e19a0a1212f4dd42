import { type ConformanceCase, PAUSE } from '../conformance-case.ts'

const STOP_IS_HIDDEN = 'Chromium tells a script of a request that was stopped as of a broken connection'

const TWO = 'retry: 1\ndata: a\n\ndata: b\n\n'

export const CLOSING: readonly ConformanceCase[] = [
  {
    title: '§9.2.2: close() at once is the end: CLOSED, and no event',
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
    title: '§9.2.2: close() before the head of the response is the end',
    server: { late: true, body: TWO },
    async run({ open, settle, release, requests, connections }) {
      const { source, story } = open()
      while ((await requests()).length === 0) await settle()
      source.close()
      await settle()
      const left = await connections()
      await release()
      await settle()
      return [story, left]
    },
    expected: [[], 0],
  },
  {
    title: '§9.2.2: close() in a listener of open lets no event through',
    server: { body: TWO },
    async run({ open, settle, connections }) {
      const { source, heard, story } = open()
      source.onopen = () => source.close()
      await heard('open')
      await settle()
      return [story, source.readyState, await connections()]
    },
    expected: [['open'], 2, 0],
  },
  {
    title: '§9.2.6: close() in a listener of an event lets none through that came with it',
    server: { body: `${TWO}data: c\n\n` },
    async run({ open, settle, elapse, connections, requests }) {
      const { source, heard, story } = open()
      source.onmessage = () => source.close()
      await heard('message a')
      await elapse(5)
      await settle()
      return [story, source.readyState, await connections(), (await requests()).length]
    },
    expected: [['open', 'message a'], 2, 0, 1],
  },
  {
    title: 'DOM §2.9: close() in one listener does not take the event from the next',
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
    title: '§9.2.3: close() in a listener of error is the end of reconnecting',
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
    title: '§9.2.3: close() while it waits is the end of reconnecting',
    server: [{ body: 'retry: 40\n\n', after: 'end' }, { body: 'data: never\n\n' }],
    async run({ open, settle, elapse, requests }) {
      const { source, heard, story } = open()
      await heard('error CONNECTING')
      source.close()
      await elapse(60)
      await settle()
      return [story, source.readyState, (await requests()).length]
    },
    expected: [['open', 'error CONNECTING'], 2, 1],
  },
  {
    title: '§9.2.3: close() while the stream is opened again is the end',
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
    title: '§9.2.2: close() of a silent stream lets go of the connection, without an error',
    server: { body: 'retry: 1\ndata: a\n\n' },
    async run({ open, settle, elapse, connections, requests }) {
      const { source, heard, story } = open()
      await heard('message a')
      const before = await connections()
      source.close()
      await elapse(5)
      await settle()
      return [story, before, await connections(), (await requests()).length]
    },
    expected: [['open', 'message a'], 1, 0, 1],
  },
  {
    title: '§9.2.2: close() of one that has failed, and a second close(), do nothing',
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
    title: '§9.2.3: what the server does after close() is told to nobody',
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
    title:
      '§9.2.2: one that was closed keeps its url and credentials, and takes listeners without telling them anything',
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
    title: '§9.2.3: an attempt that the user stops fails the connection',
    only: 'page',
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
    otherwise: { 'ours in Chromium': { because: STOP_IS_HIDDEN, expected: ['error CONNECTING'] } },
  },
  {
    title: '§9.2.3: a stream that the user stops fails the connection',
    only: 'page',
    server: { body: 'retry: 5000\ndata: a\n\n' },
    async run({ open }) {
      const { heard, story } = open()
      await heard('message a')
      ;(globalThis as unknown as { stop(): void }).stop()
      await Promise.race([heard('error CLOSED'), heard('error CONNECTING')])
      return story
    },
    expected: ['open', 'message a', 'error CLOSED'],
    otherwise: {
      'ours in Chromium': { because: STOP_IS_HIDDEN, expected: ['open', 'message a', 'error CONNECTING'] },
    },
  },
]
