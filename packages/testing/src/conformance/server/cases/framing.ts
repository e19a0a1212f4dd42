import { failed, passed, skipped, type Verdict } from '../../case-run.ts'
import { nodeModule } from '../../node-module.ts'
import type { ServerCase } from '../server-case.ts'
import type { ServerUnderTest } from '../server-under-test.ts'
import { onStream } from './on-stream.ts'

/** What HTTP/2 forbids (RFC 9113 §8.2.2). */
const CONNECTION_SPECIFIC = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']

/** How the stream is carried by the versions of HTTP. */
export const FRAMING: readonly ServerCase[] = [
  onStream(
    {
      name: 'http-1.1-chunks',
      section: 'RFC 9112 §7.1',
      level: 'must',
      title: 'chunks are well formed',
      advice:
        'The chunked coding is broken: leave it to the HTTP library, and do not write to its socket beside it.',
    },
    ({ exchange }) => {
      if (exchange.framing !== 'chunked') return skipped('the body is not chunked')
      return exchange.framingError === undefined ? passed : failed(exchange.framingError)
    },
  ),
  onStream(
    {
      name: 'http-1.1-close',
      section: 'RFC 9112 §9.6',
      level: 'must',
      title: 'a body that ends with its connection says so',
      advice:
        'Without chunks and without a length, send `Connection: close`: the connection cannot be used again.',
    },
    ({ exchange, head }) => {
      if (exchange.framing !== 'close')
        return skipped(`the body is ${exchange.framing === 'chunked' ? 'chunked' : 'of known length'}`)
      return /\bclose\b/i.test(head.get('connection') ?? '') ? passed : failed('no Connection: close')
    },
  ),
  onStream(
    {
      name: 'http-1.0',
      section: 'RFC 9112 §6.1',
      level: 'must',
      title: 'a client of HTTP/1.0 gets no Transfer-Encoding',
      advice:
        'HTTP/1.0 knows no chunks: end the body with its connection. Old proxies (nginx by default) speak 1.0 to their servers.',
    },
    async (_, server) => {
      using exchange = server.open({ version: '1.0' })
      const { status, get } = await exchange.awaitHead(server.settings.timeoutMs)
      if (status === 426 || status === 505) return skipped(`the server answers HTTP/1.0 with ${status}`)
      const coding = get('transfer-encoding')
      return coding === undefined ? passed : failed(`Transfer-Encoding: ${coding}`)
    },
  ),
  {
    name: 'http-2-no-connection-header',
    section: 'RFC 9113 §8.2.2',
    level: 'must',
    title: 'there is no Connection header on HTTP/2',
    advice:
      'HTTP/2 forbids `connection`, `keep-alive` and `transfer-encoding`: clients treat such a response as broken.',
    judge: judgeHttp2,
  },
]

async function judgeHttp2(server: ServerUnderTest): Promise<Verdict> {
  const { url, method, headers, timeoutMs, http2 } = server.settings
  if (url.protocol === 'http:' && !http2)
    return skipped('it was asked by http: without TLS; pass http2: true if the server speaks HTTP/2 there')
  if (method !== 'GET') return skipped(`it was asked with ${method}`)
  const session = nodeModule('node:http2').connect(url.origin)
  const { promise, resolve } = Promise.withResolvers<Verdict>()
  const timer = setTimeout(() => resolve(skipped(`no response over HTTP/2 in ${timeoutMs} ms`)), timeoutMs)
  let connected = false
  session.on('connect', () => {
    connected = true
  })
  // Without a common protocol, the session fails before it is there.
  session.on('error', (error) =>
    resolve(connected ? failed(error.message) : skipped('the server speaks no HTTP/2')),
  )
  const stream = session.request({
    ...headers,
    ':path': url.pathname + url.search,
    accept: 'text/event-stream',
  })
  stream.on('response', (fields) => {
    const found = CONNECTION_SPECIFIC.filter((name) => name in fields)
    resolve(found.length === 0 ? passed : failed(found.join(', ')))
  })
  stream.on('error', (error) =>
    resolve(connected ? failed(error.message) : skipped('the server speaks no HTTP/2')),
  )
  const verdict = await promise
  clearTimeout(timer)
  stream.destroy()
  session.destroy()
  return verdict
}
