/** Every way from a Node server to its client copes with clients that leave, break off, or stop reading. */
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { FakeClock } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { EventSourceResponse } from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { captureWarnings } from './captured-warnings.ts'
import { eventually, settled, turn } from './eventually.ts'
import type { NodeFaceClient } from './node-face-clients.ts'
import { NodeFaceServer } from './node-face-server.ts'
import { FRAMEWORK_FACES, NODE_FACES } from './node-faces.ts'

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
      await eventually(() => client.body.toString().includes('data: first\n\n'), 'the first event arrives')
      go(client)
      expect(await server.end()).toMatchObject({ reason: 'client-disconnect', events: 1 })
      await eventually(() => log.includes('next turn'), 'the turn is over')
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
    await eventually(() => client.body.length > 100_000, 'some of it arrives')
    client.reset()
    expect((await server.end()).reason).toBe('client-disconnect')
    expect(flood.closed).toBe(true)
  })

  it('stops reading: what is taken from the source is bounded; reads again: it goes on', async () => {
    const flood = new Flood()
    await using server = await NodeFaceServer.start(face, (request, response) =>
      new EventSourceResponse<NodeRequest>(flood.items(), QUIET).send(request, response),
    )
    using client = (await server.ask()).read()
    await eventually(() => client.body.length > 0, 'the first bytes arrive')
    client.stall()
    const taken = await settled(() => flood.taken, 'the source is not asked any more')
    // Compressed, far more events fit into the buffers of the kernels and of the client.
    if (face.name.includes('compression')) expect(taken).toBeLessThanOrEqual(ENDLESS)
    else expect(taken * flood.bytes).toBeLessThan(24 * 1024 * 1024)
    const read = client.body.length
    client.read()
    await eventually(() => client.body.length > read + 40 * flood.bytes, 'the client reads on')
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
    await eventually(() => server.responses.length === 1, 'the request arrives')
    // What takes its time to fill up, gzip on its threads, is given more.
    await eventually(() => {
      clock.advance(1_000)
      return server.ends.length > 0
    }, 'the stream ends')
    expect(await server.end()).toMatchObject({ reason: 'send-timeout' })
    expect([flood.closed, clock.pendingTimers]).toEqual([true, 0])
    client.read()
    await eventually(() => client.ended, 'the connection is closed')
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
    await eventually(() => server.responses.length === 1, 'the request arrives')
    client.reset()
    await gone.promise
    expect((await server.end()).reason).toBe('client-disconnect')
    await turn()
    expect(flood.taken).toBeLessThan(2)
  })

  it.each(['HEAD', 'DELETE'])(
    'has left before its %s request is answered: nothing throws',
    async (method) => {
      await using server = await NodeFaceServer.start(face, async (request, response) => {
        // Not of the response: node's HTTP/2 does not tell it for HEAD.
        await new Promise((resolve) => request.on('error', () => {}).once('close', resolve))
        await turn()
        return new EventSourceResponse<NodeRequest>([], QUIET).send(request, response)
      })
      using client = await server.ask({ method })
      await eventually(() => server.responses.length === 1, 'the request arrives')
      client.reset()
      expect((await server.end()).reason).toBe(method === 'HEAD' ? 'complete' : 'refused')
      await turn()
    },
  )
})
