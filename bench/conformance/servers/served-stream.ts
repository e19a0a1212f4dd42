/** A server of one event stream at `/`, as its documentation shows it, with what else its users have to write. */
export interface ServedStream {
  readonly port: number
  /** An event for every open stream. */
  publish(): unknown
}

/** What a library leaves to its users, where it leaves replay to them: the events so far, and those after an id. */
export class RecentEvents {
  readonly #events: { readonly id: string; readonly data: string }[] = []

  add(): { readonly id: string; readonly data: string } {
    const id = String(this.#events.length + 1)
    const event = { id, data: `event ${id}` }
    this.#events.push(event)
    return event
  }

  after(id: string | undefined | null): readonly { readonly id: string; readonly data: string }[] {
    const at = this.#events.findIndex((event) => event.id === id)
    return at < 0 ? [] : this.#events.slice(at + 1)
  }
}
