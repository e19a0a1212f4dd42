import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener, serve } from '@hono/node-server'
import { encodeFrame } from '@sse/core'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { afterEach, describe, expect, it } from 'vitest'
import type { NodeHandler, NodeRecordSource, RecordSource } from '../../src/index.ts'
import { record } from '../../src/index.ts'

/** A framework has to set itself up, on a machine that has other work too. */
const PATIENT_MS = 60_000

/** Two events, and then open until its reader leaves. `left` settles when it has. */
interface TwoEvents {
  readonly left: Promise<void>
  readonly requests: {
    readonly lastEventId: string | undefined
    readonly method: string
    readonly body: string
  }[]
}

function nodeStream(): TwoEvents & { readonly handler: NodeHandler } {
  const left = Promise.withResolvers<void>()
  const requests: TwoEvents['requests'] = []
  return {
    left: left.promise,
    requests,
    handler: async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const lastEventId = request.headers['last-event-id'] as string | undefined
      requests.push({ lastEventId, method: request.method ?? '', body })
      request.socket.setNoDelay(true)
      request.socket.setKeepAlive(true)
      request.socket.setTimeout(0)
      response.once('close', () => left.resolve())
      response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': ['a=1', 'b=2'] })
      response.write(': hello\n\n')
      for (const id of ['1', '2'])
        response.write(encodeFrame({ id, event: 'price', data: { value: Number(id) } }))
    },
  }
}

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function listen(server: http.Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

type Made = TwoEvents & { readonly source: RecordSource | NodeRecordSource; readonly path: string }

const sources: Record<string, () => Promise<Made>> = {
  'a function (request, response)': async () => {
    const stream = nodeStream()
    return { ...stream, source: stream.handler, path: '/' }
  },
  'an http.Server that does not listen': async () => {
    const stream = nodeStream()
    return { ...stream, source: http.createServer(stream.handler), path: '/' }
  },
  'an http.Server behind its URL': async () => {
    const stream = nodeStream()
    return { ...stream, source: await listen(http.createServer(stream.handler)), path: '/' }
  },
  'an Express app': async () => {
    const stream = nodeStream()
    const app = express().use('/events', stream.handler)
    return { ...stream, source: app, path: '/events' }
  },
  'an Express app behind its URL': async () => {
    const stream = nodeStream()
    const app = express().use('/events', stream.handler)
    return { ...stream, source: await listen(http.createServer(app)), path: '/events' }
  },
  'a Fastify instance': async () => {
    const { app, stream } = fastifyApp()
    return { ...stream, source: app, path: '/events' }
  },
  'the routing of Fastify': async () => {
    const { app, stream } = fastifyApp()
    await app.ready()
    return { ...stream, source: app.routing, path: '/events' }
  },
  'Fastify behind its URL': async () => {
    const { app, stream } = fastifyApp()
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return { ...stream, source: url, path: '/events' }
  },
  'a Hono app': async () => {
    const { app, stream } = honoApp()
    return { ...stream, source: app, path: '/events' }
  },
  'the fetch of a Hono app': async () => {
    const { app, stream } = honoApp()
    return { ...stream, source: (request: Request) => app.fetch(request), path: '/events' }
  },
  'a Hono app as a listener of Node': async () => {
    const { app, stream } = honoApp()
    return { ...stream, source: getRequestListener(app.fetch), path: '/events' }
  },
  'a Hono app behind its URL': async () => {
    const { app, stream } = honoApp()
    const listening = Promise.withResolvers<number>()
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
      listening.resolve(port),
    )
    open.push(() => {
      if (server instanceof http.Server) server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    })
    return { ...stream, source: new URL(`http://127.0.0.1:${await listening.promise}`), path: '/events' }
  },
}

function fastifyApp() {
  const stream = nodeStream()
  const app = fastify({ forceCloseConnections: true })
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.all('/events', (request, reply) => {
    reply.hijack()
    stream.handler(request.raw, reply.raw)
  })
  open.push(() => app.close())
  return { app, stream }
}

function honoApp() {
  const left = Promise.withResolvers<void>()
  const requests: TwoEvents['requests'] = []
  const app = new Hono()
  app.on(['GET', 'POST'], '/events', async (c) => {
    const { method, headers } = c.req.raw
    requests.push({
      method,
      lastEventId: headers.get('last-event-id') ?? undefined,
      body: await c.req.text(),
    })
    c.header('set-cookie', 'a=1', { append: true })
    c.header('set-cookie', 'b=2', { append: true })
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => left.resolve())
      await stream.write(': hello\n\n')
      for (const id of ['1', '2'])
        await stream.writeSSE({ id, event: 'price', data: JSON.stringify({ value: Number(id) }) })
      await left.promise
    })
  })
  return { app, stream: { left: left.promise, requests } }
}

describe.each(Object.entries(sources))('record(%s)', (name, make) => {
  it('records what comes, asks as told, and is seen to leave', async () => {
    const { source, path, left, requests } = await make()
    const stream = await record(source, {
      path,
      method: 'POST',
      body: 'täxt',
      lastEventId: 'ä0',
      timeoutMs: PATIENT_MS,
    })
    expect(stream.response).toMatchObject({ status: 200, text: '' })
    expect(stream.response?.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(await stream.take('price', 2)).toMatchObject([
      { id: '1', data: '{"value":1}', lastEventId: '1' },
      { id: '2', data: '{"value":2}', lastEventId: '2' },
    ])
    expect(stream.comments).toMatchObject([{ text: 'hello' }])
    expect(stream.entries.map(({ kind }) => kind)).toEqual(['open', 'comment', 'event', 'event'])
    expect(Buffer.from(stream.events[1]?.bytes ?? []).toString()).toMatch(
      /^(event: price|id: 2)\n.*\n.*\n\n$/,
    )
    expect(stream.end).toBeUndefined()
    await stream.close()
    await left
    expect(stream.end).toMatchObject({ reason: 'closed' })
    const sent = requests[0]
    expect(sent).toMatchObject({ method: 'POST' })
    if (!name.includes('astify')) expect(sent?.body).toBe('täxt')
    expect(Buffer.from(sent?.lastEventId ?? '', 'latin1').toString()).toBe('ä0')
  })

  it('connects again after the last event, or after another', async () => {
    const { source, path, requests } = await make()
    await using stream = await record(source, { path, timeoutMs: PATIENT_MS })
    await stream.next(2)
    await using again = await stream.reconnect()
    await using other = await stream.reconnect({ lastEventId: '1' })
    await again.next()
    await other.next()
    expect(requests.map(({ lastEventId, method }) => [lastEventId, method])).toEqual([
      [undefined, 'GET'],
      ['2', 'GET'],
      ['1', 'GET'],
    ])
  })
})
