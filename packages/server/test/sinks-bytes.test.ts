/** All ways of a stream carry the same bytes, whatever is written and however the client reads. */
import { FakeClock, seeded, turns } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { EventSourceResponse, type StreamItem } from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { NodeFaceServer } from './node-face-server.ts'
import { FRAMEWORK_FACES, NODE_FACES } from './node-faces.ts'

const SEEDS = [1, 2, 3, 4]
const ITEMS = 60
const PING = ': ping\n\n'
const SIZES = [0, 0, 1, 1, 100, 100, 4_095, 4_096, 16_384, 65_535, 65_536, 200_000]
const TEXTS = ['a', 'é', '€', '😀']

interface Script {
  readonly items: readonly StreamItem[]
  /** What the client gets for them. */
  readonly expected: Buffer
}

function script(random: () => number): Script {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const items: StreamItem[] = []
  const expected: Buffer[] = []
  // The same bytes again and again, which may be framed once, and bytes whose owner changes them afterwards.
  const shared = Buffer.from('data: shared\n\n')
  for (let n = 0; n < ITEMS; n++) {
    const text = pick(TEXTS).repeat(pick(SIZES))
    const kind = random()
    if (kind < 0.4) items.push(text)
    else if (kind < 0.8) items.push(Buffer.from(text))
    else items.push(shared)
    expected.push(kind < 0.4 ? Buffer.from(`data: ${text}\n\n`) : kind < 0.8 ? Buffer.from(text) : shared)
  }
  return { items, expected: Buffer.concat(expected) }
}

/** What is compared: not megabytes, which nobody reads when they differ. */
function fingerprint(bytes: Buffer): { length: number; text: string } {
  let sum = 0
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0
  return { length: bytes.length, text: sum.toString(16) }
}

describe.each([...NODE_FACES, ...FRAMEWORK_FACES])('the bytes of a stream by $name', (face) => {
  it.each(SEEDS)('are those that were written (seed %i)', async (seed) => {
    const random = seeded(seed)
    const { items, expected } = script(random)
    const clock = new FakeClock()
    async function* source(): AsyncGenerator<StreamItem> {
      for (const item of items) {
        yield item
        if (random() < 0.3) await turns(1)
        if (random() < 0.3) clock.advance(1_000)
      }
    }
    await using server = await NodeFaceServer.start(face, (request, response) =>
      new EventSourceResponse<NodeRequest>(source, {
        clock,
        pingIntervalMs: 1_000,
        pingMessage: () => ({ comment: 'ping' }),
      }).send(request, response),
    )
    using client = (await server.ask()).read()
    await expect
      .poll(() => {
        if (random() < 0.5) client.stall()
        else client.read()
        return server.ends.length
      })
      .toBeGreaterThan(0)
    client.read()
    await expect.poll(() => client.ended).toBe(true)
    expect(client.complete).toBe(true)
    const end = await server.end()
    expect(end).toMatchObject({ reason: 'complete', events: ITEMS, bytes: client.body.length })
    const opening = ': open ping-interval-ms=1000\n\n'
    const body = client.body.toString()
    expect(body.startsWith(opening)).toBe(true)
    expect(body).toContain(PING)
    const events = Buffer.from(body.slice(opening.length).replaceAll(PING, ''))
    expect(fingerprint(events)).toEqual(fingerprint(expected))
  })

  it('are those that the source gave, although it fills the same bytes anew for its next item', async () => {
    const frame = Buffer.alloc(70_000, 'x')
    await using server = await NodeFaceServer.start(face, (request, response) =>
      new EventSourceResponse<NodeRequest>(
        function* () {
          for (const letter of 'abcdef') yield frame.fill(letter)
        },
        { pingIntervalMs: false },
      ).send(request, response),
    )
    using client = await server.ask()
    await expect.poll(() => server.responses.length).toBe(1)
    client.read()
    await expect.poll(() => client.ended).toBe(true)
    expect(client.body.toString().replaceAll(/(.)\1*/g, '$1')).toBe(': open\n\nabcdef')
  })
})
