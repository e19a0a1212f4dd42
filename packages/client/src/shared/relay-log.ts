import type { DispatchedEvent } from '@sse/core'

/** A place in what the tabs were relayed: after one entry. */
export interface RelayPosition {
  /** The reign of one leader. Terms sort as strings: a later one is greater. */
  readonly term: string
  /** Of the entry in its term. 0 begins the term. */
  readonly number: number
  /** Names the same place to the server, and to tabs of another term; `''` names none. */
  readonly lastEventId: string
}

/** What the leader read: an event, or the position alone. */
export interface RelayEntry extends RelayPosition {
  readonly event?: DispatchedEvent | undefined
  /** The event's own id, if it has one. */
  readonly id?: string | undefined
}

export interface RelayRetention {
  /** How many events are kept for tabs that join late or lag. Default 1,000. */
  readonly events?: number | undefined
  /** How much they may weigh. Default 4 MiB. */
  readonly bytes?: number | undefined
}

/**
 * Where a tab goes on. `exact`: with what comes next. `repeats`: with what comes next, and events that it has may come again.
 * `hole`: events in between are not here any more.
 */
export interface Continuation {
  readonly index: number
  readonly match: 'exact' | 'repeats' | 'hole'
}

/** The least that an entry costs, so that positions without an event count as well. */
const ENTRY_BYTES = 64

/**
 * The last of what was relayed, kept by every tab alike, because any of them may have to lead.
 *
 * Its entries are contiguous: each was read right after the one before. Indexes count from the first entry that ever was in
 * it, so they stay what they are when old entries go. Entry `begin - 1` is gone, but its position is known: `base`.
 */
export class RelayLog {
  readonly #maxEvents: number
  readonly #maxBytes: number
  #entries: RelayEntry[] = []
  #bytes = 0
  #begin = 0
  #base: RelayPosition | undefined
  #eventsDropped = 0

  constructor({ events = 1_000, bytes = 4 * 1024 * 1024 }: RelayRetention = {}) {
    this.#maxEvents = events
    this.#maxBytes = bytes
  }

  get begin(): number {
    return this.#begin
  }

  get end(): number {
    return this.#begin + this.#entries.length
  }

  /** The position before the oldest entry. `undefined` until it has begun. */
  get base(): RelayPosition | undefined {
    return this.#base
  }

  get head(): RelayPosition | undefined {
    return this.#entries.at(-1) ?? this.#base
  }

  /** How many events have gone since it began anew. */
  get eventsDropped(): number {
    return this.#eventsDropped
  }

  at(index: number): RelayEntry | undefined {
    return this.#entries[index - this.#begin]
  }

  from(index: number): RelayEntry[] {
    return this.#entries.slice(Math.max(index - this.#begin, 0))
  }

  /** Forgets what it has, and goes on after this position. */
  beginAt({ term, number, lastEventId }: RelayPosition): void {
    this.#begin = this.end
    this.#entries = []
    this.#bytes = 0
    this.#eventsDropped = 0
    this.#base = { term, number, lastEventId }
  }

  append(entry: RelayEntry): void {
    this.#entries.push(entry)
    this.#bytes += bytesOf(entry)
  }

  /** Gives up what is too much. Not while it is appended to, so that who is quick has read a chunk of any size before. */
  trim(): void {
    let excess = 0
    while (this.#entries.length - excess > this.#maxEvents || this.#bytes > this.#maxBytes) {
      const oldest = this.#entries[excess]
      if (oldest === undefined) break
      this.#bytes -= bytesOf(oldest)
      if (oldest.event !== undefined) this.#eventsDropped++
      this.#base = { term: oldest.term, number: oldest.number, lastEventId: oldest.lastEventId }
      excess++
    }
    if (excess === 0) return
    this.#entries.splice(0, excess)
    this.#begin += excess
  }

  /** The position before the entry at an index. */
  before(index: number): RelayPosition | undefined {
    return this.at(index - 1) ?? this.#base
  }

  /** Where a tab goes on that has everything up to `position`. */
  after(position: RelayPosition): Continuation {
    const known = [...(this.#base === undefined ? [] : [this.#base]), ...this.#entries]
    const indexAfter = (matches: (entry: RelayPosition) => boolean): number | undefined => {
      const at = known.findLastIndex(matches)
      return at < 0 ? undefined : this.#begin + at
    }
    const same =
      indexAfter((entry) => samePosition(entry, position)) ??
      indexAfter(({ lastEventId }) => lastEventId !== '' && lastEventId === position.lastEventId)
    if (same !== undefined) return { index: same, match: 'exact' }
    // It has read more of an earlier term than whoever led next, who asked the server from there.
    const earlier = indexAfter(({ term, number }) => term === position.term && number < position.number)
    if (earlier !== undefined) return { index: earlier, match: 'repeats' }
    return { index: this.#begin, match: 'hole' }
  }
}

export function samePosition(a: RelayPosition, b: RelayPosition): boolean {
  return a.term === b.term && a.number === b.number
}

function bytesOf({ event, lastEventId }: RelayEntry): number {
  // Engines keep text at up to two bytes for each unit.
  return (
    ENTRY_BYTES + 2 * (lastEventId.length + (event === undefined ? 0 : event.data.length + event.type.length))
  )
}
