/** What HTTP clients and servers see of it. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'
import { parseEventStream } from '@sse/core'
import { expect, it } from 'vitest'
import { type ConnectionFaults, faultProxy } from '../../src/node.ts'
import { testCertificate } from '../fixtures/test-certificate.ts'

interface Served extends AsyncDisposable {
  readonly port: number
}

async function serve(listener: RequestListener, tls = false): Promise<Served> {
  const server: Server = tls ? createTlsServer(testCertificate, listener) : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const EVENTS = ['a', 'é', 'c']

const stream: RequestListener = (req, res) => {
  const from = Number(req.headers['last-event-id'] ?? '0')
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const [index, data] of EVENTS.entries())
    if (index >= from) res.write(`id: ${index + 1}\ndata: ${data}\n\n`)
  res.end()
}

/** Reads with a reconnect after each failure, as a client does, and tells the data and how often it failed. */
async function readAll(url: string): Promise<{ data: string[]; failures: number }> {
  const data: string[] = []
  let failures = 0
  for (;;) {
    try {
      const response = await fetch(url, { headers: { 'last-event-id': String(data.length) } })
      for await (const event of parseEventStream(response)) data.push(event.data)
      if (data.length === EVENTS.length) return { data, failures }
    } catch (error) {
      if (++failures > 5) throw error
    }
  }
}

it.each<[string, ConnectionFaults]>([
  ['cut in the head', { cut: { afterBytes: 30 } }],
  ['cut in the body', { cut: { afterBytes: 30, from: 'body' } }],
  ['cut by FIN in the body', { cut: { afterBytes: 30, from: 'body', how: 'fin' } }],
  ['refused', { refuse: true }],
  ['with a damaged chunk size', { corrupt: { atByte: 0, with: 'x', from: 'body' } }],
  ['with a damaged status', { corrupt: { atByte: 0, with: 'SMTP' } }],
])('a stream that was %s is a failure to fetch, and the next connection is whole', async (_, faults) => {
  await using server = await serve(stream)
  await using proxy = await faultProxy({ target: `http://127.0.0.1:${server.port}/events`, faults: [faults] })
  expect(await readAll(proxy.url)).toEqual({ data: EVENTS, failures: 1 })
})

it('a stream that comes byte by byte is the same stream', async () => {
  await using server = await serve(stream)
  await using proxy = await faultProxy({
    target: `http://localhost:${server.port}`,
    faults: { splitBytes: 1, request: { splitBytes: 1 } },
  })
  expect(await readAll(`${proxy.url}/events`)).toEqual({ data: EVENTS, failures: 0 })
})

it('requests name the proxy as their host, unless the target is to be named', async () => {
  const seen: (string | undefined)[] = []
  await using server = await serve((req, res) => {
    seen.push(req.headers.host, req.headers.connection)
    res.end()
  })
  const target = `http://localhost:${server.port}`
  await using plain = await faultProxy({ target })
  await using naming = await faultProxy({ target, rewriteHost: true })
  for (const { url } of [plain, naming, naming]) await (await fetch(url)).text()
  const named = [`localhost:${server.port}`, 'close']
  expect(seen).toEqual([`127.0.0.1:${plain.port}`, 'keep-alive', ...named, ...named])
  expect([plain.statistics().connections, naming.statistics().connections]).toEqual([1, 2])
})

it('a target that speaks TLS is read by a client that does not', async () => {
  const hosts: (string | undefined)[] = []
  const names: unknown[] = []
  await using server = await serve((req, res) => {
    hosts.push(req.headers.host)
    if (req.socket instanceof TLSSocket) names.push(req.socket.servername)
    stream(req, res)
  }, true)
  const target = `https://localhost:${server.port}`
  await using proxy = await faultProxy({
    target,
    tls: { ca: testCertificate.cert },
    faults: [{ cut: { afterBytes: 30, from: 'body' } }, { splitBytes: 3 }],
  })
  expect(await readAll(proxy.url)).toEqual({ data: EVENTS, failures: 1 })
  expect([new Set(hosts), new Set(names)]).toEqual([
    new Set([`localhost:${server.port}`]),
    new Set(['localhost']),
  ])
})

it('a certificate that nobody vouches for is said to be why the target cannot be reached', async () => {
  await using server = await serve(stream, true)
  const errors: unknown[] = []
  await using proxy = await faultProxy({
    target: `https://localhost:${server.port}`,
    observe: (happening) => happening.type === 'unreachable' && errors.push(happening.error),
  })
  await expect(fetch(proxy.url)).rejects.toThrow('fetch failed')
  expect(errors).toEqual([expect.objectContaining({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })])
})
