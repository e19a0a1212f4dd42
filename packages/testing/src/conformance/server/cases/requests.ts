import { failed, passed, skipped } from '../../case-run.ts'
import type { ResponseHead } from '../raw-exchange.ts'
import type { ServerCase } from '../server-case.ts'
import { isStream, type ServerUnderTest, type StreamRequest } from '../server-under-test.ts'
import { onStream } from './on-stream.ts'

/** A method that nobody means for an event stream, that changes nothing (RFC 4918), and that HTTP parsers know. */
const OTHER_METHOD = 'PROPFIND'

const BODY_WAIT_MS = 300

/** Methods and content negotiation. */
export const REQUESTS: readonly ServerCase[] = [
  onStream(
    {
      name: 'head-without-body',
      section: 'RFC 9110 §9.3.2',
      level: 'must',
      title: 'HEAD is answered without a body',
      advice: 'A body behind the head of a HEAD response is taken for the next response on the connection.',
    },
    async (_, server) => {
      if (server.settings.method !== 'GET')
        return skipped(`streams are asked for with ${server.settings.method}`)
      // A body that is read by the framing of its head: that of a GET.
      using exchange = server.open({ method: 'HEAD' })
      if (!(await exchange.until(() => exchange.head !== undefined, server.settings.timeoutMs)))
        return skipped('HEAD was not answered')
      await exchange.until(() => exchange.bytesBehindHead > 0, BODY_WAIT_MS)
      return exchange.bytesBehindHead === 0 ? passed : failed(`${exchange.bytesBehindHead} bytes`)
    },
  ),
  onStream(
    {
      name: 'head-like-get',
      section: 'RFC 9110 §9.3.2',
      level: 'should',
      title: 'HEAD is answered with the status and content type of GET',
      advice: 'Answer HEAD as GET, without the body.',
    },
    async ({ head: { get } }, server) => {
      if (server.settings.method !== 'GET')
        return skipped(`streams are asked for with ${server.settings.method}`)
      using exchange = server.open({ method: 'HEAD' })
      const head = await exchange.awaitHead(server.settings.timeoutMs)
      if (head.status !== 200) return failed(`status ${head.status}`)
      const type = head.get('content-type')
      return type === get('content-type') ? passed : failed(`content type ${type}`)
    },
  ),
  onStream(
    {
      name: 'head-leaves-nothing-open',
      section: 'RFC 9110 §9.3.2',
      level: 'good-practice',
      title: 'a HEAD request is over when it is answered',
      advice:
        'HEAD started a stream that nobody reads and that never ends: end the response, and start nothing.',
    },
    async (_, server) => {
      if (server.settings.method !== 'GET')
        return skipped(`streams are asked for with ${server.settings.method}`)
      const { timeoutMs, url, headers } = server.settings
      using exchange = server.open({ method: 'HEAD' })
      const head = await exchange.awaitHead(timeoutMs)
      if (/\bclose\b/i.test(head.get('connection') ?? '')) {
        const closed = await exchange.until(() => exchange.end !== undefined, timeoutMs)
        return closed ? passed : failed(`the connection was not closed in ${timeoutMs} ms`)
      }
      exchange.send({ method: 'HEAD', url, headers })
      const again = await exchange.until(
        () => exchange.heads.length > 1 || exchange.end !== undefined,
        timeoutMs,
      )
      return again ? passed : failed(`the next request on the connection was not answered in ${timeoutMs} ms`)
    },
  ),
  onStream(
    {
      name: 'other-methods-are-refused',
      section: 'RFC 9110 §15.5.6',
      level: 'good-practice',
      title: 'a method that streams are not for is refused',
      advice: `A stream was opened for ${OTHER_METHOD}: answer 405 to methods that the stream is not for.`,
    },
    async (_, server) => {
      const head = await ask(server, { method: OTHER_METHOD })
      return isStream(head) ? failed(`${OTHER_METHOD} opens a stream`) : passed
    },
  ),
  onStream(
    {
      name: 'allow-with-405',
      section: 'RFC 9110 §15.5.6',
      level: 'must',
      title: 'a response 405 says what is allowed',
      advice: 'Send an `Allow` header with status 405.',
    },
    async (_, server) => {
      const head = await ask(server, { method: OTHER_METHOD })
      if (head.status !== 405) return skipped(`${OTHER_METHOD} is answered with ${head.status}`)
      return head.get('allow') === undefined ? failed('405 without Allow') : passed
    },
  ),
  accepts('accept-missing', 'no Accept header', undefined),
  accepts('accept-any', 'Accept: */*', '*/*'),
  accepts(
    'accept-with-quality',
    'a quality and other types in Accept',
    'text/html;q=0.5, text/event-stream;q=0.9, */*;q=0.1',
  ),
  onStream(
    {
      name: 'accept-that-excludes',
      section: 'RFC 9110 §12.5.1',
      level: 'good-practice',
      title: 'an Accept header that rules out event streams does no harm',
      advice: 'Answer 406, or disregard the header; an error of the server is neither.',
    },
    async (_, server) => {
      const head = await ask(server, { headers: { accept: 'application/json' } })
      return head.status < 500 ? passed : failed(`status ${head.status}`)
    },
  ),
]

function accepts(name: string, what: string, accept: string | undefined): ServerCase {
  return onStream(
    {
      name,
      section: 'RFC 9110 §12.5.1',
      level: 'good-practice',
      title: `a request with ${what} gets the stream`,
      advice:
        'Clients that use `fetch` send `*/*` or nothing: what is acceptable by the rules of RFC 9110 must get the stream.',
    },
    async (_, server) => {
      const head = await ask(server, { headers: { accept } })
      return isStream(head)
        ? passed
        : failed(`status ${head.status}, ${head.get('content-type') ?? 'no content type'}`)
    },
  )
}

/** The head of the answer to a request, whose stream is not read. */
async function ask(server: ServerUnderTest, request: StreamRequest): Promise<ResponseHead> {
  using exchange = server.open(request)
  return await exchange.awaitHead(server.settings.timeoutMs)
}
