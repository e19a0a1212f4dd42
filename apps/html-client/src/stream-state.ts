export const STATUSES = ['connecting', 'open', 'waiting', 'suspended', 'closed'] as const

export type Status = (typeof STATUSES)[number]

/** Where a stream is, whichever client reads it. */
export interface StreamState {
  readonly status: Status
  /** Which attempt in a row is under way or comes next; undefined where the client does not tell. */
  readonly attempt?: number | undefined
  /** When it goes on by itself, in milliseconds since 1970. */
  readonly until?: number | undefined
  /** Why, in words. */
  readonly because?: string | undefined
}

export const CIRCUITS = ['closed', 'half-open', 'open'] as const

export type Circuit = (typeof CIRCUITS)[number]
