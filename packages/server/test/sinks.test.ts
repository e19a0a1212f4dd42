/** What every way from a Node server to its client has in common. */
import { createMemoryChannel } from '@sse/core'
import { describe, expect, it } from 'vitest'
import {
  EventSourceResponse,
  type EventSourceResponseOptions,
  type StreamContentOrFactory,
} from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { never } from './fake-sink.ts'
import { NodeFaceServer } from './node-face-server.ts'
import { FRAMEWORK_FACES, NODE_FACES, type NodeFace } from './node-faces.ts'

const QUIET = { pingIntervalMs: false } as const

function serve(
  face: NodeFace,
  content: StreamContentOrFactory<NodeRequest>,
  options: EventSourceResponseOptions<NodeRequest> = QUIET,
): Promise<NodeFaceServer> {
  return NodeFaceServer.start(face, (request, response) =>
    new EventSourceResponse(content, options).send(request, response),
  )
}

describe.each([...NODE_FACES, ...FRAMEWORK_FACES])('a stream by $name', (face) => {
  it('has the head of an event stream, each header once, and no connection header on HTTP/2', async () => {
    await using server = await serve(face, never(), { status: 202, headers: { 'X-Mine': 'yes' } })
    using client = (await server.ask()).read()
    const { status, headers } = await client.head()
    expect(status).toBe(202)
    const named = (name: string): string[] =>
      headers.filter(([header]) => header === name).map(([, value]) => value)
    expect(named('content-type')).toEqual(['text/event-stream; charset=utf-8'])
    expect(named('cache-control')).toEqual(['no-store, no-transform'])
    expect(named('x-accel-buffering')).toEqual(['no'])
    expect(named('x-mine')).toEqual(['yes'])
    expect(named('content-length')).toEqual([])
    expect(named('connection')).toEqual(face.http2 ? [] : [face.old ? 'close' : 'keep-alive'])
  })

  it('reaches the client before its source has given anything', async () => {
    await using server = await serve(face, never(), { pingIntervalMs: 2_500, retryMs: 4_000 })
    using client = (await server.ask()).read()
    await expect.poll(() => client.body.toString()).toBe(': open ping-interval-ms=2500\nretry: 4000\n\n')
  })

  it('brings each event when it is written, not with the next one', async () => {
    const [sender, receiver] = createMemoryChannel<string>(0)
    await using server = await serve(face, receiver)
    using client = (await server.ask()).read()
    for (let n = 0; n < 20; n++) {
      await sender.send(`event ${n}`)
      await expect
        .poll(() => client.body.toString().endsWith(`\n\ndata: event ${n}\n\n`), {
          message: `event ${n} arrives`,
        })
        .toBe(true)
    }
    sender.close()
    expect(await server.end()).toMatchObject({ reason: 'complete', events: 20 })
  })

  it('is ended properly, and counts what it carried', async () => {
    await using server = await serve(face, ['é€😀', { event: 'e', data: { a: 1 } }])
    using client = (await server.ask()).read()
    await expect.poll(() => client.ended).toBe(true)
    expect(client.complete).toBe(true)
    expect(client.body.toString()).toBe(': open\n\ndata: é€😀\n\nevent: e\ndata: {"a":1}\n\n')
    expect(await server.end()).toMatchObject({ reason: 'complete', events: 2, bytes: client.body.length })
  })

  it('goes on after an item of no bytes', async () => {
    await using server = await serve(face, [
      new Uint8Array(0),
      'one',
      new Uint8Array(0),
      Buffer.alloc(0),
      'two',
    ])
    using client = (await server.ask()).read()
    await expect.poll(() => client.ended).toBe(true)
    expect(client.complete).toBe(true)
    expect(client.body.toString()).toBe(': open\n\ndata: one\n\ndata: two\n\n')
  })

  it('is refused to a method that cannot ask for one, and its content is closed', async () => {
    await using server = await serve(face, never())
    using client = (await server.ask({ method: 'DELETE' })).read()
    const { status, headers } = await client.head()
    expect(status).toBe(405)
    expect(headers).toContainEqual(['allow', 'GET, HEAD, POST, QUERY'])
    expect(headers).toContainEqual(['content-type', 'text/plain; charset=utf-8'])
    await expect.poll(() => client.ended).toBe(true)
    expect(client.body.toString()).toMatch(/^This event stream cannot be asked for by DELETE\. .*\n$/)
    expect(await server.end()).toEqual({
      reason: 'refused',
      status: 405,
      events: 0,
      bytes: 0,
      wireBytes: 0,
      durationMs: 0,
    })
  })

  it('is refused to a client that does not take one', async () => {
    await using server = await serve(face, never())
    using client = (await server.ask({ headers: { accept: 'text/html' } })).read()
    const { status, headers } = await client.head()
    expect(status).toBe(406)
    expect(headers).toContainEqual(['vary', 'accept'])
    expect((await server.end()).status).toBe(406)
  })

  it('is only its head to a HEAD request', async () => {
    const content = never()
    await using server = await serve(face, content)
    using client = (await server.ask({ method: 'HEAD' })).read()
    const { status, headers } = await client.head()
    expect(status).toBe(200)
    expect(headers).toContainEqual(['content-type', 'text/event-stream; charset=utf-8'])
    expect(client.body.length).toBe(0)
    expect((await server.end()).reason).toBe('complete')
    expect(await content.next()).toEqual({ done: true, value: undefined })
  })
})
