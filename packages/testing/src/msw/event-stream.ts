import type { Clock, EventMap, EventSchemas } from '@sse/core'
import { HttpHandler, type HttpHandlerMethod } from 'msw/http'
import { testingError } from '../errors.ts'
import { checkAnswer } from '../script/check-answer.ts'
import { ExchangeLog, type NextOptions } from '../script/exchange-log.ts'
import { untilAborted } from '../script/play-script.ts'
import { ScriptedAnswers, type WhenOver } from '../script/scripted-answers.ts'
import { Exchange, type ScriptedExchange } from '../script/scripted-exchange.ts'
import { toScriptedRequest } from '../script/scripted-request.ts'
import type { Cut, ScriptedRequest } from '../script/step.ts'
import { toResponse } from '../script/to-response.ts'
import { encodeTypedSteps, type TypedAnswer, type TypedStep } from './typed-step.ts'
import { endInsteadOfBreaking, isFromEventSource } from './worker-response.ts'

/** A request that a handler intercepted. */
export interface InterceptedRequest extends ScriptedRequest {
  /** What the path pattern of the handler found: `/rooms/:room` gives `{ room }`. */
  readonly params: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly cookies: Readonly<Record<string, string>>
}

/**
 * An answer for each request in turn, or a function that answers all: with an answer, or by driving the exchange that it is given by
 * hand. A function sees `request.lastEventId`, so that resumption is one line.
 */
export type EventStreamScript<Schemas extends EventSchemas> =
  | readonly TypedAnswer<Schemas>[]
  | ((
      request: InterceptedRequest,
      exchange: InterceptedExchange<Schemas>,
    ) => Driven<Schemas> | Promise<Driven<Schemas>>)

type Driven<Schemas extends EventSchemas> = TypedAnswer<Schemas> | InterceptedExchange<Schemas> | undefined

/** One request and its answer: `send` takes events of the map, where there is one. */
export interface InterceptedExchange<Schemas extends EventSchemas>
  extends Omit<ScriptedExchange, 'send' | 'answer' | 'request'> {
  readonly request: InterceptedRequest
  answer(answer: TypedAnswer<Schemas>): this
  send(...steps: readonly TypedStep<Schemas>[]): this
}

export interface EventStreamOptions<Schemas extends EventSchemas> {
  /** Only requests of this method. Default: of any, because not only GET is answered by streams. */
  readonly method?: HttpHandlerMethod | undefined
  /** The events and what each carries: steps `{ type, data }` are typed by it, validated, and written as a server writes them. */
  readonly events?: EventMap<Schemas> | undefined
  /** By whose time pauses and slow heads pass. Default: the real clock. */
  readonly clock?: Clock | undefined
  /** What requests get after the last answer of a list. Default `'fail'`: status 500, and msw says why. */
  readonly whenOver?: WhenOver | undefined
  /** As of every handler of msw: only the first request is answered. Default false. */
  readonly once?: boolean | undefined
}

/** A request handler of msw that answers with event streams. */
export interface EventStreamHandler<Schemas extends EventSchemas> extends HttpHandler {
  /** All exchanges, in the order of their requests. */
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

/**
 * In Node, msw writes the response to a socket that it has made up. A body that says its own end, as those of real servers do, is
 * what lets a client tell a cut from the end.
 */
const IS_NODE = 'process' in globalThis && globalThis.process.versions?.node !== undefined

class ScriptedHandler<Schemas extends EventSchemas>
  extends HttpHandler
  implements EventStreamHandler<Schemas>
{
  readonly #log: ExchangeLog<TypedExchange<Schemas>>

  constructor(
    path: ConstructorParameters<typeof HttpHandler>[1],
    script: EventStreamScript<Schemas> | undefined,
    { method = ANY_METHOD, events, clock, whenOver, once = false }: EventStreamOptions<Schemas>,
  ) {
    const log = new ExchangeLog<TypedExchange<Schemas>>()
    const answers =
      script &&
      new ScriptedAnswers<TypedExchange<Schemas>, TypedAnswer<Schemas>>(
        script as ConstructorParameters<
          typeof ScriptedAnswers<TypedExchange<Schemas>, TypedAnswer<Schemas>>
        >[0],
        whenOver,
      )
    super(
      method,
      path,
      async ({ request, params, cookies }) => {
        const scripted = toScriptedRequest(request, log.count, () => request.clone().text())
        const intercepted = Object.defineProperties(scripted, {
          params: { value: params, enumerable: true },
          cookies: { value: cookies, enumerable: true },
        }) as InterceptedRequest
        const exchange = new TypedExchange(intercepted, events)
        log.add(exchange)
        answers
          ?.next(intercepted, exchange)
          .then((answer) => answer === undefined || exchange.answer(answer))
          .catch((error: unknown) => exchange.refuse(error))
        try {
          const response = await untilAborted(exchange.response, request.signal)
          if (response === 'aborted') throw request.signal.reason
          if (!response.networkError) {
            const whole = await toResponse(response, { clock, signal: request.signal, observer: exchange })
            if (!IS_NODE) return isFromEventSource(request) ? endInsteadOfBreaking(whole) : whole
            if (whole.body !== null) whole.headers.set('transfer-encoding', 'chunked')
            return whole
          }
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
      },
      { once },
    )
    this.#log = log
  }

  get exchanges(): readonly InterceptedExchange<Schemas>[] {
    return this.#log.all
  }

  next(options?: NextOptions): Promise<InterceptedExchange<Schemas>> {
    return this.#log.next(options)
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

  #open(): readonly TypedExchange<Schemas>[] {
    const open = this.#log.all.filter(({ isOpen }) => isOpen)
    if (open.length > 0) return open
    throw testingError(
      'invalid-option',
      `No stream of ${this.info.header} is open, so nobody would get it. Wait for one first: await handler.next().`,
    )
  }
}

/** An exchange whose steps may be events of a map. */
class TypedExchange<Schemas extends EventSchemas> extends Exchange implements InterceptedExchange<Schemas> {
  declare readonly request: InterceptedRequest
  readonly #events: EventMap<Schemas> | undefined

  constructor(request: InterceptedRequest, events: EventMap<Schemas> | undefined) {
    super(request)
    this.#events = events
  }

  override answer(answer: TypedAnswer<Schemas>): this {
    const { steps, ...head } = checkAnswer(answer as Parameters<typeof checkAnswer>[0])
    return super.answer(
      steps === undefined ? head : { ...head, steps: encodeTypedSteps(steps, this.#events) },
    )
  }

  override send(...steps: readonly TypedStep<Schemas>[]): this {
    // Encoded here, where the mistake is, and not when the stream is read.
    return super.send(...[...encodeTypedSteps(steps, this.#events)])
  }
}
