import { parseObject } from './json.ts'

const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['evicted', 'evicted'],
  ['restarted', 'the server was restarted'],
  ['unknown-id', 'the server does not know the last id'],
  ['lagged', 'this connection was too slow'],
])

/** Puts the data of a `gap` event into words. `missed` is null where the server cannot know the number. */
export function describeGap(data: string): string {
  const { missed, reason } = parseObject<'missed' | 'reason'>(data) ?? {}
  const why = REASONS.get(reason) ?? 'no reason given'
  if (typeof missed !== 'number') return `Gap: an unknown number of events missed (${why})`
  return `Gap: ${missed} ${missed === 1 ? 'event' : 'events'} missed (${why})`
}
