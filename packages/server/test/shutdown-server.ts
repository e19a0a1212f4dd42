import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { FakeClock, turns } from '@sse/testing'
import { expect } from 'vitest'
import {
  createShutdown,
  EventSourceResponse,
  type EventSourceResponseOptions,
  type Shutdown,
  type ShutdownOptions,
  type StreamContentOrFactory,
  type StreamEnd,
} from '../src/index.ts'
import type { NodeRequest, NodeResponse } from '../src/node/node-sink.ts'
import { Http1Client } from './http1-client.ts'

/** What a request is answered with. */
export interface Route extends EventSourceResponseOptions<NodeRequest> {
  readonly content: StreamContentOrFactory<NodeRequest>
}

/** Answers by path: a stream, or whatever a function does. */
export type Routes = Readonly<Record<string, Route | ((response: ServerResponse) => void)>>

interface StartOptions extends ShutdownOptions {
  readonly create?: (listener: (request: NodeRequest, response: NodeResponse) => void) => Server
}

/** A server with a shutdown, whose time is moved by hand, and which remembers how its streams ended. */
export class ShutdownServer implements AsyncDisposable {
  readonly clock: FakeClock
  readonly server: Server
  readonly shutdown: Shutdown
  readonly ends: StreamEnd[] = []

  private constructor(routes: Routes, { create = createServer, ...options }: StartOptions) {
    this.clock = (options.clock as FakeClock | undefined) ?? new FakeClock()
    this.server = create((request, response) => {
      const route = routes[request.url ?? '']
      if (typeof route === 'function') return route(response as ServerResponse)
      const { content, ...settings } = route as Route
      void new EventSourceResponse(content, { clock: this.clock, pingIntervalMs: false, ...settings })
        .send(request, response)
        .then((end) => this.ends.push(end))
    }) as Server
    // Node would close idle connections by itself, after 5 seconds.
    Object.assign(this.server, { keepAliveTimeout: 0 })
    this.shutdown = createShutdown(this.server, { signals: false, ...options, clock: this.clock })
  }

  static async start(routes: Routes, options: StartOptions = {}): Promise<ShutdownServer> {
    const started = new ShutdownServer(routes, options)
    await started.listen()
    return started
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get reasons(): string[] {
    return this.ends.map(({ reason }) => reason)
  }

  /** A client of HTTP/1.1 that has read the beginning of its stream. */
  async open(path = '/'): Promise<Http1Client> {
    const client = (await Http1Client.connect(this.port)).send('GET', path).read()
    await client.response(0, ({ body }) => body.includes(': open'))
    return client
  }

  /** Settles when the server has read something from the next one that connects. */
  async heard(): Promise<void> {
    const [socket] = (await once(this.server, 'connection')) as [Socket]
    await expect.poll(() => socket.bytesRead).toBeGreaterThan(0)
  }

  /** Drains while time stands still: what waits for the end of a grace never ends. */
  async drained(): Promise<void> {
    let closed = false
    void this.shutdown.drain().then(() => {
      closed = true
    })
    await expect.poll(() => closed).toBe(true)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.shutdown.drain()
    // Sockets need turns; the deadline needs time.
    await turns(1)
    this.clock.advance(100_000)
    await closed
  }
}

/** The text of the body of a client's first response. */
export function bodyOf(client: Http1Client): string {
  return client.responses[0]?.body.toString() ?? ''
}

/** The last reconnection time that the client was told. */
export function retryOf(client: Http1Client): number | undefined {
  const [, retry] = [...bodyOf(client).matchAll(/^retry: (\d+)$/gm)].at(-1) ?? []
  return retry === undefined ? undefined : Number(retry)
}

/** Settles when the connection of the client is closed. */
export async function gone(client: Http1Client): Promise<void> {
  await expect.poll(() => client.ended).toBe(true)
}
