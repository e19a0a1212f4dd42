import type { Socket } from 'node:net'
import {
  type Clock,
  createEventStreamParser,
  type DispatchedEvent,
  type EventStreamParser,
  isEventStreamMediaType,
} from '@sse/core'
import { Http1Response, type ResponseHead } from './http1-response.ts'
import type { Target } from './target.ts'

/** What a client tells of itself. */
export interface ClientObserver {
  /** An event stream began, so long after the connection was asked for. */
  opened(client: StreamClient, afterMs: number): void
  event(client: StreamClient, event: DispatchedEvent, id: string | undefined): void
  /** Bytes from the socket, whatever they are. */
  bytes(client: StreamClient, count: number): void
  /** The attempt came to nothing, or the stream that it opened has ended; not told after `leave`. */
  ended(client: StreamClient, wasOpen: boolean, reason: string): void
}

export interface ClientOptions {
  readonly target: Target
  readonly clock: Clock
  readonly connectTimeoutMs: number
  readonly maxEventLength: number
}

/** One client: a connection at a time, and the position over all of them. */
export class StreamClient {
  /** 0 for the first. */
  readonly index: number
  /** When the stream of this connection began, by the clock. */
  openedAt: number = Number.POSITIVE_INFINITY
  /** The reconnection time that the server asked for. */
  retryMs: number | undefined
  readonly #options: ClientOptions
  readonly #observer: ClientObserver
  readonly #parser: EventStreamParser
  #socket: Socket | undefined
  #cancelTimer = (): void => {}
  #isOpen = false

  constructor(index: number, options: ClientOptions, observer: ClientObserver) {
    this.index = index
    this.#options = options
    this.#observer = observer
    this.#parser = createEventStreamParser({
      // What stands behind the event at which the client left, or in the body of a refusal, is no event of the load.
      onEvent: (event, id) => this.#isOpen && this.#observer.event(this, event, id),
      onRetry: (ms) => {
        this.retryMs = ms
      },
      limits: { maxEventLength: options.maxEventLength },
    })
  }

  /** Makes a connection; goes on after the last event of the former one. */
  connect(): void {
    const { target, clock, connectTimeoutMs } = this.#options
    this.#parser.reset()
    const askedAt = clock.now()
    const response = new Http1Response({
      onHead: (head) => this.#judge(head, askedAt),
      onBody: (bytes) => this.#parser.feed(bytes),
      onEnd: () => this.#end('the server ended the stream'),
    })
    const socket = target.connect(
      () => socket.write(target.request(this.#parser.lastEventId), 'latin1'),
      (bytes) => this.#read(response, bytes),
    )
    this.#socket = socket
    this.#cancelTimer = clock.schedule(
      () => this.#end(`no answer in ${connectTimeoutMs} ms`),
      connectTimeoutMs,
      true,
    )
    // Of a socket that was given up nobody wants to hear any more, but an 'error' without a listener would end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (socket === this.#socket) this.#end(error.code ?? error.message)
    })
    socket.on('close', () => {
      if (socket === this.#socket && !response.close()) this.#end('the connection was closed')
    })
  }

  /** Closes the connection, and tells nothing more. */
  leave(): void {
    this.#cancelTimer()
    this.#isOpen = false
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }

  #read(response: Http1Response, bytes: Uint8Array): void {
    this.#observer.bytes(this, bytes.length)
    try {
      response.read(bytes)
    } catch (error) {
      this.#end((error as Error).message)
    }
  }

  #judge({ status, headers }: ResponseHead, askedAt: number): void {
    const type = headers.get('content-type')
    const coding = headers.get('content-encoding') ?? 'identity'
    if (status !== 200) return this.#end(`status ${status}`)
    if (!isEventStreamMediaType(type ?? null)) return this.#end(`content type ${type ?? 'missing'}`)
    // Nobody asked for one.
    if (coding !== 'identity') return this.#end(`content coding ${coding}`)
    this.#cancelTimer()
    this.#isOpen = true
    this.openedAt = this.#options.clock.now()
    this.#observer.opened(this, this.openedAt - askedAt)
  }

  #end(reason: string): void {
    if (this.#socket === undefined) return
    const wasOpen = this.#isOpen
    this.leave()
    this.#observer.ended(this, wasOpen, reason)
  }
}
