import { testingError } from '../errors.ts'
import { checkAnswer, isBodiless } from './check-answer.ts'
import type { Cut, ScriptedHead, ScriptedRequest, ScriptedResponse, Step, Steps } from './step.ts'
import { StepQueue } from './step-queue.ts'

/**
 * How an exchange ended. `complete`: the answer was given to its end. `cut`: it was broken off. `released`: its reader went away
 * before. `failed`: the script threw, or `fail` was called.
 */
export type ExchangeEnd = 'complete' | 'cut' | 'released' | 'failed'

/**
 * One request, and the answer to it. A script answers it; without a script, the test does, with `respond`, `send`, `end` and `cut`,
 * or all at once with `answer`.
 */
export interface ScriptedExchange<
  Head extends ScriptedHead = ScriptedHead,
  Response extends ScriptedResponse = ScriptedResponse,
> {
  readonly request: ScriptedRequest
  /** That of the request; `null` without one. */
  readonly lastEventId: string | null
  /** Gives the whole answer. @throws SseError `invalid-option`, also when there is an answer already. */
  answer(answer: Response | Steps): this
  /** Sends the head of the response; its body is what `send` is given. @throws SseError `invalid-option` */
  respond(head?: Head): this
  /** Sends these, one after the other; before that the head, if it was not sent. @throws SseError `invalid-option` */
  send(...steps: readonly Step[]): this
  /** The body comes to its proper end. */
  end(): this
  /** The connection breaks. Before the head, the request fails. */
  cut(how?: Cut['cut']): this
  /** Whether there is an answer, if only a head. */
  readonly isAnswered: boolean
  /** Whether it goes on: neither answered to the end nor given up by its reader. */
  readonly isOpen: boolean
  /** Whether its reader waits for more: all that was sent is taken. */
  readonly isRead: boolean
  /** Whether its reader went away before the end: it cancelled the body, aborted the request or closed the connection. */
  readonly released: boolean
  /** How many bytes of the body its reader has taken. */
  readonly sentBytes: number
  /** Settles at the end of the exchange, whatever ended it. */
  readonly done: Promise<ExchangeEnd>
}

/** An exchange with what the transport needs: what the answer is, and whom to tell how it fares. */
export class Exchange<
  Head extends ScriptedHead = ScriptedHead,
  Response extends ScriptedResponse = ScriptedResponse,
> implements ScriptedExchange<Head, Response>
{
  readonly request: ScriptedRequest
  readonly #check: (answer: Response | Steps) => Response
  readonly #answer = Promise.withResolvers<Response>()
  readonly #done = Promise.withResolvers<ExchangeEnd>()
  /** Of an answer by hand. */
  #queue: StepQueue | undefined
  #isAnswered = false
  #end: ExchangeEnd | undefined
  isRead = false
  sentBytes = 0

  /** `check` refuses what is no answer for this transport. */
  constructor(request: ScriptedRequest, check: (answer: Response | Steps) => Response = checkAnswer) {
    this.request = request
    this.#check = check
  }

  get lastEventId(): string | null {
    return this.request.lastEventId
  }

  get isAnswered(): boolean {
    return this.#isAnswered
  }

  get isOpen(): boolean {
    return this.#end === undefined
  }

  get released(): boolean {
    return this.#end === 'released'
  }

  get done(): Promise<ExchangeEnd> {
    return this.#done.promise
  }

  answer(answer: Response | Steps): this {
    const response = this.#check(answer)
    if (this.#isAnswered) {
      throw testingError(
        'invalid-option',
        `The request ${this.request.method} ${this.request.path} has an answer already. Exchanges of a script are answered by it; scriptedFetch() and scriptedServer() without one leave that to the test.`,
      )
    }
    this.#isAnswered = true
    this.#answer.resolve(response)
    return this
  }

  respond(head?: Head): this {
    const queue = new StepQueue()
    const isWhole = isBodiless(head?.status ?? 200)
    this.answer({ ...head, ...(!isWhole && { steps: queue }) } as unknown as Response)
    if (!isWhole) this.#queue = queue
    return this
  }

  send(...steps: readonly Step[]): this {
    this.#byHand().push(...steps)
    return this
  }

  end(): this {
    this.#byHand().end()
    return this
  }

  cut(how: Cut['cut'] = 'reset'): this {
    if (this.#isAnswered) this.#byHand().push({ cut: how })
    else this.answer({ networkError: true } as Response)
    return this
  }

  /** The connection breaks with this error. */
  fail(error: unknown): this {
    if (this.#isAnswered) this.#byHand().fail(error)
    else this.refuse(error)
    return this
  }

  /** What was answered; rejects when there is an error instead. */
  get response(): Promise<Response> {
    return this.#answer.promise
  }

  /** There will be no answer, but this error. */
  refuse(error: unknown): void {
    this.#isAnswered = true
    this.#answer.reject(error)
  }

  /** How it ended; only the first counts. */
  ended(end: ExchangeEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.isRead = false
    this.#done.resolve(end)
  }

  #byHand(): StepQueue {
    if (!this.#isAnswered) this.respond()
    if (this.#queue !== undefined) return this.#queue
    throw testingError(
      'invalid-option',
      `The answer to ${this.request.method} ${this.request.path} is whole already: nothing can be added to it. Answer with respond() to send step by step.`,
    )
  }
}
