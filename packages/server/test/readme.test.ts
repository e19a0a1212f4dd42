import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { record } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { isInstalled } from '../../testing/test/fixtures/installed.ts'
import { BrokerProcess } from './brokers/broker-process.ts'
import { freePort } from './brokers/free-port.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const programs = [...README.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)

/** Inside of the package, so that the code finds it by its name, as its users do: the built one. */
function run(code: string, env: NodeJS.ProcessEnv = {}): ChildProcess & Disposable {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, ...env },
  })
  return Object.assign(child, { [Symbol.dispose]: () => void child.kill('SIGKILL') })
}

/** The program of the README that has these words in it. */
function program(words: string): string {
  const found = programs.filter((code) => code.includes(words))
  expect(found).toHaveLength(1)
  return found[0] ?? ''
}

describe.concurrent('the README', () => {
  it.each([
    ['a generator', 'progress()', '/', 'progress'],
    ['a channel', 'retention', '/', undefined],
    ['many channels', 'ChannelRegistry', '/chat/lobby', undefined],
    ['compression', "compression: 'auto'", '/', undefined],
    ['shutdown', 'createShutdown', '/', 'message'],
    ['the standards of the web', '@sse/server/web', '/prices', undefined],
  ])('has a server that runs as it stands: %s', async (_, words, path, first) => {
    const port = await freePort()
    using _server = run(program(words).replace('3000', String(port)))
    const url = `http://127.0.0.1:${port}${path}`
    await expect
      .poll(() =>
        fetch(url, { method: 'HEAD' }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200)
    await using stream = await record(url, { timeoutMs: 60_000 })
    expect(stream.response?.headers.get('content-type')).toContain('text/event-stream')
    if (first !== undefined) expect(await stream.next()).toMatchObject({ type: first })
  })

  it('has a chat whose posts reach the room', async () => {
    const port = await freePort()
    using _server = run(program('ChannelRegistry').replace('3000', String(port)))
    const url = `http://127.0.0.1:${port}/chat/lobby`
    await expect
      .poll(() =>
        fetch(url, { method: 'HEAD' }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200)
    await using stream = await record(url, { timeoutMs: 60_000 })
    const body = JSON.stringify({ text: 'hello' })
    await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    expect(await stream.next()).toMatchObject({ type: 'chat', data: body })
  })

  it.skipIf(!isInstalled('redis-server'))('publishes on Redis as it stands', async () => {
    await using redis = await BrokerProcess.redis()
    await prints(`${program('redisBroker')}\nconsole.log(id)\nprocess.exit()`, {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    })
  })

  it.skipIf(!isInstalled('nats-server'))('publishes on NATS as it stands', async () => {
    await using nats = await BrokerProcess.nats()
    const publish = "console.log(await prices.publish('price', { value: 12.5 }))\nprocess.exit()"
    await prints(`${program('natsBroker')}\n${publish}`, { NATS_URL: `127.0.0.1:${nats.port}` })
  })

  it('has no program that is not run here', () => {
    expect(programs).toHaveLength(8)
  })
})

/** The id of an event. */
async function prints(code: string, env: NodeJS.ProcessEnv): Promise<void> {
  using child = run(code, env)
  const [output, errors] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'close'),
  ])
  expect(output, errors).toMatch(/^[0-9a-z]{8}-[\d-]+\n$/)
}
