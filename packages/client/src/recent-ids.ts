/** How many ids are remembered: servers repeat the last events, not the last thousands. */
const CAPACITY = 1_000

/**
 * Recognises events that a server sends again when it is asked to go on: some begin with the event that was read last, some
 * with the first that they have.
 *
 * Only right after a resumption, and only until the first event that is new. On a stream where ids come twice anyway they name
 * no event, so nothing is recognised.
 */
export class RecentIds {
  #ids = new Set<string>()
  #resuming = false
  #unique = true

  /** Another connection goes on where the last one was. */
  resume(): void {
    this.#resuming = true
  }

  /** Whether this event was read already. */
  repeats(id: string | undefined): boolean {
    if (id === undefined || !this.#unique) return false
    if (this.#ids.has(id)) {
      if (this.#resuming) return true
      this.#unique = false
      this.#ids.clear()
      return false
    }
    this.#resuming = false
    this.#ids.add(id)
    if (this.#ids.size > CAPACITY) this.#ids.delete(this.#ids.values().next().value as string)
    return false
  }
}
