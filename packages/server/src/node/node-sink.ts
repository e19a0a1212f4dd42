import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import type { Sink } from '../http/sink.ts'

/** A request of node:http, or of node:http2 through its compatibility API. */
export type NodeRequest = IncomingMessage | Http2ServerRequest
export type NodeResponse = ServerResponse | Http2ServerResponse

/**
 * The response of a Node server, or of a framework that hands out node's own: Express, Koa's `ctx.res`, Fastify's
 * `reply.raw`.
 *
 * On a plain HTTP/1.1 response it goes two ways. The head goes through the response. The body then goes straight to the
 * socket, in chunks that are framed once and shared by all clients that are written the same bytes: `res.write` would
 * make three buffers of each write, and cost over a third more processor time. The end goes through the response
 * again. Everything else goes through `res.write`: HTTP/2, HTTP/1.0, a response that waits behind another one on the same
 * connection, and one whose methods somebody replaced, as compression middleware does.
 */
export class NodeSink implements Sink {
  readonly #response: NodeResponse
  readonly #socket: Socket | undefined
  onDrain: () => void = () => {}
  onClose: () => void = () => {}

  constructor(
    request: NodeRequest,
    response: NodeResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
  ) {
    this.#response = response
    // Also after a proper end; the stream has ended by then, and takes no notice.
    response.on('close', () => this.onClose())
    // A broken connection is a client that left: 'close' follows, and no unhandled 'error' may end the process.
    response.on('error', ignore)
    // A length that a middleware set for another body would cut the stream off.
    response.removeHeader('content-length')
    writeHead(response, status, headers)
    this.#socket = directSocket(request, response)
    // The client may have left before the stream began: 'close' has been and will not come again.
    if (hasLeft(response)) queueMicrotask(() => this.onClose())
  }

  write(bytes: Uint8Array): boolean {
    const socket = this.#socket
    const taken = socket === undefined ? this.#writeThroughResponse(bytes) : socket.write(chunkOf(bytes))
    // Not before: a listener for each stream that never fills up would be most of what an idle stream costs.
    if (!taken) (socket ?? this.#response).once('drain', this.#drained)
    return taken
  }

  end(): void {
    this.#socket?.off('drain', this.#drained)
    this.#response.end()
  }

  destroy(): void {
    this.#socket?.off('drain', this.#drained)
    this.#response.destroy()
  }

  #writeThroughResponse(bytes: Uint8Array): boolean {
    // Both faces take bytes; their signatures differ in what else they take.
    const taken = (this.#response as ServerResponse).write(bytes)
    // What compression middleware adds, so that it does not hold events back until a block is full.
    const { flush } = this.#response as { flush?: unknown }
    if (typeof flush === 'function') flush.call(this.#response)
    return taken
  }

  readonly #drained = (): void => this.onDrain()
}

function ignore(): void {}

/** `writeHead` of either face; their signatures differ in what else they take. */
export function writeHead(
  response: NodeResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  ;(response as ServerResponse).writeHead(status, headers)
}

function hasLeft(response: NodeResponse): boolean {
  if (response instanceof ServerResponse) return response.destroyed
  return response.stream === undefined || response.stream.destroyed
}

/** The socket, where a stream may write to it itself; its head has then been sent. */
function directSocket(request: NodeRequest, response: NodeResponse): Socket | undefined {
  if (!(response instanceof ServerResponse)) return undefined
  const { socket } = response
  // Node's own default; a server may have switched it off. An event is small and must not wait for company (Nagle).
  socket?.setNoDelay?.(true)
  if (request.httpVersion !== '1.1' || !response.chunkedEncoding || socket === null || socket.destroyed)
    return undefined
  const { write, end } = ServerResponse.prototype
  if (response.write !== write || response.end !== end) return undefined
  response.flushHeaders()
  // What the response itself still holds would come after what goes to the socket.
  return response.writableLength === socket.writableLength ? socket : undefined
}

const CRLF = [0x0d, 0x0a] as const
let lastBytes: Uint8Array | undefined
let lastChunk: Uint8Array = new Uint8Array()

/** `bytes` as a chunk of HTTP/1.1 (RFC 9112 §7.1). Made once for clients that are written the same bytes in turn. */
function chunkOf(bytes: Uint8Array): Uint8Array {
  if (bytes === lastBytes) return lastChunk
  const size = `${bytes.byteLength.toString(16)}\r\n`
  const chunk = Buffer.allocUnsafe(size.length + bytes.byteLength + 2)
  chunk.write(size, 'latin1')
  chunk.set(bytes, size.length)
  chunk.set(CRLF, size.length + bytes.byteLength)
  lastBytes = bytes
  lastChunk = chunk
  return chunk
}
