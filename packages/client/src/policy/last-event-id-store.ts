/** Where a position outlives the program: a page that is loaded again, or a process that starts again, goes on from it. */
export interface LastEventIdStore {
  /** The position to begin with, `''` or nothing if there is none. Asked once. */
  load(): string | null | undefined | Promise<string | null | undefined>
  /** Keeps the position; called when it has changed, at most once for each chunk that was read. What it throws is reported. */
  save(lastEventId: string): void | Promise<void>
}

/** Keeps it in `localStorage` or `sessionStorage` under a key. */
export function storedLastEventId(storage: KeyValueStorage, key: string): LastEventIdStore {
  return {
    load: () => storage.getItem(key),
    save: (lastEventId) => storage.setItem(key, lastEventId),
  }
}

/** What of a browser's `Storage` is used. */
export interface KeyValueStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}
