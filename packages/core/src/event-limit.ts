import { SseError } from './errors.ts'
import { describe } from './field-values.ts'

export interface ParserLimits {
  /**
   * The longest event that is accepted: its data, type and id together, and each comment, in UTF-16 code units (what
   * `string.length` counts). Default 1,048,576. `Infinity` switches the limit off, and with it the bound on memory.
   */
  readonly maxEventLength?: number | undefined
}

/** 1 MiB of ASCII: a hundred times what event streams carry, and far below what hurts a process. */
export const DEFAULT_MAX_EVENT_LENGTH = 1_048_576

/** How much longer than the limit an unfinished line may be: the names of fields do not count. A `retry` line fits in, too. */
const FIELD_NAME_ALLOWANCE = 32

/** What begins a line that is not ignored, beside a comment. */
const FIELD = /^(?:data|event|id|retry):/

/** How long an event may be. */
export class EventLimit {
  readonly #maxLength: number

  /** @throws SseError `invalid-limit` */
  constructor(limits: ParserLimits | undefined) {
    const value: unknown = limits?.maxEventLength ?? DEFAULT_MAX_EVENT_LENGTH
    if (value !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(value) && (value as number) > 0)) {
      throw new SseError(
        'invalid-limit',
        `limits.maxEventLength must be a whole number above 0, or Infinity, but it is ${describe(value)}.`,
        { field: 'limits.maxEventLength' },
      )
    }
    this.#maxLength = value as number
  }

  /** @throws SseError `event-too-large` */
  check(length: number): void {
    if (length <= this.#maxLength) return
    throw new SseError(
      'event-too-large',
      `An event of the stream is longer than the limit of ${this.#maxLength} characters. Raise limits.maxEventLength if the source is trusted, or send large content by reference.`,
      { field: 'limits.maxEventLength' },
    )
  }

  /**
   * What is to be kept of a line that is not finished, beside `length` characters of its event. Of one that will be ignored so much
   * is enough that it will be.
   *
   * @throws SseError `event-too-large`
   */
  keep(line: string, length: number, ignoresComments: boolean): string {
    if (line.length + length <= this.#maxLength + FIELD_NAME_ALLOWANCE) return line
    const ignored = line.startsWith(':') ? ignoresComments : !FIELD.test(line)
    this.check((ignored ? 0 : line.length) + length - FIELD_NAME_ALLOWANCE)
    return line.slice(0, FIELD_NAME_ALLOWANCE)
  }
}
