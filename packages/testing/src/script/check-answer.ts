import { testingError } from '../errors.ts'
import type { ScriptedResponse, Steps } from './step.ts'

const FIELDS: ReadonlySet<string> = new Set([
  'status',
  'headers',
  'delayMs',
  'lineEnding',
  'steps',
  'networkError',
])

const NONE: ReadonlySet<string> = new Set()

/** Statuses whose responses have no body, whoever sends one (RFC 9110 §15). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304])

export function isBodiless(status: number): boolean {
  return BODILESS.has(status)
}

/**
 * A response, whichever way it was written: only steps make one of status 200. `more` are the fields that a response may have
 * beyond those of every script.
 *
 * @throws SseError `invalid-option`
 */
export function checkAnswer<Response extends ScriptedResponse>(
  answer: Response | Steps,
  more: ReadonlySet<string> = NONE,
): Response {
  if (isSteps(answer)) return { steps: answer } as Response
  if (typeof answer !== 'object' || answer === null) {
    throw refusal(`An answer is a response or the steps of a stream, not ${String(answer)}.`)
  }
  for (const field in answer) {
    if (!FIELDS.has(field) && !more.has(field)) throw unknownField(field)
  }
  checkHead(answer)
  return answer
}

function isSteps(answer: unknown): answer is Steps {
  if (typeof answer === 'string') return true
  return (
    typeof answer === 'object' &&
    answer !== null &&
    (Symbol.iterator in answer || Symbol.asyncIterator in answer)
  )
}

function checkHead({ status = 200, delayMs = 0, steps }: ScriptedResponse): void {
  if (!(Number.isInteger(status) && status >= 200 && status <= 599)) {
    throw refusal(`A status is a whole number from 200 to 599, not ${status}.`, 'status')
  }
  if (!(delayMs >= 0)) {
    throw refusal(`delayMs is a number of milliseconds from 0 up, not ${delayMs}.`, 'delayMs')
  }
  if (isBodiless(status) && steps !== undefined) {
    throw refusal(`A response of status ${status} has no body: leave its steps out.`, 'steps')
  }
}

const STEP_FIELDS: ReadonlySet<string> = new Set([
  'data',
  'event',
  'id',
  'retry',
  'comment',
  'pauseMs',
  'cut',
  'stall',
])

function unknownField(field: string): Error {
  return refusal(
    STEP_FIELDS.has(field)
      ? `Where an answer was expected there is a step, with ${JSON.stringify(field)}. A script has an answer for each request, and the steps of one answer are a list of their own: [[{ data: 'a' }, { data: 'b' }]].`
      : `An answer has no field ${JSON.stringify(field)}.`,
    field,
  )
}

function refusal(message: string, field?: string): Error {
  return testingError('invalid-option', message, { field })
}
