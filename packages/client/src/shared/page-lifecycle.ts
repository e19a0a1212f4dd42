/** What the browser tells of a page before it stops running it, and when it runs it again. */
export interface PageLifecycleListener {
  /** No line of this page is run after this, for seconds or for ever. */
  suspended(): void
  resumed(): void
}

/** Listens to it. Returns a function that ends it. Elsewhere than in a page nothing is told. */
export function onPageLifecycle(listener: PageLifecycleListener): () => void {
  const { document } = globalThis as { document?: EventTarget }
  const page = globalThis as unknown as Partial<EventTarget>
  const sources: ReadonlyArray<readonly [Partial<EventTarget> | undefined, string, () => void]> = [
    [document, 'freeze', () => listener.suspended()],
    [document, 'resume', () => listener.resumed()],
    // Into the back/forward cache, or for good.
    [page, 'pagehide', () => listener.suspended()],
    [page, 'pageshow', () => listener.resumed()],
  ]
  for (const [target, type, callback] of sources) target?.addEventListener?.(type, callback)
  return () => {
    for (const [target, type, callback] of sources) target?.removeEventListener?.(type, callback)
  }
}
