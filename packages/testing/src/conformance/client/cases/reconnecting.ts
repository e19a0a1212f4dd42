import { type ClientCase, PAUSE, type ServerAnswer } from '../client-case.ts'

/** The reconnection time of who was told none; browsers wait this long. */
const RECONNECTION_TIME_MS = 3_000

/** After which ends there is another attempt, and with what it begins. */
export const RECONNECTING: readonly ClientCase[] = [
  {
    name: 'break-before-head',
    section: '§9.2.3',
    level: 'must',
    title: 'a connection that breaks before the head is tried again',
    advice: 'After a network error reestablish the connection: CONNECTING, one `error`, and another attempt.',
    server: [{ instead: 'reset' }, { body: 'data: a\n\n' }],
    async run({ open, elapse, requests }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(RECONNECTION_TIME_MS)
      await heard('message a')
      return [story, (await requests()).length]
    },
    expected: [['error CONNECTING', 'open', 'message a'], 2],
  },
  {
    name: 'end-reconnects',
    section: '§9.2.3',
    level: 'must',
    title: 'a stream that ends is opened again',
    advice: 'The end of the body is no end of the source: reestablish the connection, with one `error`.',
    server: [{ body: 'retry: 5\ndata: a\n\n', after: 'end' }, { body: 'data: b\n\n' }],
    async run({ open, elapse }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(5)
      await heard('message b')
      return story
    },
    expected: ['open', 'message a', 'error CONNECTING', 'open', 'message b'],
  },
  {
    name: 'empty-stream-reconnects',
    section: '§9.2.3',
    level: 'must',
    title: 'a stream without a byte is opened again, too',
    advice: 'An empty body is a stream without events: `open`, then `error`, then another attempt.',
    server: [{ body: 'retry: 5\n', after: 'end' }, { after: 'end' }, { body: 'data: a\n\n' }],
    async run({ open, elapse }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(5)
      await heard('error CONNECTING', 2)
      await elapse(5)
      await heard('message a')
      return story
    },
    expected: ['open', 'error CONNECTING', 'open', 'error CONNECTING', 'open', 'message a'],
  },
  {
    name: 'break-reconnects',
    section: '§9.2.3',
    level: 'must',
    title: 'a stream that breaks is opened again',
    advice:
      'After a network error in the body reestablish the connection: CONNECTING, one `error`, and another attempt.',
    server: [{ body: ['retry: 5\ndata: a\n\n', PAUSE], after: 'reset' }, { body: 'data: b\n\n' }],
    async run({ open, elapse, release }) {
      const { heard, story } = open()
      await heard('message a')
      await release()
      await heard('error CONNECTING')
      await elapse(5)
      await heard('message b')
      return story
    },
    expected: ['open', 'message a', 'error CONNECTING', 'open', 'message b'],
  },
  {
    name: 'keeps-trying',
    section: '§9.2.3',
    level: 'must',
    title: 'however many attempts fail, there is another, after the same wait',
    advice:
      'It gave up, or told less than one `error` for each attempt. It may wait longer after failures, but there is another attempt.',
    server: [
      { body: 'retry: 5\n\n', after: 'end' },
      ...Array<ServerAnswer>(10).fill({ instead: 'reset' }),
      { body: 'data: a\n\n' },
    ],
    async run({ open, elapse }) {
      const { heard, story } = open()
      for (let times = 1; times <= 11; times++) {
        await heard('error CONNECTING', times)
        await elapse(5)
      }
      await heard('message a')
      return story
    },
    expected: ['open', ...Array<string>(11).fill('error CONNECTING'), 'open', 'message a'],
  },
  {
    name: 'until-failure',
    section: '§9.2.3',
    level: 'must',
    title: 'it goes on until a response fails the connection',
    advice: 'Network errors are tried again, a response that is no stream ends it, for good.',
    server: [
      { body: 'retry: 5\ndata: a\n\n', after: 'end' },
      { instead: 'reset' },
      { body: 'data: b\n\n', after: 'end' },
      { status: 404, after: 'end' },
      { body: 'data: never\n\n' },
    ],
    async run({ open, elapse, settle, requests }) {
      const { heard, story } = open()
      for (const times of [1, 2, 3]) {
        await heard('error CONNECTING', times)
        await elapse(5)
      }
      await heard('error CLOSED')
      await elapse(5)
      await settle()
      return [story, (await requests()).length]
    },
    expected: [
      [
        'open',
        'message a',
        'error CONNECTING',
        'error CONNECTING',
        'open',
        'message b',
        'error CONNECTING',
        'error CLOSED',
      ],
      4,
    ],
  },
  {
    name: 'no-content-ends-it',
    section: '§9.2.3',
    level: 'must',
    title: 'after an end by status 204 there is no other request',
    advice: '204 is how a server ends reconnecting: fail the connection.',
    server: [
      { body: 'retry: 1\n\n', after: 'end' },
      { status: 204, after: 'end' },
      { body: 'data: never\n\n' },
    ],
    async run({ open, elapse, settle, requests }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(1)
      await heard('error CLOSED')
      await elapse(10)
      await settle()
      return [story, (await requests()).length]
    },
    expected: [['open', 'error CONNECTING', 'error CLOSED'], 2],
  },
  {
    name: 'connecting-until-open',
    section: '§9.2.3',
    level: 'must',
    title: 'readyState is CONNECTING from the error on until the stream is open again',
    advice:
      '`readyState` must be CONNECTING before `error` is dispatched, and OPEN only with the next `open`.',
    needs: 'interface',
    server: [{ body: 'retry: 1\n\n', after: 'end' }, { late: true }],
    async run({ open, elapse, requests, release, settle }) {
      const { heard, source } = open()
      await heard('error CONNECTING')
      const states = [source.readyState]
      await elapse(1)
      while ((await requests()).length < 2) await settle()
      states.push(source.readyState)
      await release()
      await heard('open', 2)
      states.push(source.readyState)
      return states
    },
    expected: [0, 0, 1],
  },
  {
    name: 'fresh-decoder',
    section: '§9.2.5',
    level: 'must',
    title: 'each connection begins with a BOM of its own, and with no half line of the one before',
    advice: 'The decoder or parser kept something of the connection before: start both anew for each.',
    server: [
      { body: ['retry: 1\n', '\uFEFFdata: x\n\ndata: a\r\rda'], after: 'end' },
      { body: '\uFEFFta: x\ndata: b\n\n', after: 'end' },
      { body: '\uFEFFdata: c\n\n' },
    ],
    async run({ open, elapse }) {
      const { heard, events } = open()
      for (const times of [1, 2]) {
        await heard('error CONNECTING', times)
        await elapse(1)
      }
      await heard('message c')
      return events.map(({ data }) => data)
    },
    expected: ['a', 'b', 'c'],
  },
]
