import type { DispatchedEvent } from '@sse/core'
import type { RequestOptions } from './record-options.ts'
import type { RecordingEndReason } from './recorded-event.ts'

/** What a recording is made of. */
export interface StreamSource {
  /** For messages: `GET http://localhost/events`. */
  describe(request: RequestOptions): string
  /** Why it can be opened only once; `undefined` where it can be again. */
  readonly onlyOnce: string | undefined
  /**
   * Opens the stream, and settles when it has begun: its head came, or it was refused. What is in it goes to the sink from then on.
   * Rejects when there is not even a response. An abort of `signal` gives the opening up.
   */
  open(call: StreamCall): Promise<StreamTap>
}

export interface StreamCall {
  readonly request: RequestOptions
  /** The types to listen for, where a source must be told. */
  readonly types: readonly string[]
  readonly sink: StreamSink
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** Where a source puts what it sees. */
export interface StreamSink {
  opened(head: StreamHead): void
  /** The answer is no event stream: what its body says instead. */
  refused(text: string): void
  bytes(chunk: Uint8Array): void
  /** An event of a source that shows no bytes. */
  event(event: DispatchedEvent): void
  ended(reason: RecordingEndReason, error?: unknown): void
}

export interface StreamHead {
  readonly status: number | undefined
  readonly headers: Headers | undefined
}

/** A stream that is open. */
export interface StreamTap {
  /** Stops taking bytes, and lets what feeds them feel it; `undefined` where a source cannot be slowed. */
  readonly pause?: (() => void) | undefined
  readonly resume?: (() => void) | undefined
  /** Tells the sink of an end that the source does not tell by itself. */
  readonly poll?: (() => void) | undefined
  /** Lets go of it. Settles when the other side knows. Never rejects. */
  close(): Promise<void>
}
