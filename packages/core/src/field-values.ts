import { SseError } from './errors.ts'
import { MAX_RETRY_MS } from './server-sent-event.ts'

/**
 * The one door for values that must stay on one line: `event` and `id`.
 *
 * They are refused, never cleaned: a line break would let whoever chose the value write fields or whole events of
 * their own (CWE-93), and a cleaned id is not the id that the client was meant to send back.
 */
export function checkSingleLine(field: 'event' | 'id', value: unknown): string {
  if (typeof value !== 'string') throw notAString(field, value)
  for (let i = 0, { length } = value; i < length; i++) {
    const code = value.charCodeAt(i)
    // Two comparisons for a common character: those to refuse are control characters and surrogates.
    if (code <= CR || code >= FIRST_SURROGATE) {
      refuse(field, value)
      break
    }
  }
  return value
}

const CR = 0x0d
const FIRST_SURROGATE = 0xd800

/** Throws if the value has what a single line may not have; a tab, say, or a pair of surrogates is fine. */
function refuse(field: 'event' | 'id', value: string): void {
  const lineBreak = value.search(/[\r\n]/)
  if (lineBreak !== -1) {
    throw new SseError(
      'line-break-in-field',
      `The ${field} field must be one line, but it has a line break at index ${lineBreak}. Remove it, or encode the value (encodeURIComponent, JSON).`,
      { field },
    )
  }
  const nul = value.indexOf('\0')
  if (nul !== -1) {
    throw new SseError(
      'null-in-field',
      `The ${field} field must not contain U+0000, but it does at index ${nul}. Clients ignore an id that has one. Remove it, or encode the value.`,
      { field },
    )
  }
  if (!value.isWellFormed()) throw illFormed(field)
}

/** Text that UTF-8 can carry: a string without lone surrogates, which an encoder would turn into U+FFFD. */
export function checkText(field: 'comment' | 'data', value: unknown): string {
  if (typeof value !== 'string') throw notAString(field, value)
  if (!value.isWellFormed()) throw illFormed(field)
  return value
}

/** A reconnection time that clients can keep: an integer from 0 to 2³¹−1 milliseconds. */
export function checkRetry(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_RETRY_MS) {
    throw new SseError(
      'invalid-retry',
      `The retry field must be a whole number of milliseconds from 0 to ${MAX_RETRY_MS}, but it is ${describe(value)}.`,
      { field: 'retry' },
    )
  }
  return value
}

function notAString(field: string, value: unknown): SseError {
  return new SseError(
    'not-a-string',
    `The ${field} field must be a string, but it is ${describe(value)}. Convert it with String(…) first.`,
    { field },
  )
}

function illFormed(field: string): SseError {
  return new SseError(
    'ill-formed-text',
    `The ${field} field has a lone surrogate, which UTF-8 cannot carry. Call .toWellFormed() on it, or do not cut strings inside a character.`,
    { field },
  )
}

/** A value as an error message names it: short, and never the whole content. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object'
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`
  if (typeof value === 'undefined') return 'undefined'
  if (typeof value === 'bigint') return `the bigint ${value}n`
  if (typeof value === 'function') return 'a function'
  return `the ${typeof value} ${String(value)}`
}
