import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Socket } from 'node:net'
import type { Sink, SinkOwner } from '../http/sink.ts'

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
  /** Where the body goes, if it goes straight. */
  readonly #socket: Socket | undefined
  /** The connection of a response that still waits behind another one. */
  readonly #queuedOn: Socket | undefined
  owner: SinkOwner | undefined
  /** Listeners, made for the few that need one: a closure for each stream would weigh more than its sink. */
  #drained: (() => void) | undefined
  #closed: (() => void) | undefined

  constructor(
    request: NodeRequest,
    response: NodeResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
  ) {
    this.#response = response
    ;(response as SinkHolder)[SINK] = this
    // Also after a proper end; the stream has ended by then, and takes no notice.
    response.on('close', tellSinkOfClose)
    // A broken connection is a client that left: 'close' follows, and no unhandled 'error' may end the process.
    response.on('error', ignore)
    writeHead(response, status, headers)
    this.#socket = directSocket(request, response)
    this.#queuedOn = queuedOn(request, response)
    // Before Node 24, nobody tells a response that waits for its connection when that closes.
    if (this.#queuedOn !== undefined) {
      this.#closed = () => this.owner?.sinkClosed()
      this.#queuedOn.on('close', this.#closed)
    }
    // The client may have left before the stream began: 'close' has been and will not come again.
    if (hasLeft(request, response)) queueMicrotask(() => this.owner?.sinkClosed())
  }

  get backlog(): number {
    return (this.#socket ?? this.#response).writableLength
  }

  write(bytes: Uint8Array): boolean {
    // Nothing, as a chunk, would be the end of the body.
    if (bytes.byteLength === 0) return true
    const taken = this.#write(bytes)
    if (!taken) this.#listenForDrain()
    return taken
  }

  #write(bytes: Uint8Array): boolean {
    return this.#socket ? writeChunk(this.#socket, bytes) : this.#writeThroughResponse(bytes)
  }

  end(last?: Uint8Array): void {
    this.#letGo()
    if (last !== undefined) this.#write(last)
    this.#response.end()
  }

  destroy(): void {
    this.#letGo()
    // Its connection may be another one's by now.
    if (hasBeenSent(this.#response)) return
    // Left to itself, HTTP/2 would tell the client that nothing is wrong, so that what it has would pass for all.
    if (!(this.#response instanceof ServerResponse)) this.#response.stream?.close(HTTP2_CANCEL)
    this.#response.destroy()
    // A response without a socket can destroy none, and when its turn came the connection would hang.
    this.#queuedOn?.destroy()
  }

  /**
   * Not before it is full: a listener for each stream that never is would be most of what an idle stream costs. And not
   * anew each time: those that middleware gets may not be given back.
   */
  #listenForDrain(): void {
    if (this.#drained !== undefined) return
    this.#drained = () => this.owner?.sinkDrained()
    this.#target.on('drain', this.#drained)
  }

  /** The connection may go on to other requests: nothing of this one stays on it. */
  #letGo(): void {
    if (this.#closed !== undefined) this.#queuedOn?.off('close', this.#closed)
    if (this.#drained !== undefined) this.#target.off('drain', this.#drained)
  }

  get #target(): NodeJS.EventEmitter {
    return this.#socket ?? this.#response
  }

  #writeThroughResponse(bytes: Uint8Array): boolean {
    // Both faces take bytes; their signatures differ in what else they take.
    const taken = (this.#response as ServerResponse).write(bytes)
    // What compression middleware adds, so that it does not hold events back until a block is full.
    const { flush } = this.#response as { flush?: unknown }
    if (typeof flush === 'function') flush.call(this.#response)
    return taken
  }
}

/** The error code of a stream that is not needed any more (RFC 9113 §7). */
const HTTP2_CANCEL = 8

function ignore(): void {}

/** By this a response finds its sink, so that one listener does for all responses. */
const SINK: unique symbol = Symbol('@sse/server sink')

interface SinkHolder {
  [SINK]?: NodeSink
}

function tellSinkOfClose(this: SinkHolder): void {
  this[SINK]?.owner?.sinkClosed()
}

/** Writes the head of a response that replaces whatever else was planned for it. */
export function writeHead(
  response: NodeResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
): void {
  // A length that a middleware set for another body would cut this one off.
  response.removeHeader('content-length')
  // Both faces take these; their signatures differ in what else they take.
  ;(response as ServerResponse).writeHead(status, headers)
}

function hasBeenSent(response: NodeResponse): boolean {
  return response instanceof ServerResponse ? response.writableFinished : response.stream === undefined
}

function hasLeft(request: NodeRequest, response: NodeResponse): boolean {
  if (response instanceof ServerResponse) return response.destroyed || request.socket.destroyed
  return response.stream === undefined || response.stream.destroyed
}

/** The connection of a pipelined request, whose response gets no socket before those in front of it have ended. */
function queuedOn(request: NodeRequest, response: NodeResponse): Socket | undefined {
  return response instanceof ServerResponse && response.socket === null
    ? (request.socket as Socket)
    : undefined
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
  // The head, the opening block and what a channel replays leave together: one system call instead of four.
  socket.cork()
  process.nextTick(uncork, socket)
  response.flushHeaders()
  // What the response itself still holds would come after what goes to the socket.
  return response.writableLength === socket.writableLength ? socket : undefined
}

function uncork(socket: Socket): void {
  socket.uncork()
}

function writeChunk(socket: Socket, bytes: Uint8Array): boolean {
  // A client that closed its side gets no more: node ends the socket, and an error would go to the whole server.
  return socket.writable && socket.write(chunkOf(bytes))
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
