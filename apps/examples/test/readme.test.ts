import { readdirSync, readFileSync } from 'node:fs'
import type { Recording } from '@sse/testing'
import { expect, test } from 'vitest'
import { freePort } from '../../../packages/server/test/brokers/free-port.ts'
import { Example } from './example.ts'
import { record } from './patient-record.ts'

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const folder = new URL('../readme/', import.meta.url)
const docs = new URL('../docs/', import.meta.url)

/** Connects to an example as soon as it listens. */
async function connect(port: number): Promise<Recording> {
  let response: Response | undefined
  await expect
    .poll(async () => (response = await fetch(`http://localhost:${port}`).catch(() => undefined)))
    .toBeDefined()
  return record(response as Response)
}

test.each(readdirSync(folder))('the README shows %s as it is', (name) => {
  expect(README).toContain(readFileSync(new URL(name, folder), 'utf8').trim())
})

test.each(readdirSync(docs))('docs/observability.md shows %s as it is', (name) => {
  const page = readFileSync(new URL('../../../docs/observability.md', import.meta.url), 'utf8')
  expect(page).toContain(readFileSync(new URL(name, docs), 'utf8').trim())
})

test('the Prometheus example counts its streams', async () => {
  const port = await freePort()
  using _server = Example.run(new URL('prometheus.ts', docs), port)
  await using stream = await connect(port)
  await stream.next()

  const scraped = await (await fetch(`http://localhost:${port}/metrics`)).text()
  expect(scraped).toMatch(/^sse_channel_events_total\{channel="news"\} [1-9]/m)
})

test('the smallest server feeds the smallest client', async () => {
  const port = await freePort()
  using _server = Example.run(new URL('server.ts', folder), port)
  await using _stream = await connect(port)
  using client = Example.run(new URL('client.ts', folder), port)

  await client.printed(/^[0-9a-v]{8}-\d+ tick \{ at: \d+ \}/m)
})

test('the generator streams its progress, and runs its finally', async () => {
  const port = await freePort()
  // So long that it is not over before the client leaves.
  const long = (code: string): string => code.replace('percent <= 100', 'percent <= Infinity')
  using server = Example.run(new URL('generator.ts', folder), port, long)

  const stream = await connect(port)
  expect(await stream.next(2)).toMatchObject([{ data: '{"percent":0}' }, { data: '{"percent":10}' }])
  await stream.close()
  await server.printed(/the client has all of it, or left\nclient-disconnect \d/)
})

test('the typed channel carries what its schemas say', async () => {
  using example = Example.run(new URL('typed.ts', folder), await freePort())
  await example.printed(/^ACME 12\.5$/m)
})

test('the memory channel merges its producers', async () => {
  const port = await freePort()
  using _server = Example.run(new URL('memory-channel.ts', folder), port)

  await using stream = await connect(port)
  const events = await stream.next(6)
  for (const name of ['left', 'right']) {
    expect(events.filter(({ type }) => type === name).map(({ data }) => data)).toEqual([
      '{"n":1}',
      '{"n":2}',
      '{"n":3}',
    ])
  }
})

test('the producers of a client that left end with its stream, and not the server', async () => {
  const port = await freePort()
  const endless = (code: string): string => code.replace('n <= 3', 'n <= Infinity')
  using server = Example.run(new URL('memory-channel.ts', folder), port, endless)

  for (let visits = 1; visits <= 2; visits++) {
    await using stream = await connect(port)
    await stream.next(100)
  }
  expect(server.output).toBe('')
})
