import type { BrokerRecord } from '../broker.ts'

/** One entry of a stream as `XRANGE` and `XREAD` give it: its id, then names and values in turn. */
export type RawEntry = readonly [id: string, fields: readonly string[]]

/** An entry that says where it belongs: in which life of the log, and after which position. */
export interface StreamEntry extends BrokerRecord {
  readonly epoch: string
  readonly after: string
}

export function parseEntry([id, fields]: RawEntry): StreamEntry {
  const field = (name: string): string => {
    for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1] ?? ''
    return ''
  }
  return {
    position: id,
    epoch: field('epoch'),
    after: field('after'),
    payload: field('event'),
    publishedAt: Number(id.slice(0, id.indexOf('-'))),
  }
}

/** Less than 0 if `a` comes first. Ids are `<milliseconds>-<number>`, each of them up to 64 bits. */
export function comparePositions(a: string, b: string): number {
  const [aMs = '', aNumber = ''] = a.split('-')
  const [bMs = '', bNumber = ''] = b.split('-')
  return compareDecimals(aMs, bMs) || compareDecimals(aNumber, bNumber)
}

/** Of whole numbers without leading zeros, also past 2⁵³. */
function compareDecimals(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}

/** What `XREAD` returns: an array of pairs in RESP2; in RESP3 a map, which clients give as an object, a `Map` or a flat array. */
export function entriesByKey(reply: unknown): [key: string, entries: RawEntry[]][] {
  if (reply === null || reply === undefined) return []
  if (reply instanceof Map) return [...reply]
  if (!Array.isArray(reply)) return Object.entries(reply as Record<string, RawEntry[]>)
  if (Array.isArray(reply[0])) return reply
  const pairs: [string, RawEntry[]][] = []
  for (let i = 0; i < reply.length; i += 2) pairs.push([reply[i], reply[i + 1]])
  return pairs
}
