import type { ResumableRequest } from '../http/last-event-id.ts'
import type { StreamRequest } from '../http/refusal.ts'
import type { EventSourceResponseOptions as StreamOptions } from '../stream/stream-options.ts'

/** What a stream needs of a request: a `Request` has it, and so has what frameworks derive from it. */
export interface WebRequest extends ResumableRequest, StreamRequest {
  readonly headers: Pick<Headers, 'get'>
  /** Aborts when the client leaves, in runtimes that tell it so. */
  readonly signal?: AbortSignal | null | undefined
}

/** A shutdown finds the streams of a Node server; here nobody would keep to `shutdownGraceMs`. */
export interface EventSourceResponseOptions<Request = undefined>
  extends Omit<StreamOptions<Request>, 'shutdownGraceMs'> {
  /**
   * The request that is answered, as the runtime made it; Hono's `c.req.raw`. Without it nothing can be resumed or
   * refused, and HEAD is not known from GET.
   */
  readonly request?: Request
}
