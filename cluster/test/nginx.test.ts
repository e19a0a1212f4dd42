/** nginx with the very configuration that docs/scaling.md recommends. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:http2'
import { connect as connectTcp } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { createEventSource, exponentialBackoff } from '@sse/client'
import { type Broker, Channel, EventSourceResponse, MemoryBroker, type UntypedEvents } from '@sse/server'
import { record } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../packages/server/test/brokers/free-port.ts'
import { INSTALLED_PATH, isInstalled } from '../../packages/testing/test/fixtures/installed.ts'

const DOCUMENT = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8')

/** What the document says, with ports of ours. */
function configuration(
  directory: string,
  port: number,
  servers: readonly number[],
  edit: (text: string) => string,
): string {
  const block = /```nginx\n([\s\S]*?)```/.exec(DOCUMENT)?.[1]
  if (block === undefined) throw new Error('docs/scaling.md has no configuration of nginx.')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  )
  const own = block
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replaceAll(/127\.0\.0\.1:300(\d)\b/g, (_, n) => `127.0.0.1:${servers[Number(n) - 1]}`)
    .replace('http {', `http {\naccess_log off;\n${paths.join('\n')}`)
  return [
    'daemon off;',
    userInfo().uid === 0 ? 'user root;' : '',
    'worker_processes 1;',
    `pid ${directory}/nginx.pid;`,
    'error_log stderr emerg;',
    'events { worker_connections 1024; }',
    edit(own),
  ].join('\n')
}

/** Two servers with one log, and nginx before them. */
class Site implements AsyncDisposable {
  readonly port: number
  readonly channels: readonly Channel<UntypedEvents, Broker>[]
  readonly servers: readonly Server[]
  readonly #nginx: ChildProcess
  readonly #directory: string

  private constructor(
    port: number,
    channels: Site['channels'],
    servers: readonly Server[],
    nginx: ChildProcess,
    directory: string,
  ) {
    this.port = port
    this.channels = channels
    this.servers = servers
    this.#nginx = nginx
    this.#directory = directory
  }

  static async open(edit: (text: string) => string = (text) => text): Promise<Site> {
    const broker = new MemoryBroker()
    const channels = [new Channel(undefined, { broker }), new Channel(undefined, { broker })]
    const servers = channels.map((channel) =>
      createServer((request, response) => {
        void new EventSourceResponse(channel, { pingIntervalMs: 200, retryMs: 20 }).send(request, response)
      }),
    )
    const ports: number[] = []
    for (const server of servers) {
      // Nobody else's when the server is gone: nginx goes on to ask there.
      const port = await freePort()
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      ports.push(port)
    }
    const directory = mkdtempSync(join(tmpdir(), 'sse-nginx-'))
    const port = await freePort()
    writeFileSync(join(directory, 'nginx.conf'), configuration(directory, port, ports, edit))
    const nginx = spawn('nginx', ['-c', join(directory, 'nginx.conf'), '-p', directory], {
      stdio: 'inherit',
      env: { ...process.env, PATH: INSTALLED_PATH },
    })
    const site = new Site(port, channels, servers, nginx, directory)
    await site.#listening()
    return site
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`
  }

  async publish(data: string): Promise<void> {
    await this.channels[0]?.publish('message', data)
  }

  reload(): void {
    this.#nginx.kill('SIGHUP')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#nginx, 'exit')
    this.#nginx.kill('SIGTERM')
    await exited
    for (const channel of this.channels) channel.close()
    for (const server of this.servers) {
      server.close()
      server.closeAllConnections()
    }
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #listening(): Promise<void> {
    for (let up = false; !up; ) {
      if (this.#nginx.exitCode !== null) throw new Error('nginx does not take its configuration.')
      const socket = connectTcp(this.port, '127.0.0.1')
      up = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      })
      socket.destroy()
    }
  }
}

/** nginx 1.22 speaks either one or the other on a port without TLS. */
const http1 = (text: string): string => text.replace(' http2;', ';').replace(/http2_max.*;/, '')

function read(site: Site): {
  readonly data: string[]
  readonly opened: () => number
  [Symbol.dispose](): void
} {
  const source = createEventSource(site.url, { backoff: exponentialBackoff({ initialMs: 20, maxMs: 100 }) })
  const data: string[] = []
  let opened = 0
  source.on('message', (one) => data.push(one))
  source.on('gap', (gap) => data.push(JSON.stringify(gap)))
  source.observe((happening) => {
    if (happening.type === 'state' && happening.state.status === 'open') opened++
  })
  return { data, opened: () => opened, [Symbol.dispose]: () => source.close() }
}

describe.skipIf(!isInstalled('nginx'))('nginx as docs/scaling.md has it', () => {
  it('passes an event on at once, though buffering is on', async () => {
    await using site = await Site.open(http1)
    using reader = read(site)
    await expect.poll(() => reader.opened()).toBe(1)
    await site.publish('1')
    await expect.poll(() => reader.data.length).toBe(1)
  })

  it('carries many streams on one connection of HTTP/2, to both servers', async () => {
    await using site = await Site.open()
    const session = connect(site.url)
    const texts = Array.from({ length: 50 }, () => '')
    for (const [i] of texts.entries()) {
      const stream = session.request({ ':path': '/' }).setEncoding('utf8')
      stream.on('data', (text: string) => {
        texts[i] += text
      })
    }
    await expect
      .poll(() => texts.every((text) => text.includes('id: ')), { message: 'all streams are open' })
      .toBe(true)
    await site.publish('x')
    await expect
      .poll(() => texts.every((text) => text.includes('data: x')), { message: 'all have the event' })
      .toBe(true)
    expect(site.channels.map(({ subscribers }) => subscribers)).toEqual([25, 25])
    session.destroy()
  })

  it('does not cut off a stream that is silent for longer than proxy_read_timeout, because it is pinged', async () => {
    await using site = await Site.open((text) =>
      http1(text).replace('proxy_read_timeout 60s', 'proxy_read_timeout 3s'),
    )
    await using stream = await record(site.url, { timeoutMs: 60_000 })
    // Four seconds of silence.
    await stream.waitFor(() => stream.comments.filter(({ text }) => text.startsWith('ping'))[19])
  })

  it('sends clients to the other server when one is gone, and to itself after a reload: nothing is missing or doubled', async () => {
    await using site = await Site.open((text) =>
      http1(text).replace('worker_shutdown_timeout 30s', 'worker_shutdown_timeout 1s'),
    )
    const readers = Array.from({ length: 10 }, () => read(site))
    await expect
      .poll(() => readers.every(({ opened }) => opened() === 1), { message: 'the streams are open' })
      .toBe(true)
    const expected: string[] = []
    const publish = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        expected.push(String(expected.length))
        await site.publish(expected.at(-1) ?? '')
      }
    }
    await publish(10)
    const [, second] = site.servers
    second?.close()
    second?.closeAllConnections()
    await publish(10)
    await expect
      .poll(() => readers.every(({ data }) => data.length === 20), { message: 'all have the events' })
      .toBe(true)
    const before = readers.map(({ opened }) => opened())
    site.reload()
    // The old worker cuts its streams off after a second.
    await expect
      .poll(() => readers.every(({ opened }, i) => opened() > (before[i] ?? 0)), {
        message: 'all have come back',
      })
      .toBe(true)
    await publish(10)
    await expect
      .poll(() => readers.every(({ data }) => data.length === 30), { message: 'all have the events' })
      .toBe(true)
    for (const reader of readers) {
      expect(reader.data).toEqual(expected)
      reader[Symbol.dispose]()
    }
  })
})
