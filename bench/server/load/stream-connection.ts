import { connect, type Socket } from 'node:net'
import { type OnEvent, StreamReader } from './stream-reader.ts'

const REQUEST = 'GET / HTTP/1.1\r\nhost: bench\r\naccept: text/event-stream\r\n\r\n'

/** All connections read into it, one after the other: nothing of it is kept. */
const buffer = Buffer.allocUnsafe(64 * 1024)

export interface ConnectionHandlers {
  readonly onEvent: OnEvent
  /** The connection has something to read: it is read when `connection.read` is called with it. */
  readonly onBytes: (connection: StreamConnection, bytes: Uint8Array, length: number) => void
  /** The connection is over, and `leave` was not called. */
  readonly onLost: (connection: StreamConnection, reason: string) => void
}

/** One client: a socket, and what it has read. */
export class StreamConnection {
  readonly reader: StreamReader
  readonly #socket: Socket
  readonly #opened = Promise.withResolvers<void>()
  #left = false

  constructor(port: number, { onEvent, onBytes, onLost }: ConnectionHandlers) {
    this.reader = new StreamReader(onEvent)
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer,
        callback: (length, bytes) => {
          onBytes(this, bytes, length)
          if (this.reader.open) this.#opened.resolve()
          return true
        },
      },
    })
    this.#socket.on('connect', () => this.#socket.write(REQUEST))
    let reason = 'the server ended the stream'
    this.#socket.on('error', (error) => {
      reason = error.message
    })
    this.#socket.on('close', () => {
      this.#opened.reject(new Error(reason))
      if (!this.#left) onLost(this, reason)
    })
    // Who does not wait for it hears of the loss instead.
    this.#opened.promise.catch(() => {})
  }

  /** Settles when the server has answered. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** Reads nothing any more, and stays connected. */
  stall(): void {
    this.#socket.pause()
  }

  leave(): void {
    this.#left = true
    this.#socket.destroy()
  }
}
