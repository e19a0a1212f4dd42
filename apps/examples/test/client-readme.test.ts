import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { Channel, EventSourceResponse } from '@sse/server'
import { expect, test } from 'vitest'
import { freePort } from '../../../packages/server/test/brokers/free-port.ts'
import { Example } from './example.ts'

const README = readFileSync(new URL('../../../packages/client/README.md', import.meta.url), 'utf8')
const folder = new URL('../client/', import.meta.url)

/** A channel on a free port that ticks, and remembers what it was asked. */
async function serveTicks(): Promise<AsyncDisposable & { port: number; requests: IncomingMessage[] }> {
  const port = await freePort()
  const channel = new Channel()
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    void new EventSourceResponse(channel).send(request, response)
  }).listen(port)
  const ticking = setInterval(() => channel.publish('tick', { at: Date.now() }), 20)
  return {
    port,
    requests,
    async [Symbol.asyncDispose]() {
      clearInterval(ticking)
      server.close()
      server.closeAllConnections()
    },
  }
}

test.each(readdirSync(folder))('the README of @sse/client shows %s as it is', (name) => {
  expect(README).toContain(readFileSync(new URL(name, folder), 'utf8').trim())
})

test('the smallest client follows a channel', async () => {
  await using server = await serveTicks()
  using client = Example.run(new URL('follow.ts', folder), server.port)
  await client.printed(/^[0-9a-v]{8}-\d+ \d{13}\n[0-9a-v]{8}-\d+ \d{13}$/m)
})

test('the shared client follows it, too', async () => {
  await using server = await serveTicks()
  using client = Example.run(new URL('shared.ts', folder), server.port)
  await client.printed(/^(leading|alone) \d{13}$/m)
})

test('the typed client sends its token, tells its states, and ends with its loop', async () => {
  await using server = await serveTicks()
  using client = Example.run(new URL('typed.ts', folder), server.port)
  await client.printed(
    /\(connecting, attempt 1\)\n.*\(open for .*\n.*\(closed, closed, after "[0-9a-v]{8}-\d+"\)/,
  )
  expect(await client.exitCode()).toBe(0)
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret'])
})

test('the client of a language model prints the tokens of its answer, and asks once', async () => {
  const port = await freePort()
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push(await text(request))
    const tokens = ['Hel', 'lo', ' there'].map((content) => ({ data: { choices: [{ delta: { content } }] } }))
    await new EventSourceResponse([...tokens, '[DONE]']).send(request, response)
  }).listen(port)
  try {
    using client = Example.run(new URL('tokens.ts', folder), port)
    await client.printed(/Hello there$/)
    expect(await client.exitCode()).toBe(0)
    expect(bodies.map((body) => JSON.parse(body).stream)).toEqual([true])
  } finally {
    server.close()
  }
})

test('the client that measures its traffic tells it beside the events', async () => {
  await using server = await serveTicks()
  using client = Example.run(new URL('traffic.ts', folder), server.port)
  await client.printed(/^\{"at":\d+\} (\d+) bytes on the wire for \1 bytes of stream$/m)
})

test('the standard client reads with headers of its own, and tells when it reconnects', async () => {
  await using server = await serveTicks()
  using client = Example.run(new URL('standard.ts', folder), server.port)
  await client.printed(/^[0-9a-v]{8}-\d+ \{"at":\d+\}$/m)
  expect(server.requests[0]?.headers.authorization).toBe('Bearer secret')
  server.requests[0]?.socket.destroy()
  await client.printed(/^reconnecting$/m)
})
