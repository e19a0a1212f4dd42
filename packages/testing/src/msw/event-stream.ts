import type { EventSchemas } from '@sse/core'
import { HttpHandler } from 'msw/http'
import { testingError } from '../errors.ts'
import type { NextOptions } from '../script/exchange-log.ts'
import type { Cut } from '../script/step.ts'
import { Answering } from './answering.ts'
import type { EventStreamOptions, EventStreamScript } from './event-stream-script.ts'
import type { InterceptedExchange } from './intercepted-exchange.ts'
import type { TypedStep } from './typed-step.ts'

/** A request handler of msw that answers with event streams. */
export interface EventStreamHandler<Schemas extends EventSchemas> extends HttpHandler {
  /** All exchanges since the handlers were last reset, in the order of their requests. */
  readonly exchanges: readonly InterceptedExchange<Schemas>[]
  /** The next exchange that this has not returned yet; waits for one. @throws SseError `not-in-time` */
  next(options?: NextOptions): Promise<InterceptedExchange<Schemas>>
  /** Sends these to every stream that is open. @throws SseError `invalid-option` when none is: wait for `next()` first */
  send(...steps: readonly TypedStep<Schemas>[]): void
  /** Ends every stream that is open. */
  end(): void
  /** Breaks every stream that is open. */
  cut(how?: Cut['cut']): void
}

/** Any step of a script: what handlers without an event map take. */
// biome-ignore lint/complexity/noBannedTypes: no event is known, so none is typed.
export type UntypedEvents = {}

/**
 * A handler for `setupServer` and `setupWorker` of msw 3: `eventStream('/prices', [[{ data: 1 }, pause(100), { data: 2 }]])`.
 * Without a script each request waits until the test answers it: `(await prices.next()).send({ data: 1 })`.
 *
 * Paths are msw's: patterns with parameters, wildcards, whole URLs, or a function.
 *
 * @throws SseError `invalid-option`
 */
export function eventStream<const Schemas extends EventSchemas = UntypedEvents>(
  path: ConstructorParameters<typeof HttpHandler>[1],
  script?: EventStreamScript<Schemas>,
  options: EventStreamOptions<Schemas> = {},
): EventStreamHandler<Schemas> {
  return new ScriptedHandler(path, script, options)
}

const ANY_METHOD = /.+/

class ScriptedHandler<Schemas extends EventSchemas>
  extends HttpHandler
  implements EventStreamHandler<Schemas>
{
  readonly #begin: () => Answering<Schemas>
  #answering: Answering<Schemas>

  constructor(
    path: ConstructorParameters<typeof HttpHandler>[1],
    script: EventStreamScript<Schemas> | undefined,
    { method = ANY_METHOD, once = false, ...options }: EventStreamOptions<Schemas>,
  ) {
    super(method, path, (intercepted) => this.#answering.respond(intercepted), { once })
    this.#begin = () => new Answering(script, options)
    this.#answering = this.#begin()
  }

  get exchanges(): readonly InterceptedExchange<Schemas>[] {
    return this.#answering.log.all
  }

  next(options?: NextOptions): Promise<InterceptedExchange<Schemas>> {
    return this.#answering.log.next(options)
  }

  send(...steps: readonly TypedStep<Schemas>[]): void {
    for (const exchange of this.#open()) exchange.send(...steps)
  }

  end(): void {
    for (const exchange of this.#open()) exchange.end()
  }

  cut(how?: Cut['cut']): void {
    for (const exchange of this.#open()) exchange.cut(how)
  }

  /** `resetHandlers()` calls this when the handler stays: the next test finds it as if it were new. */
  override reset(): void {
    super.reset()
    this.#beginAnew()
  }

  /** `resetHandlers()` calls this when the handler goes, and `close()` and `stop()` do. It may be used again. */
  override dispose(): void {
    this.#beginAnew()
  }

  /**
   * msw prints a response when it has read a copy to the end. That end may never come, and who reads a copy drains the script and hides
   * that the client has left; so the body is left out, and the copy let go.
   */
  override async log({ request, response }: Parameters<HttpHandler['log']>[0]): Promise<void> {
    const { body, status, statusText, headers } = response
    if (body === null) return super.log({ request, response })
    void body.cancel()
    await super.log({ request, response: new Response('(a stream)', { status, statusText, headers }) })
  }

  #beginAnew(): void {
    this.#answering.abandon()
    this.#answering = this.#begin()
  }

  #open(): readonly InterceptedExchange<Schemas>[] {
    const open = this.exchanges.filter(({ isOpen }) => isOpen)
    if (open.length > 0) return open
    throw testingError(
      'invalid-option',
      `No stream of ${this.info.header} is open, so nobody would get it. Wait for one first: await handler.next().`,
    )
  }
}
