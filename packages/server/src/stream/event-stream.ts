import { type Clock, encodeFrame, type LineEnding, type ServerSentEvent } from '@sse/core'
import type { GzipEncoder } from '../compression/gzip-encoder.ts'
import type { SharedText } from '../compression/shared-text.ts'
import { diagnostic, type StreamProgress } from '../diagnostics.ts'
import type { Sink, SinkOwner } from '../http/sink.ts'
import { cancelPings, type Pingable, schedulePings } from './ping-schedule.ts'
import type { EndReason, StreamEnd } from './stream-end.ts'

export interface EventStreamOptions {
  readonly clock: Clock
  readonly lineEnding: LineEnding
  /** 0 = no pings. */
  readonly pingIntervalMs: number
  readonly pingWhen: 'idle' | 'always'
  readonly pingMessage: () => ServerSentEvent
  /** 0 = no limit. */
  readonly sendTimeoutMs: number
}

/** Who runs a stream. */
export interface StreamOwner {
  /** Whoever feeds the stream has failed; the stream will end with this error, but has not yet. */
  streamFails(error: unknown): void
  streamEnded(end: StreamEnd): void
}

/** What feeds a stream from a log of events, and knows how far it is. */
export interface PositionedFeed {
  /** How many events the stream was not given yet. */
  readonly lag: number
  /** Writes what there is and the stream takes. Never throws. */
  advance(): void
  /** Where the client is, if it was not told. */
  unsaidPosition(): string | undefined
  streamEnded(): void
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
export class EventStream implements Pingable, SinkOwner, StreamProgress {
  readonly #sink: Sink
  readonly #options: EventStreamOptions
  readonly #owner: StreamOwner
  /** Of a stream that is compressed. */
  readonly #encoder: GzipEncoder | undefined
  readonly #openedAt: number
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
  #lastPingAt: number
  #waiting: (() => void)[] | undefined
  #cancelSendTimeout: (() => void) | undefined

  constructor(sink: Sink, options: EventStreamOptions, owner: StreamOwner, encoder?: GzipEncoder) {
    this.#sink = sink
    this.#options = options
    this.#owner = owner
    this.#encoder = encoder
    this.#openedAt = this.#lastWriteAt = this.#lastPingAt = options.clock.now()
    sink.owner = this
    if (options.pingIntervalMs > 0) schedulePings(this, options.clock, options.pingIntervalMs)
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

  get wireBytes(): number {
    return this.#encoder?.wireBytes ?? this.#bytes
  }

  get lineEnding(): LineEnding {
    return this.#options.lineEnding
  }

  /** Of what counts as breaking the silence: at a fixed cadence, only pings do. */
  get silentSince(): number {
    return this.#options.pingWhen === 'always' ? this.#lastPingAt : this.#lastWriteAt
  }

  /** Writes bytes that hold this many events, for this client alone. Returns {@link writable}. After the end it does nothing. */
  write(bytes: Uint8Array, events: number): boolean {
    if (!this.#open) return false
    return this.#send(this.#encoder?.encode(bytes) ?? bytes, bytes, events)
  }

  /** Writes what others are written as well. It goes on where the last shared text ended, or follows on `breakRun` or a `write`. */
  writeShared(text: SharedText, events: number): boolean {
    if (!this.#open) return false
    return this.#send(this.#encoder?.encodeShared(text) ?? text.bytes, text.bytes, events)
  }

  /** The next shared text does not go on where the last one ended. */
  breakRun(): void {
    this.#encoder?.breakRun()
  }

  #send(encoded: Uint8Array, bytes: Uint8Array, events: number): boolean {
    this.#events += events
    this.#bytes += bytes.byteLength
    this.#lastWriteAt = this.#options.clock.now()
    if (!this.#sink.write(encoded) && !this.#full) this.#filled()
    return this.writable
  }

  /** Writes one event. @throws SseError what the encoder refuses. */
  writeEvent(event: ServerSentEvent): boolean {
    return this.write(encodeFrame(event, this.#options), event.data === undefined ? 0 : 1)
  }

  /** Calls back once, when the sink can take more or the stream has ended; at once if it is so now. */
  whenWritable(callback: () => void): void {
    if (!this.#open || !this.#full) return callback()
    this.#waiting ??= []
    this.#waiting.push(callback)
  }

  ping(): void {
    this.#lastPingAt = this.#options.clock.now()
    if (!this.writable) return
    // It has bytes to send: they keep the connection alive as well, and more of them would only pile up.
    if (this.#sink.backlog > 0) return this.#findFrozen()
    try {
      const message = this.#options.pingMessage()
      const id = message.id ?? this.positioned?.unsaidPosition()
      this.write(encodeFrame(id === undefined ? message : { ...message, id }, this.#options), 0)
    } catch (error) {
      this.fail(error)
    }
  }

  /**
   * A client that has stopped reading while there was little to send never fills the sink, which would begin the send timeout.
   */
  #findFrozen(): void {
    const { sendTimeoutMs, clock } = this.#options
    if (sendTimeoutMs > 0 && clock.now() - this.#lastWriteAt >= sendTimeoutMs) this.end('send-timeout')
  }

  /** Ends the stream because whoever feeds it has failed. */
  fail(error: unknown): void {
    this.#owner.streamFails(error)
    this.end('error', error)
  }

  /** Ends the stream, once: by its last chunk, which waits behind what was written, or by cutting the connection. */
  end(reason: EndReason, error?: unknown, how: 'properly' | 'at once' = HOW[reason]): void {
    if (!this.#open) return
    if (reason === 'complete' && this.shutdownAnnounced) return this.end('shutdown', undefined, how)
    this.#open = false
    const { clock, pingIntervalMs } = this.#options
    cancelPings(this, clock, pingIntervalMs)
    this.#cancelSendTimeout?.()
    if (how === 'properly') this.#endSink()
    else this.#sink.destroy()
    this.#encoder?.close()
    this.positioned?.streamEnded()
    this.#owner.streamEnded({
      reason,
      ...(reason === 'error' && { error }),
      events: this.#events,
      bytes: this.#bytes,
      wireBytes: this.wireBytes,
      durationMs: clock.now() - this.#openedAt,
    })
    this.#callWaiting()
  }

  /** The send timeout holds for the end as well: a client that takes nothing would keep its connection for ever. */
  #endSink(): void {
    const { sendTimeoutMs, clock } = this.#options
    this.#sink.end(this.#encoder?.end())
    if (sendTimeoutMs > 0 && this.#sink.backlog > 0) clock.schedule(() => this.#sink.destroy(), sendTimeoutMs)
  }

  /** For the sink to call. */
  sinkClosed(): void {
    this.end('client-disconnect')
  }

  #filled(): void {
    const { sendTimeoutMs, clock } = this.#options
    this.#full = true
    this.#fullSince = clock.now()
    if (sendTimeoutMs > 0)
      this.#cancelSendTimeout = clock.schedule(() => this.end('send-timeout'), sendTimeoutMs)
  }

  /** For the sink to call. */
  sinkDrained(): void {
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
    if (waiting === undefined) return
    this.#waiting = undefined
    for (const callback of waiting) callback()
  }
}
