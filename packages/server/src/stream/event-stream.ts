import { type Clock, encodeFrame, type LineEnding, type ServerSentEvent } from '@sse/core'
import { diagnostic, type StreamProgress } from '../diagnostics.ts'
import type { Sink } from '../http/sink.ts'
import { type Pingable, schedulePings } from './ping-schedule.ts'
import type { EndReason, StreamEnd } from './stream-end.ts'

export interface EventStreamOptions {
  readonly clock: Clock
  readonly lineEnding: LineEnding
  /** 0 = no pings. */
  readonly pingIntervalMs: number
  readonly pingMessage: () => ServerSentEvent
  /** 0 = no limit. */
  readonly sendTimeoutMs: number
}

/** What feeds a stream from a log of events, and knows how far it is. */
export interface PositionedFeed {
  /** How many events the stream was not given yet. */
  readonly lag: number
  /** Writes what there is and the stream takes. Never throws. */
  advance(): void
  /** Where the client is, if it was not told. */
  unsaidPosition(): string | undefined
}

const onDrain = diagnostic('sse:stream:drain')

/** How a stream ends for a reason: what a client does not take, or has left, cannot be ended properly. */
const HOW: Readonly<Record<EndReason, 'properly' | 'at once'>> = {
  complete: 'properly',
  'client-disconnect': 'at once',
  'send-timeout': 'at once',
  shutdown: 'properly',
  'max-duration': 'properly',
  lagged: 'properly',
  error: 'properly',
  refused: 'properly',
}

/**
 * The writing side of one open stream: all that goes to its sink goes through here, so that pings, events and whole
 * batches keep one order. It ends once, with one reason, and then holds nothing any more: no timer, no place in the
 * ping schedule, no listener.
 */
export class EventStream implements Pingable, StreamProgress {
  readonly #sink: Sink
  readonly #options: EventStreamOptions
  readonly #openedAt: number
  readonly #resolveEnded: (end: StreamEnd) => void
  /** Settles when the stream has ended, with how it did. Never rejects. */
  readonly ended: Promise<StreamEnd>
  /** Told of an error of whoever feeds the stream, before it ends with that error. */
  onFail: ((error: unknown) => void) | undefined
  /** Whoever feeds the stream, if it has positions: a ping tells the client one that it should know and does not. */
  positioned: PositionedFeed | undefined
  /** Set when the source was told of a shutdown: that it then has nothing more to say is its goodbye. */
  shutdownAnnounced = false

  #open = true
  #full = false
  #fullSince = 0
  #events = 0
  #bytes = 0
  #lastWriteAt: number
  #waiting: (() => void)[] = []
  #cancelPings: (() => void) | undefined
  #cancelSendTimeout: (() => void) | undefined

  constructor(sink: Sink, options: EventStreamOptions) {
    const { promise, resolve } = Promise.withResolvers<StreamEnd>()
    this.ended = promise
    this.#resolveEnded = resolve
    this.#sink = sink
    this.#options = options
    this.#openedAt = this.#lastWriteAt = options.clock.now()
    sink.onDrain = () => this.#drained()
    sink.onClose = () => this.end('client-disconnect')
    if (options.pingIntervalMs > 0)
      this.#cancelPings = schedulePings(this, options.clock, options.pingIntervalMs)
  }

  get open(): boolean {
    return this.#open
  }

  /** Whether the sink takes more without growing past its bound. */
  get writable(): boolean {
    return this.#open && !this.#full
  }

  get events(): number {
    return this.#events
  }

  get bytes(): number {
    return this.#bytes
  }

  get lineEnding(): LineEnding {
    return this.#options.lineEnding
  }

  get lastWriteAt(): number {
    return this.#lastWriteAt
  }

  /** Writes bytes that hold this many events, as they are. Returns {@link writable}. After the end it does nothing. */
  write(bytes: Uint8Array, events: number): boolean {
    if (!this.#open) return false
    this.#events += events
    this.#bytes += bytes.byteLength
    this.#lastWriteAt = this.#options.clock.now()
    if (!this.#sink.write(bytes) && !this.#full) this.#filled()
    return this.writable
  }

  /** Writes one event. @throws SseError what the encoder refuses. */
  writeEvent(event: ServerSentEvent): boolean {
    return this.write(encodeFrame(event, this.#options), event.data === undefined ? 0 : 1)
  }

  /** Calls back once, when the sink can take more or the stream has ended; at once if it is so now. */
  whenWritable(callback: () => void): void {
    if (this.#open && this.#full) this.#waiting.push(callback)
    else callback()
  }

  ping(): void {
    // A full sink has bytes to send: they keep the connection alive, and more of them would only pile up.
    if (!this.writable) return
    try {
      const message = this.#options.pingMessage()
      const id = message.id ?? this.positioned?.unsaidPosition()
      this.write(encodeFrame(id === undefined ? message : { ...message, id }, this.#options), 0)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Ends the stream because whoever feeds it has failed. */
  fail(error: unknown): void {
    this.onFail?.(error)
    this.end('error', error)
  }

  /** Ends the stream, once: by its last chunk, which waits behind what was written, or by cutting the connection. */
  end(reason: EndReason, error?: unknown, how: 'properly' | 'at once' = HOW[reason]): void {
    if (!this.#open) return
    if (reason === 'complete' && this.shutdownAnnounced) return this.end('shutdown', undefined, how)
    this.#open = false
    this.#cancelPings?.()
    this.#cancelSendTimeout?.()
    if (how === 'properly') this.#sink.end()
    else this.#sink.destroy()
    this.#resolveEnded({
      reason,
      ...(reason === 'error' && { error }),
      events: this.#events,
      bytes: this.#bytes,
      durationMs: this.#options.clock.now() - this.#openedAt,
    })
    this.#callWaiting()
  }

  #filled(): void {
    const { sendTimeoutMs, clock } = this.#options
    this.#full = true
    this.#fullSince = clock.now()
    if (sendTimeoutMs > 0)
      this.#cancelSendTimeout = clock.schedule(() => this.end('send-timeout'), sendTimeoutMs)
  }

  #drained(): void {
    if (!this.#full) return
    this.#full = false
    if (onDrain.hasSubscribers) {
      onDrain.publish({ stream: this, waitedMs: this.#options.clock.now() - this.#fullSince })
    }
    this.#cancelSendTimeout?.()
    this.#cancelSendTimeout = undefined
    this.#callWaiting()
  }

  #callWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const callback of waiting) callback()
  }
}
