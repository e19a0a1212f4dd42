import type { ServerSentEvent } from '@sse/core'
import type { Refusal } from '../http/refusal.ts'

/** A stream as a shutdown sees it. */
export interface OpenStream {
  /** How long its source may go on once it was told of the shutdown. */
  readonly shutdownGraceMs: number
  /** The reconnection time that its client was given when it opened, if any. */
  readonly retryMs: number | undefined
  /** Aborts `ctx.shutdown`: the source may say goodbye and end. */
  announceShutdown(): void
  /** Writes one event, such as a last reconnection time, if the client can take it. */
  writeEvent(event: ServerSentEvent): boolean
  /**
   * Ends it properly, with the reason `shutdown`: at once; or, where a channel feeds it, when its client has taken what was
   * published.
   */
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

  get size(): number {
    return this.#streams.size
  }

  add(stream: OpenStream): void {
    this.#streams.add(stream)
  }

  delete(stream: OpenStream): void {
    this.#streams.delete(stream)
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
