import { testingError } from '../errors.ts'
import type { ScriptedExchange } from './scripted-exchange.ts'
import { listRequests } from './scripted-request.ts'
import type { ScriptedAnswer, ScriptedRequest } from './step.ts'

/**
 * What becomes of a request after the last answer of a list. `'fail'`: it fails with an error that says so. `'no-content'`: status
 * 204, which tells an `EventSource` to stop. `'repeat-last'`: the last answer again.
 */
export type WhenOver = 'fail' | 'no-content' | 'repeat-last'

/**
 * A script as `scriptedFetch` and `scriptedServer` take it: an answer for each request in turn, or a function. The function may return
 * an answer, or drive the exchange that it is given by hand: `(request, exchange) => exchange.respond().send({ data: 1 }).cut()`.
 */
export type ExchangeScript<Exchange extends ScriptedExchange = ScriptedExchange, Answer = ScriptedAnswer> =
  | readonly Answer[]
  | ((request: ScriptedRequest, exchange: Exchange) => Driven<Answer> | Promise<Driven<Answer>>)

/** An answer; or what `respond` and the like return, or nothing, when the exchange is driven by hand. */
type Driven<Answer> = Answer | ScriptedExchange | undefined

/** A script on its way: which answer is next. */
export class ScriptedAnswers<Exchange extends ScriptedExchange, Answer> {
  readonly #script: ExchangeScript<Exchange, Answer>
  readonly #whenOver: WhenOver
  #count = 0
  /** The last few, to name them. */
  #recent: readonly ScriptedRequest[] = []

  constructor(script: ExchangeScript<Exchange, Answer>, whenOver: WhenOver = 'fail') {
    if (!['fail', 'no-content', 'repeat-last'].includes(whenOver)) {
      throw testingError(
        'invalid-option',
        `whenOver is 'fail', 'no-content' or 'repeat-last', not ${String(whenOver)}.`,
        { field: 'whenOver' },
      )
    }
    if (typeof script !== 'function' && !Array.isArray(script)) {
      throw testingError(
        'invalid-option',
        'A script is a list with an answer for each request, or a function that returns one.',
        { field: 'script' },
      )
    }
    this.#script = script
    this.#whenOver = whenOver
  }

  /**
   * The answer to the next request, or `undefined` when the function drives the exchange by hand. Takes the answers in the order of the
   * calls, whatever time a function takes.
   *
   * @throws SseError `script-over`, and what the function throws
   */
  async next(request: ScriptedRequest, exchange: Exchange): Promise<Answer | undefined> {
    this.#count++
    this.#recent = [...this.#recent.slice(-5), request]
    if (typeof this.#script !== 'function') return this.#nextOf(this.#script)
    const answer = await this.#script(request, exchange)
    return answer === (exchange as unknown) ? undefined : (answer as Answer | undefined)
  }

  #nextOf(answers: readonly Answer[]): Answer {
    const answer = answers[this.#count - 1]
    if (answer !== undefined) return answer
    const last = answers.at(-1)
    if (this.#whenOver === 'repeat-last' && last !== undefined) return last
    if (this.#whenOver === 'no-content') return { status: 204 } as Answer
    throw testingError(
      'script-over',
      `The script has ${answers.length === 1 ? 'one answer' : `${answers.length} answers`}, but this is request ${this.#count}: ${listRequests(this.#recent)}. Add an answer, or say with whenOver what such requests get: 'no-content' or 'repeat-last'.`,
    )
  }
}
