/** What of the Web Locks API is used. */
export interface LockManagerLike {
  request(
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    callback: () => Promise<void> | undefined,
  ): Promise<unknown>
  query(): Promise<{ readonly pending?: readonly { readonly name?: string }[] }>
}

export interface TabLockListener {
  granted(): void
  /** Another tab has taken it. */
  lost(): void
  /** There are no locks here: the page has no origin, or may store nothing. */
  unavailable(): void
}

interface Turn {
  readonly withdrawal: AbortController
  readonly hold: PromiseWithResolvers<void>
  held: boolean
}

/** The lock that the leader of the tabs holds. The browser passes it on when a tab is closed or crashes. */
export class TabLock {
  readonly #locks: LockManagerLike
  readonly #name: string
  readonly #listener: TabLockListener
  #turn: Turn | undefined

  constructor(locks: LockManagerLike, name: string, listener: TabLockListener) {
    this.#locks = locks
    this.#name = name
    this.#listener = listener
  }

  /** Waits for it, in turn. */
  request(): void {
    if (this.#turn === undefined) this.#take(false)
  }

  /** Takes it from whoever holds it. */
  steal(): void {
    if (this.#turn?.held) return
    this.release()
    this.#take(true)
  }

  /** Gives it back, or waits no longer. */
  release(): void {
    const turn = this.#turn
    this.#turn = undefined
    turn?.withdrawal.abort()
    turn?.hold.resolve()
  }

  /** Whether other tabs wait for it. */
  async isWanted(): Promise<boolean> {
    const { pending = [] } = await this.#locks.query()
    return pending.some(({ name }) => name === this.#name)
  }

  #take(steal: boolean): void {
    const turn: Turn = { withdrawal: new AbortController(), hold: Promise.withResolvers(), held: false }
    this.#turn = turn
    const options = steal ? { steal } : { signal: turn.withdrawal.signal }
    const granted = (): Promise<void> | undefined => {
      if (this.#turn !== turn) return undefined
      turn.held = true
      this.#listener.granted()
      return turn.hold.promise
    }
    // Who calls is not done yet, and a lock manager that throws does so at once.
    const request = async (): Promise<unknown> => this.#locks.request(this.#name, options, granted)
    request().catch((error: unknown) => {
      if (this.#turn !== turn) return
      this.#turn = undefined
      const stolen = turn.held || (error as { name?: string } | undefined)?.name === 'AbortError'
      if (stolen) this.#listener.lost()
      else this.#listener.unavailable()
    })
  }
}

export function lockManagerOf(scope: object): LockManagerLike | undefined {
  return (scope as { navigator?: { locks?: LockManagerLike } }).navigator?.locks
}
