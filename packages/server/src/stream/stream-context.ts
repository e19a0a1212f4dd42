import type { ServerSentEvent } from '@sse/core'
import { serverError } from '../errors.ts'
import type { StreamContent } from './content.ts'
import type { EventStream } from './event-stream.ts'

/** What the source and the hooks of a stream know of it. */
export interface StreamContext<Request = unknown> {
  readonly request: Request
  /** The id after which the client wants to go on, `''` if it has none. It comes from the client: it may be anything. */
  readonly lastEventId: string
  /** Aborts when the stream ends, whatever ended it: stop working for it. */
  readonly signal: AbortSignal
  /** Aborts when the server begins to shut down: say goodbye within `shutdownGraceMs`, and return. */
  readonly shutdown: AbortSignal
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

/** The context of one stream. Its signals are made when somebody first asks for them: most streams never do. */
export class Context<Request> implements StreamContext<Request> {
  readonly request: Request
  readonly lastEventId: string
  readonly #stream: EventStream | undefined
  #ended: LazySignal = 'quiet'
  #shutdown: LazySignal = 'quiet'

  constructor(request: Request, lastEventId: string, stream: EventStream | undefined) {
    this.request = request
    this.lastEventId = lastEventId
    this.#stream = stream
  }

  get signal(): AbortSignal {
    this.#ended = controllerOf(this.#ended, streamHasEnded)
    return this.#ended.signal
  }

  get shutdown(): AbortSignal {
    this.#shutdown = controllerOf(this.#shutdown, serverShutsDown)
    return this.#shutdown.signal
  }

  abortSignal(): void {
    this.#ended = aborted(this.#ended, streamHasEnded)
  }

  abortShutdown(): void {
    this.#shutdown = aborted(this.#shutdown, serverShutsDown)
  }

  /** Made when it is asked for, and bound, so that it can be taken out of the context: `({ send }) => …`. */
  get send(): (event: ServerSentEvent) => Promise<void> {
    return (event) => this.#send(event)
  }

  async #send(event: ServerSentEvent): Promise<void> {
    const stream = this.#stream
    if (!stream?.open) {
      throw serverError(
        'stream-ended',
        'The stream has ended, so nothing can be sent on it any more. Stop when ctx.signal aborts.',
      )
    }
    if (!stream.writeEvent(event)) await new Promise<void>((resolve) => stream.whenWritable(resolve))
  }
}

/** A signal that nobody has asked for yet, or its controller. */
type LazySignal = 'quiet' | 'aborted' | AbortController

function controllerOf(signal: LazySignal, reason: () => DOMException): AbortController {
  if (typeof signal === 'object') return signal
  const controller = new AbortController()
  if (signal === 'aborted') controller.abort(reason())
  return controller
}

function aborted(signal: LazySignal, reason: () => DOMException): LazySignal {
  if (typeof signal !== 'object') return 'aborted'
  signal.abort(reason())
  return signal
}

const streamHasEnded = (): DOMException => new DOMException('The event stream has ended.', 'AbortError')
const serverShutsDown = (): DOMException => new DOMException('The server is shutting down.', 'AbortError')
