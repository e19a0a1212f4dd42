import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import {
  type CaseOutcome,
  type ConformServerOptions,
  conformServer,
  SERVER_RULES,
} from '../../src/conformance/index.ts'
import { SERVER_CASES } from '../../src/conformance/server/cases/index.ts'
import { http2WithConnectionHeader, rawAnswer, withHead } from './raw-answer.ts'
import { after, StreamApp, type StreamAppFaults } from './stream-app.ts'

/** Short: everything is on loopback. */
const QUICK = { observeMs: 500, timeoutMs: 3_000 } as const
/** What is right may take its time. */
const PATIENT = { observeMs: 500, timeoutMs: 60_000 } as const
const ORIGIN = 'https://example.org'

/** A wrong server for each case, which must catch it. */
const BROKEN: Readonly<Record<string, StreamAppFaults>> = {
  'status-200': { status: 201 },
  'content-type': { headers: { 'content-type': 'text/plain' } },
  'charset-utf-8': { headers: { 'content-type': 'text/event-stream; charset="iso-8859-1"' } },
  'cache-control': { headers: { 'cache-control': 'max-age=60' } },
  'no-transform': { headers: { 'cache-control': 'no-store' } },
  'no-content-length': { headers: { 'content-length': '100000' } },
  'identity-is-respected': { headers: { 'content-encoding': 'gzip' } },
  'head-soon': { headWithFirstEvent: true },
  'stays-open': { breaks: true },
  'valid-utf-8': { opening: Uint8Array.of(0x3a, 0xff, 0x0a, 0x0a) },
  'no-bom': { opening: '\uFEFFretry: 1\n\n' },
  'known-fields': { encode: ({ data }) => `data: ${data}\nsecond line\n\n` },
  'retry-digits': { opening: 'retry: 1.5\n\n' },
  'id-without-nul': { encode: ({ id, data }) => `id: \0${id}\ndata: ${data}\n\n` },
  'id-as-header': { encode: ({ id, data }) => `id: ${id}\x01\ndata: ${data}\n\n` },
  'events-have-data': { encode: ({ id }) => `id: ${id}\nevent: tick\n\n` },
  'line-endings': { encode: ({ id, data }) => `id: ${id}\r\ndata: ${data}\n\n` },
  'ends-with-blank-line': { endsAfter: 'data: lost' },
  'blank-line-at-once': { encode: ({ id, data }) => `\nid: ${id}\ndata: ${data}\n` },
  'event-comes-at-once': { deliver: () => {} },
  'gzip-holds-nothing-back': {
    instead(request, response) {
      if (!request.headers['accept-encoding']?.includes('gzip')) return false
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
      response.flushHeaders()
      return true
    },
  },
  'head-like-get': {
    instead: (request, response) => isHead(request.method) && !!response.writeHead(404).end(),
  },
  // Node writes no body for HEAD; what is never ended waits for ever.
  'head-leaves-nothing-open': {
    instead(request, response) {
      if (!isHead(request.method)) return false
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).flushHeaders()
      return true
    },
  },
  'other-methods-are-refused': {
    instead(request) {
      if (request.method === 'PROPFIND') request.method = 'GET'
      return false
    },
  },
  'allow-with-405': {
    instead: (request, response) => request.method === 'PROPFIND' && !!response.writeHead(405).end(),
  },
  'accept-missing': refuses((accept) => accept === undefined),
  'accept-any': refuses((accept) => accept === '*/*'),
  'accept-with-quality': refuses((accept) => accept?.includes('q=') ?? false),
  'accept-that-excludes': refuses((accept) => accept === 'application/json', 500),
  'resume-goes-on': { replay: () => [] },
  'resume-in-order': { replay: (log, id) => [...after(log, id)].reverse() },
  'resume-without-gap': { replay: (log, id) => after(log, id).filter((_, index) => index !== 0) },
  'resume-doubles-nothing': { replay: (log, id) => (id === undefined ? [] : log) },
  'unknown-id': refusesId((id) => id.startsWith('no-such')),
  'huge-id': refusesId((id) => id.length > 5_000),
  'non-ascii-id': refusesId((id) => id.charCodeAt(0) > 127),
  'odd-id': refusesId((id) => id.includes("'")),
  'several-at-once': {
    instead: (_, response, { clients }) => clients.size >= 3 && !!response.writeHead(503).end(),
  },
  'disconnect-hurts-nobody': {
    instead(_, response, { clients }) {
      response.on('close', () => {
        for (const client of clients) client.destroy()
      })
      return false
    },
  },
  'delivery-after-disconnect': {
    deliver(text, clients) {
      // Who writes to the clients in turn, and gives up at the first that is gone.
      const all = [...gone, ...clients]
      for (const client of all) {
        if (gone.has(client)) return
        client.write(text)
      }
    },
    instead(_, response) {
      response.on('close', () => gone.add(response))
      return false
    },
  },
  cors: { headers: { 'access-control-allow-origin': undefined } },
  'cors-preflight': {
    instead: (request, response) => request.method === 'OPTIONS' && !!response.writeHead(405).end(),
  },
}

const gone = new Set<ServerResponse>()

function isHead(method: string | undefined): boolean {
  return method === 'HEAD'
}

function refuses(which: (accept: string | undefined) => boolean, status = 406): StreamAppFaults {
  return {
    instead: ({ headers }, response) => which(headers.accept) && !!response.writeHead(status).end(),
  }
}

function refusesId(which: (id: string) => boolean): StreamAppFaults {
  return {
    instead: ({ headers }, response) =>
      which(String(headers['last-event-id'] ?? '')) && !!response.writeHead(500).end(),
  }
}

async function outcomeOf(
  name: string,
  server: Parameters<typeof conformServer>[0],
  options: ConformServerOptions = {},
): Promise<CaseOutcome | undefined> {
  const { results } = await conformServer(server, { ...QUICK, ...options, only: [name] })
  return results[0]?.outcome
}

describe('conformServer', () => {
  it.concurrent.each(Object.entries(BROKEN))('catches a server that breaks %s', async (name, faults) => {
    const app = new StreamApp(faults)
    expect(await outcomeOf(name, app.handler, { trigger: app.publish, origin: ORIGIN })).toBe('failed')
  })

  it.concurrent.each([
    ['one-framing', withHead('content-length: 5\r\ntransfer-encoding: chunked\r\n', '5\r\n: ok\n\r\n')],
    ['http-1.1-chunks', withHead('transfer-encoding: chunked\r\n', 'xyz\r\n: ok\n\r\n')],
    ['http-1.1-close', withHead('', ': ok\n\n')],
    ['http-1.0', withHead('transfer-encoding: chunked\r\n', '5\r\n: ok\n\r\n')],
    ['head-without-body', withHead('connection: close\r\n', ': ok\n\n')],
  ] as const)('catches a server that breaks %s on the wire', async (name, answer) => {
    await using server = await rawAnswer(answer)
    expect(await outcomeOf(name, server.url)).toBe('failed')
  })

  it.concurrent('catches a first byte that waits for an event', async () => {
    const app = new StreamApp({ opening: '' })
    expect(await outcomeOf('first-byte-soon', app.handler)).toBe('failed')
  })

  it.concurrent('catches a Connection header on HTTP/2, and passes a server of HTTP/2 without', async () => {
    await using broken = await rawAnswer(http2WithConnectionHeader)
    const name = 'http-2-no-connection-header'
    expect(await outcomeOf(name, broken.url, { ...PATIENT, http2: true })).toBe('failed')
    const server = createServer((_, response) => response.writeHead(200).end())
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expect(await outcomeOf(name, `http://127.0.0.1:${port}/`, { ...PATIENT, http2: true })).toBe('passed')
    server.close()
  })

  it.each([
    [17_000, [], 'failed'],
    [17_000, [9_000], 'passed'],
    [2_000, [], 'skipped'],
  ] as const)(
    'judges the pings of %s ms, with bytes after %j ms, as %s',
    async (observedMs, times, outcome) => {
      const ping = SERVER_CASES.find(({ name }) => name === 'ping-when-idle')
      const get = (): string => 'text/event-stream'
      const observation = {
        head: { status: 200, atMs: 0, get },
        exchange: { end: undefined, arrivals: times.map((atMs) => ({ atMs })) },
        observedMs,
      }
      expect(await ping?.judge({ observe: async () => observation } as never)).toMatchObject({ outcome })
    },
  )

  it('has a wrong server for every case', () => {
    const elsewhere = ['one-framing', 'http-1.1-chunks', 'http-1.1-close', 'http-1.0', 'head-without-body']
    const known = [
      ...Object.keys(BROKEN),
      ...elsewhere,
      'first-byte-soon',
      'http-2-no-connection-header',
      'ping-when-idle',
    ]
    expect(known.toSorted()).toEqual(SERVER_RULES.map(({ name }) => name).toSorted())
  })

  it('passes a server that does it right, and says why it could not judge the rest', async () => {
    const app = new StreamApp()
    const report = await conformServer(app.handler, { ...PATIENT, trigger: app.publish, origin: ORIGIN })
    expect(report.results.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(report.results.filter(({ outcome }) => outcome === 'skipped').map(({ name }) => name)).toEqual([
      'http-1.1-close',
      'http-2-no-connection-header',
      'ends-with-blank-line',
      'ping-when-idle',
    ])
  })

  it('skips what there is no stream for, and fails for what there is', async () => {
    const report = await conformServer((_, response) => response.writeHead(404).end(), QUICK)
    expect(report.results.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)).toEqual([
      'status-200',
      'content-type',
    ])
    expect([report.passed, report.exitCode()]).toEqual([false, 1])
  })

  it('never passes a case that it could not judge: without a trigger nothing that needs events passes', async () => {
    const { results } = await conformServer(new StreamApp().handler, QUICK)
    const needing = results.filter(({ name }) => /^(resume|event-comes|gzip|delivery)/.test(name))
    expect(needing.map(({ outcome }) => outcome)).toEqual(needing.map(() => 'skipped'))
  })

  it('fails a server that is not there with what the network says', async () => {
    const { results } = await conformServer('http://127.0.0.1:1/', QUICK)
    expect(results[0]).toMatchObject({ outcome: 'failed', found: expect.stringContaining('ECONNREFUSED') })
  })

  it('sends the method, headers and body that it was given, each time', async () => {
    const seen = new Set<string>()
    await conformServer(
      async (request, response) => {
        let body = ''
        for await (const chunk of request) body += String(chunk)
        if (request.method === 'POST') seen.add(`${request.headers.authorization} ${body}`)
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': ok\n\n')
      },
      { ...QUICK, method: 'POST', headers: { Authorization: 'Bearer é' }, body: '{"a":1}' },
    )
    expect([...seen]).toEqual([`Bearer ${Buffer.from('é').toString('latin1')} {"a":1}`])
  })

  it('keeps a failure that is listed as a deviation from failing the run, and fails one that is listed in vain', async () => {
    const app = new StreamApp({ status: 201 })
    const report = await conformServer(app.handler, {
      ...QUICK,
      only: ['status-200', 'content-type'],
      deviations: { 'status-200': 'it is so', 'content-type': 'it was so' },
    })
    expect(report.results.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['deviates', 'it is so'],
      ['failed', undefined],
    ])
  })

  it.each([
    ['a name that no case has', { only: ['nonsense'] }, 'only'],
    ['a deviation that no case has', { deviations: { nonsense: 'x' } }, 'deviations'],
    ['a duration that is none', { observeMs: Number.NaN }, 'observeMs'],
    ['a header with a line break', { headers: { a: 'b\r\nc: d' } }, 'headers'],
    ['a trigger that is no URL', { trigger: 'nonsense' }, 'trigger'],
  ] as const)('refuses %s', async (_, options, field) => {
    await expect(conformServer('http://127.0.0.1:1/', options)).rejects.toMatchObject({
      code: 'invalid-option',
      field,
    })
  })

  it('refuses what is no URL', async () => {
    await expect(conformServer('ftp://example.org')).rejects.toMatchObject({
      code: 'invalid-option',
      field: 'server',
    })
  })
})
