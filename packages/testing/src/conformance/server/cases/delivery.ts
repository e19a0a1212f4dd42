import { systemClock } from '@sse/core'
import { failed, passed, skipped } from '../../case-run.ts'
import { nodeModule } from '../../node-module.ts'
import type { Arrival } from '../raw-exchange.ts'
import type { ServerCase } from '../server-case.ts'
import { readStream } from '../stream-reading.ts'
import { onStream } from './on-stream.ts'

/** An event takes this long at most from where it is called for to where it is read. */
const AT_ONCE_MS = 1_000
/** What the specification advises; a stream that was looked at for less cannot be judged. */
const PING_EVERY_MS = 15_000

/** Whether what is written comes. */
export const DELIVERY: readonly ServerCase[] = [
  onStream(
    {
      name: 'event-comes-at-once',
      section: '§9.2.6',
      level: 'good-practice',
      title: 'an event that was called for comes at once',
      advice: 'It was held back: flush after each event, and look for compression or buffering on the way.',
    },
    async (_, server) => {
      if (server.settings.trigger === undefined)
        return skipped('no trigger was given, so no event could be called for')
      using exchange = server.open()
      await exchange.awaitHead(server.settings.timeoutMs)
      const before = readStream(exchange.arrivals).events.length
      const called = systemClock.now()
      await server.callForEvent()
      const came = await exchange.until(
        () => readStream(exchange.arrivals).events.length > before,
        server.settings.timeoutMs,
      )
      const took = Math.round(systemClock.now() - called)
      if (!came) return failed(`none came in ${took} ms`)
      return took <= AT_ONCE_MS ? passed : failed(`it came after ${took} ms`)
    },
  ),
  onStream(
    {
      name: 'gzip-holds-nothing-back',
      section: 'RFC 9111 §5.2.2.6',
      level: 'good-practice',
      title: 'a client that accepts gzip gets events as soon as any other',
      advice:
        'Compression middleware collects events until a block is full: exclude `text/event-stream` from it, or flush it after each event (`res.flush()`).',
    },
    async (_, server) => {
      const plainMs = await server.firstEventMs()
      if (plainMs === undefined)
        return skipped('no event came to compare with; pass a trigger, or observe for longer')
      using exchange = server.open({ headers: { 'accept-encoding': 'gzip' } })
      const head = await exchange.awaitHead(server.settings.timeoutMs)
      const decoded = decoder(head.get('content-encoding'))
      if (decoded === undefined) return skipped(`the answer is in ${head.get('content-encoding')}`)
      await server.callForEvent()
      const allowedMs = plainMs + AT_ONCE_MS
      const came = await exchange.until(
        () => readStream(decoded(exchange.arrivals)).events.length > 0,
        allowedMs,
      )
      return came
        ? passed
        : failed(`no event in ${Math.round(allowedMs)} ms, where it takes ${Math.round(plainMs)} ms without`)
    },
  ),
  onStream(
    {
      name: 'ping-when-idle',
      section: '§9.2.7',
      level: 'good-practice',
      title: 'an idle stream is kept alive by a comment at least every 15 seconds',
      advice:
        'Proxies drop connections that are silent, and a server that writes nothing does not notice clients that are gone: write a comment every 15 seconds or so.',
    },
    ({ exchange, head, observedMs }) => {
      if (exchange.end !== undefined) return skipped('the stream ended')
      const times = [head.atMs, ...exchange.arrivals.map(({ atMs }) => atMs), head.atMs + observedMs]
      const silence = Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)))
      if (silence > PING_EVERY_MS * 1.1) return failed(`it was silent for ${Math.round(silence)} ms`)
      if (observedMs > PING_EVERY_MS) return passed
      return skipped(`it was observed for ${Math.round(observedMs)} ms; pass observeMs: 17_000 to judge it`)
    },
  ),
]

/** Undoes the content coding, as far as the bytes that have come go; `undefined` for a coding that is not known. */
function decoder(
  coding: string | undefined,
): ((arrivals: readonly Arrival[]) => readonly Arrival[]) | undefined {
  if (coding === undefined || coding === 'identity') return (arrivals) => arrivals
  if (coding !== 'gzip' && coding !== 'x-gzip') return undefined
  const { gunzipSync, constants } = nodeModule('node:zlib')
  return (arrivals) => {
    const bytes = arrivals.flatMap((each) => [...each.bytes])
    if (bytes.length === 0) return []
    // A sync flush is how an unfinished stream is read so far as it goes.
    return [{ atMs: 0, bytes: gunzipSync(Uint8Array.from(bytes), { finishFlush: constants.Z_SYNC_FLUSH }) }]
  }
}
