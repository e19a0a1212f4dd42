import type { DispatchedEvent } from './server-sent-event.ts'

/** Why a reader cannot get what it asked for. */
export type GapReason =
  /** The events after its id are no longer retained. */
  | 'evicted'
  /** Its id is from an earlier life of the channel: the server was restarted. */
  | 'restarted'
  /** Its id is none that this channel knows. */
  | 'unknown-id'
  /** It reads more slowly than events are dropped. */
  | 'lagged'

/** The data of a `gap` event: what a reader asked for and can no longer get. */
export interface Gap {
  readonly reason: GapReason
  /** The id that the reader sent; `null` if it sent none, or one too long to repeat. */
  readonly requestedId: string | null
  /** The position from which it goes on. The `gap` event has this id too, so that a reader resumes from there. */
  readonly resumedAtId: string
  /** How many events it missed; `null` if that cannot be known, as for a reader who wants only some of them. */
  readonly missed: number | null
}

/** The gap that an event tells of; `undefined` for any other event, also one of that type from a server that means something else. */
export function parseGap({ type, data }: DispatchedEvent): Gap | undefined {
  if (type !== 'gap') return undefined
  try {
    const gap: Partial<Gap> | null = JSON.parse(data)
    const told = typeof gap?.reason === 'string' && typeof gap.resumedAtId === 'string'
    return told ? (gap as Gap) : undefined
  } catch {
    return undefined
  }
}
