/** Whether it makes sense to be connected now. */
export interface Presence {
  /** Why not: without a network no attempt is made; a page that is hidden gives up its connection as well. */
  readonly away: 'offline' | 'hidden' | undefined
  /**
   * Calls back when `away` may have changed, and when the machine may have slept. Called back at other times it does no
   * harm. Returns a function that ends it.
   */
  subscribe(callback: () => void): () => void
}

export interface BrowserPresenceOptions {
  /** Whether a page that is hidden gives up its connection, and goes on where it was when it is shown again. Default false. */
  readonly suspendWhenHidden?: boolean | undefined
}

interface Page extends EventTarget {
  readonly visibilityState?: string
}

/** What browsers tell: `online` and `offline`, whether the page is hidden, and when it was frozen. Elsewhere it is always present. */
export function browserPresence({ suspendWhenHidden = false }: BrowserPresenceOptions = {}): Presence {
  const { navigator, document } = globalThis as { navigator?: { onLine?: boolean }; document?: Page }
  const sources: ReadonlyArray<readonly [EventTarget | undefined, readonly string[]]> = [
    [globalThis as unknown as EventTarget, ['online', 'offline', 'pageshow']],
    [document, ['visibilitychange', 'resume']],
  ]
  return {
    get away() {
      if (navigator?.onLine === false) return 'offline'
      return suspendWhenHidden && document?.visibilityState === 'hidden' ? 'hidden' : undefined
    },
    subscribe(callback) {
      for (const [target, types] of sources)
        for (const type of types) target?.addEventListener?.(type, callback)
      return () => {
        for (const [target, types] of sources)
          for (const type of types) target?.removeEventListener?.(type, callback)
      }
    },
  }
}
