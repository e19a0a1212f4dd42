import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Channel, EventSourceResponse } from '@sse/server'
import { build } from 'esbuild'

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>counter</title><body><div id="root"></div><script src="/page.js"></script>'

/** A server of HTTP/1.1 with a channel that counts, and a page that listens to it. */
export class CounterServer implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #channel: Channel
  readonly #idless = new Set<(n: number) => void>()
  readonly #held = new Set<ServerResponse>()
  #stop: () => void = () => {}
  /** Streams that are open now, and the most that ever were at the same time. */
  streams = 0
  mostStreams = 0
  requests = 0
  count = 0

  private constructor(script: string, retention: number) {
    this.#channel = new Channel(undefined, { retention: { events: retention } })
    this.#server = createServer((request, response) => {
      const path = request.url?.split('?')[0]
      if (path === '/events') {
        this.requests++
        this.streams++
        this.mostStreams = Math.max(this.mostStreams, this.streams)
        this.#sockets.add(request.socket)
        void new EventSourceResponse(this.#channel, { retryMs: 50 }).send(request, response).finally(() => {
          this.streams--
          this.#sockets.delete(request.socket)
        })
      } else if (path === '/idless') {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 50\n\n')
        const send = (n: number): unknown => response.write(`event: count\ndata: ${n}\n\n`)
        this.#idless.add(send)
        response.on('close', () => this.#idless.delete(send))
      } else if (path === '/held') {
        this.#held.add(response)
      } else if (path === '/missing') {
        response.writeHead(404).end()
      } else if (path === '/page.js') {
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
      } else response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)
    })
  }

  static async start({
    retention = 10_000,
    page = new URL('page.ts', import.meta.url),
  } = {}): Promise<CounterServer> {
    const built = await build({
      entryPoints: [page.pathname],
      bundle: true,
      write: false,
      format: 'iife',
      // With React's checks, and its double mounts.
      define: { 'process.env.NODE_ENV': '"development"' },
      target: 'es2022',
    })
    const server = new CounterServer(built.outputFiles[0]?.text ?? '', retention)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  publishOther(type: string, data: unknown): void {
    // As of an event map: strings are JSON too.
    this.#channel.publish(type, JSON.stringify(data))
  }

  publish(events = 1): void {
    for (let n = 0; n < events; n++) {
      this.count++
      this.#channel.publish('count', this.count)
      for (const send of this.#idless) send(this.count)
    }
  }

  /** Counts until the returned function is called: `events` at a time, `perSecond` in all. */
  stream(perSecond: number): () => void {
    const started = performance.now()
    const before = this.count
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
      this.publish(due - (this.count - before))
    }, 5)
    this.#stop = () => clearInterval(timer)
    return this.#stop
  }

  /** How many pages wait until they are released: by a synchronous request, so that they do nothing else. */
  get held(): number {
    return this.#held.size
  }

  release(): void {
    for (const response of this.#held) response.end()
    this.#held.clear()
  }

  /** Breaks the connections of all streams. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop()
    this.#channel.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
