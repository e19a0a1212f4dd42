/** What of a store the registry needs. */
interface Closable {
  close(): void
}

interface Shelf<Store> {
  readonly store: Store
  users: number
  closing: ReturnType<typeof setTimeout> | undefined
}

/** One store for each key, shared by all who use the key, and closed a while after the last of them has left. */
export class StoreRegistry<Store extends Closable> {
  readonly #shelves = new Map<string, Shelf<Store>>()

  get(key: string): Store | undefined {
    return this.#shelves.get(key)?.store
  }

  /** Makes the store if nobody has it. Call the returned function once for each call, when it is needed no more. */
  acquire(key: string, make: () => Store, keepMs: number): { store: Store; release: () => void } {
    const shelf: Shelf<Store> = this.#shelves.get(key) ?? { store: make(), users: 0, closing: undefined }
    this.#shelves.set(key, shelf)
    shelf.users++
    clearTimeout(shelf.closing)
    return { store: shelf.store, release: () => this.#release(key, shelf, keepMs) }
  }

  #release(key: string, shelf: Shelf<Store>, keepMs: number): void {
    shelf.users--
    if (shelf.users > 0) return
    shelf.closing = setTimeout(() => {
      this.#shelves.delete(key)
      shelf.store.close()
    }, keepMs)
  }
}
