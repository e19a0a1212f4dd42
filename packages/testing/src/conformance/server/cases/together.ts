import { failed, passed, skipped } from '../../case-run.ts'
import type { ServerCase } from '../server-case.ts'
import { isStream } from '../server-under-test.ts'
import { readStream } from '../stream-reading.ts'
import { onStream } from './on-stream.ts'

const CONNECTIONS = 5
/** Long enough for a server to notice a reset on another connection, and to fall over it. */
const AFTERMATH_MS = 200

/** Several clients at once. */
export const TOGETHER: readonly ServerCase[] = [
  onStream(
    {
      name: 'several-at-once',
      section: 'practice',
      level: 'good-practice',
      title: `${CONNECTIONS} clients get streams at once`,
      advice:
        'One open stream held back the others: answer each request by itself, and do not wait for a stream to end.',
    },
    async (_, server) => {
      const exchanges = Array.from({ length: CONNECTIONS }, () => server.open())
      try {
        const heads = await Promise.all(exchanges.map((each) => each.awaitHead(server.settings.timeoutMs)))
        const refused = heads.find((head) => !isStream(head))
        return refused === undefined ? passed : failed(`one of ${CONNECTIONS} got status ${refused.status}`)
      } finally {
        for (const each of exchanges) each[Symbol.dispose]()
      }
    },
  ),
  onStream(
    {
      name: 'disconnect-hurts-nobody',
      section: 'practice',
      level: 'good-practice',
      title: 'a client that breaks off hurts no other',
      advice:
        'An error on one connection reached others: handle errors and `close` of each response, and take the client off its lists.',
    },
    async (_, server) => {
      const { timeoutMs } = server.settings
      const leaving = server.open()
      using staying = server.open()
      await Promise.all([leaving.awaitHead(timeoutMs), staying.awaitHead(timeoutMs)])
      leaving.reset()
      await server.callForEvent()
      await staying.until(() => staying.end !== undefined, AFTERMATH_MS)
      if (staying.end === 'cut') return failed('the stream of another client broke')
      using next = server.open()
      const head = await next.awaitHead(timeoutMs)
      return isStream(head) ? passed : failed(`the next client got status ${head.status}`)
    },
  ),
  onStream(
    {
      name: 'delivery-after-disconnect',
      section: 'practice',
      level: 'good-practice',
      title: 'after a client broke off, the others get the next event',
      advice:
        'Writing to a client that is gone kept the event from the others: take clients off at `close`, and catch what writing throws.',
    },
    async (_, server) => {
      const { timeoutMs, trigger } = server.settings
      if (trigger === undefined) return skipped('no trigger was given, so no event could be called for')
      const leaving = server.open()
      using staying = server.open()
      await Promise.all([leaving.awaitHead(timeoutMs), staying.awaitHead(timeoutMs)])
      leaving.reset()
      const before = readStream(staying.arrivals).events.length
      await server.callForEvent()
      const came = await staying.until(() => readStream(staying.arrivals).events.length > before, timeoutMs)
      return came ? passed : failed(`no event came in ${timeoutMs} ms`)
    },
  ),
]
