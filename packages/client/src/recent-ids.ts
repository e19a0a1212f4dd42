/** How many ids are remembered: servers repeat the last events, not the last thousands. */
const CAPACITY = 1_000
/** Longer ids are not remembered: a thousand of them would be a thousand times what an event may hold. */
const MAX_LENGTH = 256
/** V8 copies what is shorter than this out of a text; a longer part refers to the text, and keeps all of it alive. */
const SHORTEST_REFERENCE = 13

/**
 * Recognises events that a server sends again when it is asked to go on: some begin with the event that was read last, some
 * with the first that they have.
 *
 * Only right after a resumption, only until the first event that is new, and each once. On a stream where ids come twice
 * anyway they name no event, so nothing is recognised.
 */
export class RecentIds {
  /** A ring: to remember an id costs an event one assignment, and they are looked up only after a resumption. */
  readonly #ids: string[] = []
  #next = 0
  /** Those that may come again now. */
  #repeatable: Set<string> | undefined

  /** Another connection goes on after this event. */
  resume(lastEventId: string): void {
    const ids = new Set(this.#ids)
    const unique = ids.size === this.#ids.length
    // An earlier program may have read it.
    if (lastEventId.length <= MAX_LENGTH) ids.add(lastEventId)
    this.#repeatable = unique ? ids : undefined
  }

  /** Whether this event was read already. */
  repeats(id: string | undefined): boolean {
    // An empty id takes the position back: it names no event.
    if (!id) return false
    if (this.#repeatable?.delete(id)) return true
    this.#repeatable = undefined
    if (id.length <= MAX_LENGTH) {
      this.#ids[this.#next] = ownCopy(id)
      this.#next = (this.#next + 1) % CAPACITY
    }
    return false
  }
}

/** A thousand ids must not be a thousand pieces of the stream, which they were cut out of. */
function ownCopy(id: string): string {
  return id.length < SHORTEST_REFERENCE ? id : ` ${id}`.slice(1)
}
