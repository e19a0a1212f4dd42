import { isEventStreamMediaType } from '@sse/core'
import { type Examination, idsOf } from './examination.ts'
import type { Probe } from './probe.ts'

export interface Finding {
  /** `problem`: users will notice. `advice`: they may, one day. `fine`: it was looked at. `unknown`: it could not be. */
  readonly level: 'problem' | 'advice' | 'fine' | 'unknown'
  readonly about: string
  readonly what: string
  readonly fix?: string | undefined
}

type Check = (examination: Examination) => Finding

/** Events that come together although they happened so far apart were held back by somebody. */
const APART_MS = 500
const TOGETHER_MS = 50

/** What is wrong with a stream, and what to do. If there is none, the rest says nothing. */
export function findingsOf(examination: Examination): readonly Finding[] {
  const answer = checkAnswer(examination)
  if (answer.level === 'problem') return [answer]
  return [answer, ...CHECKS.map((check) => check(examination))]
}

function checkAnswer({ plain }: Examination): Finding {
  const about = 'answer'
  const problem = (what: string, fix: string): Finding => ({ level: 'problem', about, what, fix })
  const { head, error, observedMs } = plain
  if (error !== undefined && head === undefined)
    return problem(
      `There is no connection: ${(error as NodeJS.ErrnoException).code ?? error.message}.`,
      'Look at the address, and whether the server listens there.',
    )
  if (head === undefined)
    return problem(
      `The server took the request and sent nothing for ${seconds(observedMs)}, not even a status.`,
      'Either it does not send its head before the first event (flush the headers, or send a comment at once), or a proxy holds the answer back: nginx needs "proxy_buffering off" or the header X-Accel-Buffering: no.',
    )
  if (head.status !== 200)
    return problem(
      `The status is ${head.status}.`,
      'A stream begins with 200. A browser gives up at any other.',
    )
  if (!isEventStreamMediaType(head.headers['content-type'] ?? null))
    return problem(
      `The content type is ${head.headers['content-type'] ?? 'missing'}.`,
      'It must be text/event-stream, or a browser gives up.',
    )
  return { level: 'fine', about, what: `200, ${head.headers['content-type']}, after ${seconds(head.atMs)}.` }
}

const checkHeaders: Check = ({ plain }) => {
  const headers = plain.head?.headers ?? {}
  const about = 'headers'
  const cacheControl = headers['cache-control'] ?? ''
  if (headers['content-length'] !== undefined)
    return {
      level: 'problem',
      about,
      what: `Content-Length is ${headers['content-length']}: somebody has read the stream to its end before passing it on.`,
      fix: 'Switch off buffering in the proxy, or in the middleware that computes the length.',
    }
  if (!/no-store|no-cache/.test(cacheControl))
    return {
      level: 'problem',
      about,
      what: `Cache-Control is ${cacheControl || 'missing'}: a cache may keep the stream, or wait for its end.`,
      fix: 'Send Cache-Control: no-store, no-transform.',
    }
  if (!/no-transform/.test(cacheControl))
    return {
      level: 'advice',
      about,
      what: `Cache-Control is ${cacheControl}: a proxy may compress the stream, and hold events back for it.`,
      fix: 'Add no-transform.',
    }
  return { level: 'fine', about, what: `Cache-Control: ${cacheControl}.` }
}

const checkBuffering: Check = ({ plain }) => {
  const about = 'buffering'
  const { chunks, ended, observedMs, head } = plain
  const fix =
    'nginx: proxy_buffering off, or the header X-Accel-Buffering: no. Others: see the settings for streaming; a response that is passed through a function or a serverless platform may need its streaming mode.'
  const headAt = head?.atMs ?? 0
  const first = chunks[0]
  if (first === undefined)
    return {
      level: 'problem',
      about,
      what: `After the head, no byte came for ${seconds(observedMs - headAt)}.`,
      fix: `Send a comment at once, so that clients and proxies see that the stream lives. If the server does: ${fix}`,
    }
  const bursts = heldBack(plain)
  if (bursts > 0)
    return {
      level: 'problem',
      about,
      what: `${bursts} times events came at once that had happened ${APART_MS} ms or more apart: they were held back on the way.`,
      fix,
    }
  if (ended && chunks.length === 1 && plain.events.length > 1)
    return {
      level: 'advice',
      about,
      what: `All ${plain.events.length} events came in one piece, and then the end: it may be buffered, or a stream that was over at once.`,
      fix,
    }
  return {
    level: 'fine',
    about,
    what: `The first bytes came ${seconds(first.atMs - headAt)} after the head, and the rest as it happened.`,
  }
}

const checkCompression: Check = ({ plain, compressed }) => {
  const about = 'compression'
  const encoding = compressed.head?.headers['content-encoding']
  if (encoding === undefined) return { level: 'fine', about, what: 'The stream is not compressed.' }
  const fix =
    'Exclude text/event-stream from the compression, or flush it after each event (in Express, res.flush() of the compression middleware).'
  const first = plain.events[0] ?? plain.comments[0]
  const firstCompressed = compressed.events[0] ?? compressed.comments[0]
  if (first !== undefined && firstCompressed === undefined)
    return {
      level: 'problem',
      about,
      what: `With ${encoding} nothing came in ${seconds(compressed.observedMs)}; without it the first line came after ${seconds(first.atMs)}.`,
      fix,
    }
  const lateMs = (firstCompressed?.atMs ?? 0) - (first?.atMs ?? 0)
  if (lateMs > APART_MS || heldBack(compressed) > heldBack(plain))
    return {
      level: 'problem',
      about,
      what: `With ${encoding} events come later than without: the first by ${seconds(lateMs)}.`,
      fix,
    }
  return { level: 'fine', about, what: `${encoding}, and no event waits for it.` }
}

const checkPings: Check = ({ plain }) => {
  const about = 'pings'
  const announced = plain.comments
    .map(({ text }) => /ping-interval-ms=(\d+)/.exec(text)?.[1])
    .find((ms) => ms !== undefined)
  const silence = longestSilence(plain)
  const pings = plain.comments.slice(announced === undefined ? 0 : 1).length
  if (announced !== undefined)
    return { level: 'fine', about, what: `Announced for every ${seconds(Number(announced))} of silence.` }
  if (pings > 0) return { level: 'fine', about, what: `${pings} comments in ${seconds(plain.observedMs)}.` }
  if (plain.ended) return { level: 'unknown', about, what: 'The stream was over too soon to tell.' }
  if (silence > 20_000)
    return {
      level: 'problem',
      about,
      what: `Nothing came for ${seconds(silence)}.`,
      fix: 'Send a comment every 15 s: proxies cut idle connections after 30 to 60 s, and a client cannot tell silence from a dead connection.',
    }
  return {
    level: 'unknown',
    about,
    what: `No comment in ${seconds(plain.observedMs)}, the longest silence being ${seconds(silence)}. --observe 60s tells more.`,
  }
}

const checkResumption: Check = ({ plain, resumed }) => {
  const about = 'resumption'
  const ids = idsOf(plain)
  if (plain.events.length === 0)
    return { level: 'unknown', about, what: 'No event came, so there is no id to go on after.' }
  if (ids.length === 0)
    return {
      level: 'problem',
      about,
      what: 'Events have no ids, so a client that reconnects misses what came meanwhile.',
      fix: 'Give each event an id, keep the last ones, and go on after the one that Last-Event-ID names.',
    }
  if (resumed === undefined)
    return { level: 'unknown', about, what: 'Only one event had an id. --observe 60s tells more.' }
  const wanted = ids[ids.indexOf(resumed.after) + 1]
  const goesOn = (probe: Probe): boolean => idsOf(probe)[0] === wanted
  if (goesOn(resumed.byHeader))
    return { level: 'fine', about, what: `After ${resumed.after} it goes on with ${wanted}.` }
  if (goesOn(resumed.byQuery))
    return {
      level: 'problem',
      about,
      what: `It goes on after ?lastEventId=${resumed.after}, but not after the header: Last-Event-ID is stripped on the way.`,
      fix: 'Let the proxy pass the header Last-Event-ID on (CDN: add it to the forwarded headers; CORS: allow it), or let clients send the query parameter.',
    }
  return {
    level: 'problem',
    about,
    what: `After ${resumed.after} came ${idsOf(resumed.byHeader)[0] ?? 'nothing'} instead of ${wanted}: the server does not resume, or no longer had the event.`,
    fix: 'Keep the last events, and begin with those after the one that Last-Event-ID names. If it is in several processes, each must have all of them.',
  }
}

const checkConnections: Check = ({ http2, plain: { url } }) => {
  const about = 'connections'
  if (http2) return { level: 'fine', about, what: 'HTTP/2: streams of all tabs share one connection.' }
  return {
    level: 'advice',
    about,
    what: `HTTP/1.1${url.protocol === 'http:' ? '' : ' only'}: a browser opens six connections to a host, for all tabs together. The seventh stream waits for ever.`,
    fix: 'Serve HTTP/2 in front of it, or share one stream between tabs (@sse/client/shared).',
  }
}

const CHECKS: readonly Check[] = [
  checkHeaders,
  checkBuffering,
  checkCompression,
  checkPings,
  checkResumption,
  checkConnections,
]

/** How often events came together that tell that they happened apart. */
function heldBack({ events }: Probe): number {
  let bursts = 0
  for (const [index, event] of events.entries()) {
    const before = events[index - 1]
    if (before === undefined) continue
    const [then, now] = [happenedAt(before.data), happenedAt(event.data)]
    if (then === undefined || now === undefined) continue
    // What a server replays at the start did happen apart.
    if (before.atMs < TOGETHER_MS * 4) continue
    if (event.atMs - before.atMs < TOGETHER_MS && now - then >= APART_MS) bursts++
  }
  return bursts
}

/** When an event happened, if its data says so, in a field named `at`, `time` or `timestamp`. */
function happenedAt(data: string): number | undefined {
  const [, , text, number] = /"(at|time|timestamp)":\s*(?:"([^"]+)"|(\d{10,13}))/.exec(data) ?? []
  const at = text === undefined ? Number(number) * (number?.length === 10 ? 1_000 : 1) : Date.parse(text)
  return Number.isFinite(at) ? at : undefined
}

function longestSilence({ chunks, head, observedMs }: Probe): number {
  const times = [head?.atMs ?? 0, ...chunks.map(({ atMs }) => atMs), observedMs]
  return Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)))
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
