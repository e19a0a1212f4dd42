import { turns } from '@sse/testing'
/** What the integration tests of sse-starlette 3.4.5 check, with several clients at a time. Their names are quoted. */
import { describe, expect, it } from 'vitest'
import { EventSourceResponse } from '../src/index.ts'
import { dechunk, RawClient } from './raw-client.ts'
import { StreamServer } from './stream-server.ts'

describe('test_sse_multiple_consumers', () => {
  it('three clients at a time get all lines each', async () => {
    const lines = Array.from({ length: 100 }, (_, n) => `line ${n}`)
    await using server = await StreamServer.start((request, response) =>
      new EventSourceResponse(
        async function* () {
          for (const line of lines) {
            yield line
            await turns(1)
          }
        },
        { pingIntervalMs: false },
      ).send(request, response),
    )
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.connect(server.port)))
    for (const client of clients) await client.read().until('\r\n0\r\n\r\n')
    for (const client of clients) expect(dechunk(client.received).match(/(?<=data: ).*/g)).toEqual(lines)
  })
})

describe('test_sse_server_termination', () => {
  it.each([
    ['sends on and on', true],
    ['idles after one event (main_endless_conditional)', false],
  ])('a server that dies cuts its clients off in the middle of a stream that %s', async (_, endless) => {
    const cleaned: number[] = []
    const server = await StreamServer.start((request, response) =>
      new EventSourceResponse(
        async function* ({ signal }) {
          try {
            yield 'first'
            const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve))
            while (endless && !signal.aborted) {
              yield 'more'
              await turns(1)
            }
            await aborted
          } finally {
            cleaned.push(1)
          }
        },
        { pingIntervalMs: false },
      ).send(request, response),
    )
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.connect(server.port)))
    for (const client of clients) await client.read().until('data: first')
    await server[Symbol.asyncDispose]()
    await expect
      .poll(() => clients.every(({ ended }) => ended), { message: 'the clients are cut off' })
      .toBe(true)
    for (const client of clients) expect(client.received).not.toContain('\r\n0\r\n\r\n')
    await expect
      .poll(() => cleaned.length === 3 && server.ends.length === 3, { message: 'the sources are cleaned up' })
      .toBe(true)
  })
})
