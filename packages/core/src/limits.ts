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

/** @throws SseError `invalid-limit` */
export function checkMaxEventLength(limits: ParserLimits | undefined): number {
  const value: unknown = limits?.maxEventLength ?? DEFAULT_MAX_EVENT_LENGTH
  if (value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) > 0)) {
    return value as number
  }
  throw new SseError(
    'invalid-limit',
    `limits.maxEventLength must be a whole number above 0, or Infinity, but it is ${describe(value)}.`,
    { field: 'limits.maxEventLength' },
  )
}
