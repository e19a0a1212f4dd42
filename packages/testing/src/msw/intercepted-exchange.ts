import type { EventMap, EventSchemas } from '@sse/core'
import { checkAnswer } from '../script/check-answer.ts'
import { Exchange, type ScriptedExchange } from '../script/scripted-exchange.ts'
import type { ScriptedRequest } from '../script/step.ts'
import { encodeTypedSteps, type TypedAnswer, type TypedStep } from './typed-step.ts'

/** A request that a handler intercepted. */
export interface InterceptedRequest extends ScriptedRequest {
  /** What the path pattern of the handler found: `/rooms/:room` gives `{ room }`. */
  readonly params: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly cookies: Readonly<Record<string, string>>
}

/** One request and its answer: `send` takes events of the map, where there is one. */
export interface InterceptedExchange<Schemas extends EventSchemas>
  extends Omit<ScriptedExchange, 'send' | 'answer' | 'request'> {
  readonly request: InterceptedRequest
  answer(answer: TypedAnswer<Schemas>): this
  send(...steps: readonly TypedStep<Schemas>[]): this
}

/** An exchange whose steps may be events of a map. */
export class TypedExchange<Schemas extends EventSchemas>
  extends Exchange
  implements InterceptedExchange<Schemas>
{
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
