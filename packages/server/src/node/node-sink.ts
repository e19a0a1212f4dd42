import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Sink } from '../http/sink.ts'

/** The response of a node:http server, or of a framework that hands out node's own: Express, Koa's `ctx.res`, Fastify's `reply.raw`. */
export class NodeSink implements Sink {
  readonly #response: ServerResponse
  onDrain: () => void = () => {}
  onClose: () => void = () => {}

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
  ) {
    this.#response = response
    response.on('drain', () => this.onDrain())
    // Also after a proper end; the stream has ended by then, and takes no notice.
    response.on('close', () => this.onClose())
    // A broken connection is a client that left: 'close' follows, and no unhandled 'error' may end the process.
    response.on('error', () => {})
    // An event is small and must not wait for company (Nagle's algorithm). HTTP/2 has no socket of its own to set.
    if (request.httpVersionMajor === 1) request.socket.setNoDelay(true)
    response.writeHead(status, headers)
    // The client may have left before the stream began: 'close' has been and will not come again.
    if (response.destroyed) queueMicrotask(() => this.onClose())
  }

  write(bytes: Uint8Array): boolean {
    return this.#response.write(bytes)
  }

  end(): void {
    this.#response.end()
  }

  destroy(): void {
    this.#response.destroy()
  }
}
