/**
 * How often a server of node:http2 is never told that a client's connection was reset while a response was under way. Nothing of @sse/* takes part.
 * Pass how many times it is tried, 60 by default.
 */
import { once } from 'node:events'
import {
  connect as connectHttp2,
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2ServerResponse,
} from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { testCertificate } from '../../packages/testing/test/fixtures/test-certificate.ts'

/** A server that has not been told by then is not told later either. */
const PATIENCE_MS = 1_500
const CHUNK = Buffer.alloc(50_000, 'x')

/** Writes as much as the client takes, for as long as there is one. */
function writeForEver(response: Http2ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(CHUNK));
  }
  response.on('drain', more)
  more()
}

/** Whether the server's response was closed after its connection was reset. */
async function isTold(server: Http2Server, tls: boolean): Promise<boolean> {
  const sockets = new Set<Socket>()
  const { promise: told, resolve } = Promise.withResolvers<boolean>()
  server.on('connection', (socket) => sockets.add(socket))
  server.on('sessionError', () => {})
  server.on('request', (_request, response) => {
    response.on('error', () => {})
    response.on('close', () => resolve(true))
    writeForEver(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const tcp = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const socket = tls ? connectTls({ socket: tcp, ALPNProtocols: ['h2'], rejectUnauthorized: false }) : tcp
  for (const one of [tcp, socket]) one.on('error', () => {})
  await once(socket, tls ? 'secureConnect' : 'connect')
  const session = connectHttp2('http://localhost', { createConnection: () => socket })
  session.on('error', () => {})
  const stream = session.request({ ':path': '/' }).on('error', () => {})
  await new Promise<void>((underWay) => {
    let received = 0
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received > 100_000) underWay()
    })
  })
  tcp.resetAndDestroy()
  const late = setTimeout(resolve, PATIENCE_MS, false)
  const result = await told
  clearTimeout(late)
  for (const one of sockets) one.destroy()
  session.destroy()
  server.close()
  return result
}

const tries = Number(process.argv[2] ?? 60)
const SERVERS: readonly [name: string, tls: boolean, create: () => Http2Server][] = [
  ['HTTP/2 over TLS', true, () => createSecureServer(testCertificate)],
  ['HTTP/2 without TLS', false, () => createServer()],
]
for (const [name, tls, create] of SERVERS) {
  let missed = 0
  for (let n = 0; n < tries; n++) if (!(await isTold(create(), tls))) missed++
  process.stdout.write(
    `${name}, Node ${process.versions.node}: ${missed} of ${tries} resets were never told\n`,
  )
}
process.exit()
