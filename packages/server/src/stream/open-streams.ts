import type { ServerSentEvent } from '@sse/core'
import type { Refusal } from '../http/refusal.ts'

/** A stream as a shutdown sees it. */
export interface OpenStream {
  readonly open: boolean
  /** How long its source may go on once it was told of the shutdown. */
  readonly shutdownGraceMs: number
  /** Aborts `ctx.shutdown`: the source may say goodbye and end. */
  announceShutdown(): void
  /** Writes one event, such as a last reconnection time, if the client can take it. */
  writeEvent(event: ServerSentEvent): boolean
  /** Ends it properly, with the reason `shutdown`. */
  endForShutdown(): void
  /** Cuts it off, with the reason `shutdown`: the client does not even take its end. */
  cutForShutdown(): void
}

/**
 * The open streams of one server, so that they can be drained together. There is one for each server and no listener for
 * each stream.
 */
export class OpenStreams implements Iterable<OpenStream> {
  readonly #streams = new Set<OpenStream>()
  /** Set while the server drains: newcomers are refused, and told to come back after this many seconds. */
  retryAfterSeconds: number | undefined
  /** Called when a stream has ended. A shutdown sets it while it drains. */
  onEnd: (() => void) | undefined

  get size(): number {
    return this.#streams.size
  }

  add(stream: OpenStream): void {
    this.#streams.add(stream)
  }

  delete(stream: OpenStream): void {
    this.#streams.delete(stream)
    this.onEnd?.()
  }

  /** What newcomers are told while the server drains. */
  refuse(): Refusal | undefined {
    if (this.retryAfterSeconds === undefined) return undefined
    return {
      status: 503,
      headers: { 'retry-after': String(this.retryAfterSeconds) },
      message: 'The server is shutting down. Come back in a moment.',
    }
  }

  [Symbol.iterator](): Iterator<OpenStream> {
    return this.#streams.values()
  }
}
