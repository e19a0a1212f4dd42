/**
 * Ids of a channel's events: `<epoch>-<offset>`. The epoch names one life of a log, so that a server which was
 * restarted knows an id of its former life for what it is, instead of taking it for one of its own.
 */
const FORMAT = /^([0-9a-z]{8})-(0|[1-9][0-9]{0,15})$/

export interface EventId {
  readonly epoch: string
  readonly offset: number
}

export function formatEventId(epoch: string, offset: number): string {
  return `${epoch}-${offset}`
}

/** The parts of an id of this format, whoever made it up; `undefined` for any other text. */
export function parseEventId(id: string): EventId | undefined {
  // The length first: an id comes from a client, and may be of any size.
  if (id.length > 25) return undefined
  const match = FORMAT.exec(id)
  if (match === null) return undefined
  return { epoch: match[1] as string, offset: Number(match[2]) }
}

/** A new epoch: 40 random bits, so that no two lives of a log have the same. */
export function createEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8))
  return Array.from(bytes, (byte) => (byte % 32).toString(32)).join('')
}
