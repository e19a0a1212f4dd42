/**
 * The wait that a `Retry-After` value asks for (RFC 9110 §10.2.3): seconds, or a date. `undefined` for what is neither, such
 * as a negative number; 0 for a date that has passed.
 */
export function parseRetryAfter(value: string | null | undefined, wallTime: number): number | undefined {
  const text = value?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  // What `Date.parse` makes of other texts, such as `-1`, is a date as well: an HTTP date begins with its weekday.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(date - wallTime, 0)
}
