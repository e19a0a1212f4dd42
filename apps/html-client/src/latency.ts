import { parseObject } from './json.ts'

/** Larger data is not parsed for one field of it: at thousands of events a second that would be felt. */
const LONGEST = 4_096

/** How long the event took from its `at`, an ISO time or milliseconds, to `now`. Undefined if it does not tell. */
export function latencyOf(data: string, now: number): number | undefined {
  if (data.length > LONGEST || !data.includes('"at"')) return undefined
  const at = parseObject<'at'>(data)?.at
  const time = typeof at === 'number' ? at : typeof at === 'string' ? Date.parse(at) : Number.NaN
  // Two clocks are compared. One that is a little ahead must not make an event arrive before it was made.
  return Number.isNaN(time) ? undefined : Math.max(0, now - time)
}
