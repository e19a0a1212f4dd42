import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import type { Server, Socket } from 'node:net'

/** What node:http says of a request that begins, or a response that was sent. */
interface HttpMessage {
  readonly response: ServerResponse
  readonly socket: Socket
  readonly server: unknown
}

/** What a server of HTTP/1.1 has, and one of HTTP/2 may have. */
interface ClosesIdle {
  closeIdleConnections(): void
}

/**
 * The connections of a server, so that it can close whatever they are used for: HTTP/1.1, HTTP/2, WebSockets, TLS
 * handshakes that never end. `server.closeAllConnections` knows only those of HTTP/1.1.
 */
export class ServerConnections {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #sessions = new Set<Http2Session>()
  /** Those that had bytes to send when idle ones were to be closed. */
  readonly #sending = new Set<Socket>()
  #closing = false
  /** Connections on which a request came while they were being closed: its response is their last. */
  readonly #closedByNode = new WeakSet<Socket>()
  // One function for all connections: `this` is the one that closed.
  readonly #disconnected: (this: Socket) => void
  readonly #sessionEnded: (this: Http2Session) => void

  constructor(server: Server) {
    this.#server = server
    const sockets = this.#sockets
    const sessions = this.#sessions
    const sending = this.#sending
    const closeIdle = (): void => this.#closeIdle()
    this.#disconnected = function () {
      sockets.delete(this)
      if (sending.delete(this) && sending.size === 0) closeIdle()
    }
    this.#sessionEnded = function () {
      sessions.delete(this)
    }
    server.on('connection', this.#connected)
    // The same connection again, as what comes out of its encryption.
    server.on('secureConnection', this.#connected)
    server.on('session', this.#sessionBegan)
  }

  /** Takes no connection any more, and closes each as soon as it is idle. Settles when the last one is closed. */
  async close(): Promise<void> {
    this.#closing = true
    subscribe('http.server.request.start', this.#requestStarted)
    subscribe('http.server.response.finish', this.#responseFinished)
    const server = this.#server as Server & Partial<ClosesIdle>
    // Node would do it at once; `#closeIdle` does it when nobody loses anything.
    server.closeIdleConnections = () => {}
    const closed = new Promise<void>((resolve) => {
      // The error of a server that was closed already says what we want.
      server.close(() => resolve())
    })
    delete server.closeIdleConnections
    this.#closeIdle()
    // Node does it from version 24 on.
    for (const session of this.#sessions) session.close()
    await closed
    unsubscribe('http.server.request.start', this.#requestStarted)
    unsubscribe('http.server.response.finish', this.#responseFinished)
  }

  /**
   * Closes the connections by which nothing was ever asked, as browsers open them in advance: node does not take them for
   * idle.
   */
  closeUnused(): void {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
  }

  /** Closes all connections, whatever they are used for. */
  destroy(): void {
    for (const socket of this.#sockets) socket.destroy()
    // Those from before this was made.
    const { closeAllConnections } = this.#server as { closeAllConnections?: () => void }
    closeAllConnections?.call(this.#server)
  }

  /** Takes its listeners off the server. */
  forget(): void {
    this.#server.off('connection', this.#connected)
    this.#server.off('secureConnection', this.#connected)
    this.#server.off('session', this.#sessionBegan)
    for (const socket of this.#sockets) socket.off('close', this.#disconnected)
    for (const session of this.#sessions) session.off('close', this.#sessionEnded)
    this.#sockets.clear()
    this.#sessions.clear()
  }

  readonly #connected = (socket: Socket): void => {
    this.#sockets.add(socket)
    socket.on('close', this.#disconnected)
  }

  readonly #sessionBegan = (session: Http2Session): void => {
    this.#sessions.add(session)
    session.on('close', this.#sessionEnded)
    // Its handshake took longer than the server was open.
    if (this.#closing) session.close()
  }

  /** Tells the client not to use the connection again; node closes it after the response. */
  readonly #requestStarted = (message: unknown): void => {
    const { server, response, socket } = message as HttpMessage
    if (server !== this.#server) return
    response.shouldKeepAlive = false
    this.#closedByNode.add(socket)
  }

  /**
   * A response has been handed to the system, so its connection is idle, and node would keep it for the next request. A
   * request that came behind it before the drain, the client sends again elsewhere (RFC 9112 §9.3.2).
   */
  readonly #responseFinished = (message: unknown): void => {
    const { server, socket } = message as HttpMessage
    if (server === this.#server && !this.#closedByNode.has(socket)) socket.destroySoon()
  }

  /**
   * Closes the connections on which nothing goes on. Not before those with bytes to send are closed: node takes a response
   * for sent as soon as it has ended, though it still waits for a slow client, and would cut it off.
   */
  #closeIdle(): void {
    for (const socket of this.#sockets) if (socket.writableLength > 0) this.#sending.add(socket)
    if (this.#sending.size > 0) return
    const { closeIdleConnections } = this.#server as Partial<ClosesIdle>
    closeIdleConnections?.call(this.#server)
  }
}
