import type { ClientCase } from '../client-case.ts'

/** Timers may fire a little before their time, by the clock of another process. */
const TOLERANCE_MS = 20

interface Wait extends Pick<Partial<ClientCase>, 'level' | 'section'> {
  readonly ms: number
  /** Where it may be longer also by a clock of its own. */
  readonly atMostMs?: number
}

/**
 * Whether it waits as long as it should after a stream of `body`: to the millisecond by the clock it was given; by real time it
 * must not come too early, for it may wait longer than asked (§9.2.3).
 */
function waits(
  name: string,
  title: string,
  advice: string,
  body: string,
  { ms, atMostMs = ms, level = 'must', section = '§9.2.6' }: Wait,
): ClientCase {
  return {
    name,
    section,
    level,
    title,
    advice,
    server: [{ body, after: 'end' }, { body: 'data: z\n\n' }],
    async run({ open, elapse, settle, requests, ownClock }) {
      const { heard } = open()
      await heard('error CONNECTING')
      if (ownClock) {
        await elapse(ms - 1)
        await settle()
        if ((await requests()).length > 1) return 'too early'
        await elapse(atMostMs - ms + 1)
      }
      await heard('message z')
      const waited = (await requests())[1]?.sinceAnswerMs ?? 0
      return ownClock || waited >= ms - TOLERANCE_MS ? 'in time' : `too early, after ${Math.round(waited)} ms`
    },
    expected: 'in time',
  }
}

const RETRY_MS = 400

const BOGUS_RETRIES = {
  'a letter': '1x',
  'a minus': '-1',
  'a plus': '+1',
  'a fraction': '1.5',
  'an exponent': '9e9',
  'a hexadecimal number': '0x1',
  'a space before': ' 1',
  'a space behind': '1 ',
  'an Arabic digit': '١',
  nothing: '',
} as const

/** How long it waits for the next attempt. */
export const RECONNECTION_TIME: readonly ClientCase[] = [
  waits(
    'default-reconnection-time',
    'it waits for a few seconds unless the server says otherwise',
    'The first reconnection time is up to the implementation, "probably in the region of a few seconds"; browsers take three.',
    'data: a\n\n',
    { ms: 1_000, atMostMs: 30_000, level: 'good-practice', section: '§9.2.2' },
  ),
  waits(
    'retry-is-obeyed',
    'it waits for as long as retry says',
    'It came back before the reconnection time that the server set.',
    `retry: ${RETRY_MS}\n\n`,
    { ms: RETRY_MS },
  ),
  waits(
    'retry-at-once',
    'retry counts at once, although its block does not end',
    '`retry` counts when its line is read: it needs no blank line, and no data.',
    `retry: ${RETRY_MS}\n`,
    { ms: RETRY_MS },
  ),
  waits(
    'last-retry-counts',
    'the last retry counts',
    'Each `retry` replaces the one before.',
    `retry: 1\nretry: ${RETRY_MS}\n\n`,
    { ms: RETRY_MS },
  ),
  waits(
    'retry-base-ten',
    'retry is read in base ten',
    'Leading zeros do not make it octal.',
    `retry: 0${RETRY_MS}\n\n`,
    { ms: RETRY_MS },
  ),
  ...Object.entries(BOGUS_RETRIES).map(([what, bogus]) =>
    waits(
      `retry-with-${what.replace(/^an? /, '').replaceAll(' ', '-').toLowerCase()}`,
      `retry ${JSON.stringify(bogus)} is ignored`,
      '`retry` counts if its value consists of ASCII digits only. Do not use `parseInt` or `Number`, which accept more.',
      `retry: ${RETRY_MS}\nretry: ${bogus}\n\n`,
      { ms: RETRY_MS },
    ),
  ),
  {
    ...waits(
      'longest-retry',
      'a retry beyond all timers is the longest wait that there is',
      'Clamp the reconnection time to 2³¹−1 ms, more than which timers cannot hold.',
      'retry: 99999999999\n\n',
      { ms: 0x7fff_ffff, level: 'good-practice' },
    ),
    needs: 'clock',
  },
  {
    name: 'retry-zero',
    section: '§9.2.6',
    level: 'must',
    title: 'retry 0 opens the stream again at once',
    advice: '`retry: 0` is a valid reconnection time.',
    server: [{ body: 'retry: 0\n\n', after: 'end' }, { body: 'data: a\n\n' }],
    async run({ open, elapse }) {
      const { heard, story } = open()
      await heard('error CONNECTING')
      await elapse(0)
      await heard('message a')
      return story
    },
    expected: ['open', 'error CONNECTING', 'open', 'message a'],
  },
  {
    name: 'retry-overflow',
    section: '§9.2.6',
    level: 'good-practice',
    title: 'retry 99999999999 is no storm of requests',
    advice: 'A reconnection time beyond what timers can hold made it connect at once: clamp it to 2³¹−1 ms.',
    server: [{ body: 'retry: 99999999999\n\n', after: 'end' }, { body: 'data: a\n\n' }],
    async run({ open, elapse, settle, requests }) {
      await open().heard('error CONNECTING')
      await elapse(60)
      await settle()
      return (await requests()).length
    },
    expected: 1,
  },
  {
    name: 'retry-holds',
    section: '§9.2.6',
    level: 'must',
    title: 'retry holds for every connection after it',
    advice: 'The reconnection time belongs to the source, not to one connection.',
    server: [
      { body: 'retry: 5\n\n', after: 'end' },
      { after: 'end' },
      { instead: 'reset' },
      { body: 'data: a\n\n' },
    ],
    async run({ open, elapse }) {
      const { heard, story } = open()
      for (const times of [1, 2, 3]) {
        await heard('error CONNECTING', times)
        await elapse(5)
      }
      await heard('message a')
      return story
    },
    expected: [
      'open',
      'error CONNECTING',
      'open',
      'error CONNECTING',
      'error CONNECTING',
      'open',
      'message a',
    ],
  },
]
