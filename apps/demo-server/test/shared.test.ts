import { spawnSync } from 'node:child_process'
import { createEventSource } from '@sse/client'
import { record } from '@sse/testing'
import { describe, expect, test } from 'vitest'
import { BrokerProcess } from '../../../packages/server/test/brokers/broker-process.ts'
import { isInstalled } from '../../../packages/testing/test/fixtures/installed.ts'
import { DemoProcess } from './demo-process.ts'

const BROKERS = [
  {
    name: 'Redis',
    command: 'redis-server',
    start: () => BrokerProcess.redis(),
    url: (port: number) => ({ REDIS_URL: `redis://127.0.0.1:${port}` }),
  },
  {
    name: 'NATS',
    command: 'nats-server',
    start: () => BrokerProcess.nats(),
    url: (port: number) => ({ NATS_URL: `nats://127.0.0.1:${port}` }),
  },
] as const

/** The events of one client, with the process that it is connected to. */
class Listener implements Disposable {
  readonly messages: string[] = []
  readonly processes = new Set<number>()
  readonly #source: ReturnType<typeof createEventSource>

  constructor(url: string) {
    this.#source = createEventSource(`${url}/realtime/shared`)
    this.#source.on('connected', (data) => this.processes.add(JSON.parse(data).process))
    this.#source.on('broadcast', (data) => this.messages.push(JSON.parse(data).message))
    this.#source.on('gap', (gap) => this.messages.push(JSON.stringify(gap)))
  }

  [Symbol.dispose](): void {
    this.#source.close()
  }
}

function post(url: string, message: string): Promise<Response> {
  return fetch(`${url}/api/broadcast`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message, channel: 'shared' }),
  })
}

async function say(url: string, message: string): Promise<void> {
  expect((await post(url, message)).status).toBe(202)
}

/** A process that was killed has published nothing of what is said to it, and may be given connections until it is known to be gone. */
async function sayToTheLiving(url: string, message: string): Promise<void> {
  let response: Response | undefined
  await expect
    .poll(async () => {
      response = await post(url, message).catch(() => undefined)
      return response !== undefined
    })
    .toBe(true)
  expect(response?.status).toBe(202)
}

for (const { name, command, start, url } of BROKERS) {
  describe.skipIf(!isInstalled(command))(`the demo on ${name}`, () => {
    test('in two processes on one port: what is said to one is heard at both, once, also when one is killed', async () => {
      await using broker = await start()
      await using demo = await DemoProcess.start(url(broker.port), '--workers', '2')
      const listeners: Listener[] = []
      const processes = (): number[] => [...new Set(listeners.flatMap((listener) => [...listener.processes]))]
      try {
        // The system gives connections to both processes in turn; the second may still be starting.
        while (processes().length < 2) {
          const listener = new Listener(demo.url)
          listeners.push(listener)
          await expect.poll(() => listener.processes.size).toBeGreaterThan(0)
        }
        await say(demo.url, 'one')
        await say(demo.url, 'two')
        const heard = (message: string): Promise<void> =>
          expect
            .poll(() => listeners.every(({ messages }) => messages.at(-1) === message), {
              message: `${message} is heard`,
            })
            .toBe(true)
        await heard('two')
        process.kill(Number(processes()[1]), 'SIGKILL')
        await sayToTheLiving(demo.url, 'three')
        await heard('three')
        for (const { messages } of listeners) expect(messages).toEqual(['one', 'two', 'three'])
      } finally {
        for (const listener of listeners) listener[Symbol.dispose]()
      }
      expect(await demo.end('SIGTERM')).toBe(0)
    })
  })
}

test('--workers without a broker is refused, because each process would have its own audience', () => {
  const main = new URL('../src/main.ts', import.meta.url).pathname
  const env = { ...process.env, REDIS_URL: undefined, NATS_URL: undefined }
  const { status, stderr } = spawnSync(process.execPath, [main, '--workers', '2'], { env, encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain('Set REDIS_URL or NATS_URL')
})

test.skipIf(!isInstalled('redis-server'))(
  'POST /api/broadcast tells of an outage; streams stay',
  async () => {
    await using broker = await BrokerProcess.redis()
    await using demo = await DemoProcess.start({ REDIS_URL: `redis://127.0.0.1:${broker.port}` })
    await using stream = await record(`${demo.url}/realtime/shared`, { timeoutMs: 60_000 })
    expect((await stream.next()).type).toBe('connected')
    await say(demo.url, 'before')
    expect((await stream.next()).data).toContain('before')
    await broker.kill()
    const response = await post(demo.url, 'lost')
    expect([503, 504]).toContain(response.status)
    expect(await response.json()).toMatchObject({
      error: { code: expect.stringMatching(/^(broker-unavailable|publish-unknown)$/) },
    })
    await broker.start()
    // The demo looks for it again in its own time.
    await expect.poll(async () => (await post(demo.url, 'after')).status).toBe(202)
    await stream.until(({ data }) => data.includes('after'))
  },
)
