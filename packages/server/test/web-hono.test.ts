import { type ServerType, serve } from '@hono/node-server'
import { record } from '@sse/testing'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { cors } from 'hono/cors'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as imported from '../src/web/index.ts'
import { RawClient } from './raw-client.ts'

type Face = Pick<typeof imported, 'Channel' | 'EventSourceResponse'>

let server: ServerType | undefined
afterEach(() => server?.close())

/** As people start it: from here on the global Request and Response are those of @hono/node-server. */
function start(app: Hono): Promise<number> {
  return new Promise((resolve) => {
    server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port))
  })
}

function appWith(face: Face, channel: imported.Channel, ends: imported.StreamEnd[]): Hono {
  const app = new Hono()
  app.use(cors({ origin: 'https://app.example' }))
  app.use(compress())
  app.get('/prices', (c) => {
    const response = new face.EventSourceResponse(channel, {
      request: c.req.raw,
      headers: { 'x-mine': 'yes' },
    })
    void response.ended.then((end) => ends.push(end))
    return response
  })
  app.get('/careless', () => new face.EventSourceResponse(channel))
  return app
}

// The class is made when the module is first imported: of whichever Response is there.
describe.each<[string, () => Promise<Face>]>([
  ['imported before the server starts', async () => imported],
  [
    "imported after @hono/node-server has put its own Response in the place of the runtime's",
    async () => {
      await start(new Hono())
      server?.close()
      vi.resetModules()
      return import('../src/web/index.ts')
    },
  ],
])('a Hono application, with the web face %s', (_, importFace) => {
  it('sends a channel, with the headers of its middleware, and sees the client leave', async () => {
    const face = await importFace()
    const channel = new face.Channel()
    const ends: imported.StreamEnd[] = []
    const port = await start(appWith(face, channel, ends))
    const headers = { origin: 'https://app.example', 'accept-encoding': 'gzip' }
    using client = (await RawClient.connect(port, { path: '/prices', headers })).read()
    await client.until(': open')
    expect(client.received).toContain('access-control-allow-origin: https://app.example')
    expect(client.received).toContain('content-type: text/event-stream; charset=utf-8')
    expect(client.received).toContain('x-mine: yes')
    expect(client.received).not.toContain('content-encoding')
    await expect.poll(() => channel.subscribers).toBe(1)
    channel.publish('price', 1)
    await client.until('data: 1\n\n')
    client.leave()
    await expect.poll(() => ends.length).toBe(1)
    expect(ends).toMatchObject([{ reason: 'client-disconnect', events: 1 }])
    expect(channel.subscribers).toBe(0)
  })
})

describe('Hono', () => {
  it('answers HEAD for the route, and no stream is left behind, also where it was not given the request', async () => {
    const channel = new imported.Channel()
    const ends: imported.StreamEnd[] = []
    const port = await start(appWith(imported, channel, ends))
    for (const path of ['prices', 'careless']) {
      const response = await fetch(`http://127.0.0.1:${port}/${path}`, { method: 'HEAD' })
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    }
    expect(ends).toMatchObject([{ reason: 'complete' }])
    expect(channel.subscribers).toBe(0)
  })

  it('goes through fetch to a parser, connection after connection', async () => {
    const channel = new imported.Channel()
    const port = await start(appWith(imported, channel, []))
    const first = channel.publish('price', 1)
    channel.publish('price', 2)
    await using stream = await record(`http://127.0.0.1:${port}/prices`, {
      lastEventId: first,
      timeoutMs: 60_000,
    })
    expect(await stream.next()).toMatchObject({ type: 'price', data: '2' })
    await stream.close()
    await expect.poll(() => channel.subscribers).toBe(0)
  })
})
