/** What middleware in front of a stream does to it. */
import { describe, expect, it } from 'vitest'
import { ConnectionLimiter } from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { captureWarnings } from './captured-warnings.ts'
import { Http1Client } from './http1-client.ts'
import { serve } from './http1-server.ts'
import { compress, observe } from './node-faces.ts'

const QUIET = { pingIntervalMs: false } as const

describe('the head of a stream', () => {
  it('keeps what middleware put there, but not the length of another body', async () => {
    await using server = await serve({
      content: ['one'],
      before: (response) => {
        response.setHeader('Content-Length', '3')
        response.setHeader('X-Request-Id', '7')
        response.setHeader('Set-Cookie', ['a=1', 'b=2'])
        response.setHeader('Content-Encoding', 'identity')
      },
    })
    using client = (await Http1Client.connect(server.port)).send('GET', '/').read()
    const { headers, body } = await client.response(0, ({ complete }) => complete)
    expect(body.toString()).toBe(': open\n\ndata: one\n\n')
    expect(headers.map(([name]) => name)).not.toContain('content-length')
    for (const header of [
      ['x-request-id', '7'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['content-encoding', 'identity'],
    ])
      expect(headers).toContainEqual(header)
  })

  it.each(['HEAD', 'DELETE'])('is not left with that length by %s', async (method) => {
    await using server = await serve({
      content: ['one'],
      before: (response) => response.setHeader('content-length', '3'),
    })
    using client = (await Http1Client.connect(server.port)).send(method, '/').read()
    const { headers, body } = await client.response(0, ({ complete }) => complete)
    expect(headers).not.toContainEqual(['content-length', '3'])
    if (method === 'DELETE') expect(body.toString()).toMatch(/Use GET or HEAD or POST or QUERY\.\n$/)
  })

  it('that middleware breaks ends as an error, and lets nobody wait: no connection, no place in a limiter', async () => {
    using warnings = captureWarnings()
    const failure = new Error('in a hook of the head')
    const limiter = new ConnectionLimiter<NodeRequest>({ max: 1 })
    await using server = await serve({
      content: ['one'],
      options: { ...QUIET, limiter },
      before: (response) => {
        response.writeHead = () => {
          throw failure
        }
      },
    })
    using client = (await Http1Client.connect(server.port)).send('GET', '/').read()
    await expect.poll(() => client.ended).toBe(true)
    expect(await server.end()).toMatchObject({ reason: 'error', error: failure })
    expect(warnings.all).toMatchObject([{ cause: failure }])
    expect(limiter.open()).toBe(0)
  })
})

describe('middleware', () => {
  it('that looks at what is written sees the bytes of the stream, without those of HTTP', async () => {
    const seen: Uint8Array[] = []
    await using server = await serve({ content: ['one'], before: (response) => observe(response, seen) })
    using client = (await Http1Client.connect(server.port)).send('GET', '/').read()
    await client.response(0, ({ complete }) => complete)
    expect(Buffer.concat(seen).toString()).toBe(': open\n\ndata: one\n\n')
  })

  it('that compresses is not given a listener for each time that it was full', async () => {
    using warnings = captureWarnings()
    const noise = crypto.getRandomValues(new Uint8Array(60_000))
    await using server = await serve({ content: Array.from({ length: 60 }, () => noise), before: compress })
    using client = (await Http1Client.connect(server.port)).send('GET', '/').read()
    const { body } = await client.response(0, ({ complete }) => complete)
    expect(body.length).toBe(8 + 60 * noise.length)
    expect(warnings.all).toEqual([])
  })
})
