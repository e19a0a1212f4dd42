import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type DispatchedEvent, parseEventStream } from '@sse/core'
import { expect, test } from 'vitest'

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
const folder = new URL('../readme/', import.meta.url)
const docs = new URL('../docs/', import.meta.url)

/** Puts the example on a free port, so that tests do not meet, and runs it. */
function run(name: string | URL, port: number): Example {
  const code = readFileSync(new URL(name, folder), 'utf8').replaceAll('3000', String(port))
  return new Example(
    spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      cwd: fileURLToPath(folder),
    }),
  )
}

class Example implements Disposable {
  readonly #child: ChildProcess
  #output = ''

  constructor(child: ChildProcess) {
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString()
      })
    }
  }

  /** Settles when it has printed this. */
  async printed(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.#output, { timeout: 10_000 }).toMatch(pattern)
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}

/** Connects to an example as soon as it listens. */
async function connect(port: number): Promise<AsyncIterable<DispatchedEvent>> {
  let response: Response | undefined
  await expect
    .poll(async () => (response = await fetch(`http://localhost:${port}`).catch(() => undefined)), {
      timeout: 10_000,
    })
    .toBeDefined()
  return parseEventStream(response as Response)
}

async function take(events: AsyncIterable<DispatchedEvent>, count: number): Promise<DispatchedEvent[]> {
  const taken: DispatchedEvent[] = []
  for await (const event of events) if (taken.push(event) === count) break
  return taken
}

/** A port that was free a moment ago: the examples name theirs, so it cannot be left to the system. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
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
  using _server = run(new URL('prometheus.ts', docs), port)
  const stream = await connect(port)
  await take(stream, 1)

  const scraped = await (await fetch(`http://localhost:${port}/metrics`)).text()
  expect(scraped).toMatch(/^sse_channel_events_total\{channel="news"\} [1-9]/m)
})

test('the smallest server feeds the smallest client', async () => {
  const port = await freePort()
  using _server = run('server.ts', port)
  await connect(port)
  using client = run('client.ts', port)

  await client.printed(/^[0-9a-v]{8}-\d+ tick \{ at: \d+ \}/m)
})

test('the generator streams its progress, and runs its finally', async () => {
  const port = await freePort()
  using server = run('generator.ts', port)

  const events = await take(await connect(port), 2)
  expect(events.map(({ data }) => data)).toEqual(['{"percent":0}', '{"percent":10}'])
  await server.printed(/the client has all of it, or left\nclient-disconnect \d/)
})

test('the typed channel carries what its schemas say', async () => {
  using example = run('typed.ts', await freePort())
  await example.printed(/^ACME 12\.5$/m)
})

test('the memory channel merges its producers', async () => {
  const port = await freePort()
  using _server = run('memory-channel.ts', port)

  const events = await take(await connect(port), 6)
  for (const name of ['left', 'right']) {
    expect(events.filter(({ type }) => type === name).map(({ data }) => data)).toEqual([
      '{"n":1}',
      '{"n":2}',
      '{"n":3}',
    ])
  }
})
