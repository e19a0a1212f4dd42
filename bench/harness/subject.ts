/** What is timed, made by `prepare` inside a thread of its own. */
export interface Subject {
  /** Rejects when what it did was wrong: a fast wrong answer must not become a result. */
  run(): Promise<void>
}

/** What `prepare` returns instead, in words for the table, if the subject cannot do the work correctly. */
export interface Fault {
  readonly fault: string
}

/** Exported as `prepare` by a module whose subjects are timed. `Key` says which one; it crosses threads, so it is plain data. */
export type Prepare<Key> = (key: Key) => Promise<Subject | Fault>
