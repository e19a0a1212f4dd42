/** Every way from a Node server to its client copes with clients that leave, break off, or stop reading. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { FakeClock, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { EventSourceResponse } from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { captureWarnings } from './captured-warnings.ts'
import type { NodeFaceClient } from './node-face-clients.ts'
import { NodeFaceServer } from './node-face-server.ts'
import { FRAMEWORK_FACES, NODE_FACES } from './node-faces.ts'
import { settled } from './settled.ts'

const QUIET = { pingIntervalMs: false } as const
/** More than any sink takes at once; and a failure, not a hang, where nothing holds the source back. */
const ENDLESS = 2_000

class Flood {
  taken = 0
  closed = false
  readonly bytes = 50_000;

  *items(): Generator<string> {
    try {
      for (; this.taken < ENDLESS; this.taken++) yield 'x'.repeat(this.bytes)
    } finally {
      this.closed = true
    }
  }
}

describe.each([...NODE_FACES, ...FRAMEWORK_FACES])('the client of a stream by $name', (face) => {
  it.each<[string, (client: NodeFaceClient) => void]>([
    ['leaves', (client) => client.leave()],
    ['breaks off', (client) => client.reset()],
  ])(
    '%s: the source is cleaned up in the turn of the close event, and the stream tells why it ended',
    async (_, go) => {
      using warnings = captureWarnings()
      const log: string[] = []
      await using server = await NodeFaceServer.start(face, (request, response) => {
        response.once('close', () => setImmediate(() => log.push('next turn')))
        return new EventSourceResponse<NodeRequest>(
          async function* ({ signal }) {
            try {
              yield 'first'
              await delay(1_000_000, undefined, { signal })
            } finally {
              log.push('finally')
            }
          },
          { ...QUIET, onClose: ({ reason }) => void log.push(reason) },
        ).send(request, response)
      })
      using client = (await server.ask()).read()
      await expect
        .poll(() => client.body.toString().includes('data: first\n\n'), {
          message: 'the first event arrives',
        })
        .toBe(true)
      go(client)
      expect(await server.end()).toMatchObject({ reason: 'client-disconnect', events: 1 })
      await expect.poll(() => log).toContain('next turn')
      expect(log).toEqual(['finally', 'client-disconnect', 'next turn'])
      expect(warnings.all).toEqual([])
    },
  )

  it('breaks off in the middle of a frame', async () => {
    const flood = new Flood()
    await using server = await NodeFaceServer.start(face, (request, response) =>
      new EventSourceResponse<NodeRequest>(flood.items(), QUIET).send(request, response),
    )
    using client = (await server.ask()).read()
    // Turn by turn: of a reset that comes a little later, Node 24 often tells a server of HTTP/2 over TLS nothing.
    while (client.body.length <= 100_000) await turns(1)
    client.reset()
    expect((await server.end()).reason).toBe('client-disconnect')
    expect(flood.closed).toBe(true)
  })

  it('breaks off at any time, told of or not: with a send timeout its stream ends', async () => {
    const flood = new Flood()
    const clock = new FakeClock()
    const options = { ...QUIET, sendTimeoutMs: 10_000, clock }
    await using server = await NodeFaceServer.start(face, (request, response) =>
      new EventSourceResponse<NodeRequest>(flood.items(), options).send(request, response),
    )
    using client = (await server.ask()).read()
    await expect.poll(() => client.body.length).toBeGreaterThan(100_000)
    client.reset()
    const ended = (): number => {
      clock.advance(1_000)
      return server.ends.length
    }
    await expect.poll(ended).toBe(1)
    expect(['client-disconnect', 'send-timeout']).toContain(server.ends[0]?.reason)
    expect(flood.closed).toBe(true)
  })

  it('stops reading: what is taken from the source is bounded; reads again: it goes on', async () => {
    const flood = new Flood()
    await using server = await NodeFaceServer.start(face, (request, response) =>
      new EventSourceResponse<NodeRequest>(flood.items(), QUIET).send(request, response),
    )
    using client = (await server.ask()).read()
    await expect.poll(() => client.body.length).toBeGreaterThan(0)
    client.stall()
    const taken = await settled(() => flood.taken, 'the source is not asked any more')
    // Compressed, far more events fit into the buffers of the kernels and of the client.
    if (face.name.includes('compression')) expect(taken).toBeLessThanOrEqual(ENDLESS)
    else expect(taken * flood.bytes).toBeLessThan(24 * 1024 * 1024)
    const read = client.body.length
    client.read()
    await expect.poll(() => client.body.length).toBeGreaterThan(read + 40 * flood.bytes)
    client.leave()
    await server.end()
    expect(flood.closed).toBe(true)
  })

  it('does not take what was written in time, and is cut off', async () => {
    const clock = new FakeClock()
    const flood = new Flood()
    await using server = await NodeFaceServer.start(face, (request, response) =>
      new EventSourceResponse<NodeRequest>(
        function* () {
          // Nothing that gzip makes smaller.
          const noise = crypto.getRandomValues(new Uint8Array(flood.bytes))
          for (const item of flood.items()) yield item.length > 0 ? noise : item
        },
        { ...QUIET, clock, sendTimeoutMs: 5_000 },
      ).send(request, response),
    )
    using client = await server.ask()
    await expect.poll(() => server.responses.length).toBe(1)
    // What takes its time to fill up, gzip on its threads, is given more.
    await expect
      .poll(() => {
        clock.advance(1_000)
        return server.ends.length
      })
      .toBeGreaterThan(0)
    expect(await server.end()).toMatchObject({ reason: 'send-timeout' })
    expect([flood.closed, clock.pendingTimers]).toEqual([true, 0])
    client.read()
    await expect.poll(() => client.ended).toBe(true)
    expect(client.complete && !face.old).toBe(false)
  })

  it('has left before the stream is sent: the source is closed, and nothing throws', async () => {
    const flood = new Flood()
    const gone = Promise.withResolvers<void>()
    await using server = await NodeFaceServer.start(face, async (request, response) => {
      await once(response, 'close')
      gone.resolve()
      return new EventSourceResponse<NodeRequest>(() => flood.items(), { pingIntervalMs: 1_000 }).send(
        request,
        response,
      )
    })
    using client = await server.ask()
    await expect.poll(() => server.responses.length).toBe(1)
    client.reset()
    await gone.promise
    expect((await server.end()).reason).toBe('client-disconnect')
    await turns(1)
    expect(flood.taken).toBeLessThan(2)
  })

  it.each(['HEAD', 'DELETE'])(
    'has left before its %s request is answered: nothing throws',
    async (method) => {
      await using server = await NodeFaceServer.start(face, async (request, response) => {
        // Not of the response: node's HTTP/2 does not tell it for HEAD.
        await new Promise((resolve) => request.on('error', () => {}).once('close', resolve))
        await turns(1)
        return new EventSourceResponse<NodeRequest>([], QUIET).send(request, response)
      })
      using client = await server.ask({ method })
      await expect.poll(() => server.responses.length).toBe(1)
      client.reset()
      expect((await server.end()).reason).toBe(method === 'HEAD' ? 'complete' : 'refused')
      await turns(1)
    },
  )
})
