import type { EventSchemas } from '@sse/core'
import { ExchangeLog } from '../script/exchange-log.ts'
import { untilAborted } from '../script/play-script.ts'
import { ScriptedAnswers } from '../script/scripted-answers.ts'
import { toScriptedRequest } from '../script/scripted-request.ts'
import type { ScriptedResponse } from '../script/step.ts'
import { toResponse } from '../script/to-response.ts'
import type { EventStreamOptions, EventStreamScript } from './event-stream-script.ts'
import { type InterceptedRequest, TypedExchange } from './intercepted-exchange.ts'
import type { TypedAnswer } from './typed-step.ts'
import { endInsteadOfBreaking, isFromEventSource } from './worker-response.ts'

/** What msw tells of a request. */
export interface Intercepted extends Pick<InterceptedRequest, 'params' | 'cookies'> {
  readonly request: Request
}

/**
 * In Node, msw writes the response to a socket that it has made up. A body that says its own end, as those of real servers do, is
 * what lets a client tell a cut from the end.
 */
const IS_NODE = 'process' in globalThis && globalThis.process.versions?.node !== undefined

/** How a handler answers from one reset to the next: its script on the way, and the exchanges there were. */
export class Answering<Schemas extends EventSchemas> {
  readonly log: ExchangeLog<TypedExchange<Schemas>> = new ExchangeLog()
  readonly #answers: ScriptedAnswers<TypedExchange<Schemas>, TypedAnswer<Schemas>> | undefined
  readonly #options: EventStreamOptions<Schemas>
  readonly #abandoned = new AbortController()

  constructor(script: EventStreamScript<Schemas> | undefined, options: EventStreamOptions<Schemas>) {
    type Answers = typeof ScriptedAnswers<TypedExchange<Schemas>, TypedAnswer<Schemas>>
    this.#answers =
      script && new ScriptedAnswers(script as ConstructorParameters<Answers>[0], options.whenOver)
    this.#options = options
  }

  async respond(intercepted: Intercepted): Promise<Response> {
    const { request } = intercepted
    const exchange = this.#begin(intercepted)
    try {
      const given = await untilAborted(exchange.response, request.signal)
      if (given === 'aborted') throw request.signal.reason
      if (!given.networkError) return await this.#play(given, exchange, request)
      exchange.ended('cut')
      return Response.error()
    } catch (error) {
      if (!request.signal.aborted) {
        exchange.ended('failed')
        throw error
      }
      // Nobody waits for this, and an error would be one more line in the log of a test that passes.
      exchange.ended('released')
      return Response.error()
    }
  }

  /**
   * Ends what streams still play. Their clients are not told: one that a test has left behind would only come back, and be taken for a
   * client of the next test.
   */
  abandon(): void {
    this.#abandoned.abort()
    for (const exchange of this.log.all) exchange.ended('released')
  }

  #begin({ request, params, cookies }: Intercepted): TypedExchange<Schemas> {
    const scripted = toScriptedRequest(request, this.log.count, () => request.clone().text())
    const known = Object.defineProperties(scripted, {
      params: { value: params, enumerable: true },
      cookies: { value: cookies, enumerable: true },
    }) as InterceptedRequest
    const exchange = new TypedExchange(known, this.#options.events)
    this.log.add(exchange)
    this.#answers
      ?.next(known, exchange)
      .then((answer) => answer === undefined || exchange.answer(answer))
      .catch((error: unknown) => exchange.refuse(error))
    return exchange
  }

  async #play(
    given: ScriptedResponse,
    exchange: TypedExchange<Schemas>,
    request: Request,
  ): Promise<Response> {
    const response = await toResponse(given, {
      clock: this.#options.clock,
      signal: request.signal,
      abandoned: this.#abandoned.signal,
      observer: exchange,
    })
    if (!IS_NODE) return isFromEventSource(request) ? endInsteadOfBreaking(response) : response
    if (response.body !== null) response.headers.set('transfer-encoding', 'chunked')
    return response
  }
}
