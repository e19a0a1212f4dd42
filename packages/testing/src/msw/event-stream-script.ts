import type { Clock, EventMap, EventSchemas } from '@sse/core'
import type { HttpHandlerMethod } from 'msw/http'
import type { WhenOver } from '../script/scripted-answers.ts'
import type { InterceptedExchange, InterceptedRequest } from './intercepted-exchange.ts'
import type { TypedAnswer } from './typed-step.ts'

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
