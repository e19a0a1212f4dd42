import type { ServerSentEvent } from '@sse/core'
import type { StreamContent } from './content.ts'

/** What the source and the hooks of a stream know of it. */
export interface StreamContext<Request = unknown> {
  readonly request: Request
  /** The id after which the client wants to go on, `''` if it has none. It comes from the client: it may be anything. */
  readonly lastEventId: string
  /** Aborts when the stream ends, whatever ended it: stop working for it. */
  readonly signal: AbortSignal
  /**
   * Sends an event to this client alone, beside what the source gives. Settles when the client can take more.
   * Rejects with the `SseError` `stream-ended` after the end, or with what the encoder refuses.
   */
  send(event: ServerSentEvent): Promise<void>
}

/** Content, or a function that makes it for one client. */
export type StreamContentOrFactory<Request> =
  | StreamContent
  | ((context: StreamContext<Request>) => StreamContent | Promise<StreamContent>)
