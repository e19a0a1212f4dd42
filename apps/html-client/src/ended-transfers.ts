type Told = (bytes: number, wireBytes: number) => void

const readers = new Map<string, Set<Told>>()

if (typeof PerformanceObserver === 'function') {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry instanceof PerformanceResourceTiming) ended(entry)
    // Nobody else reads them, and their buffer is small.
    performance.clearResourceTimings()
  }).observe({ type: 'resource' })
}

/** Of a transfer that another origin keeps to itself the sizes are 0; in Chromium, also of one that the page itself broke off. */
function ended(timing: PerformanceResourceTiming): void {
  const { name, initiatorType, responseStatus, encodedBodySize, decodedBodySize } = timing
  if (initiatorType === 'fetch' || responseStatus !== 200 || encodedBodySize === 0) return
  const [told, another] = readers.get(name) ?? []
  // Of two that read the same address, nobody says whose it was.
  if (another === undefined) told?.(decodedBodySize, encodedBodySize)
}

/** Tells of each connection that a browser's EventSource has had to this address, when it is over. Returns a function that ends it. */
export function onTransferEnd(url: string, told: Told): () => void {
  const others = readers.get(url) ?? new Set()
  readers.set(url, others.add(told))
  return () => {
    others.delete(told)
    if (others.size === 0) readers.delete(url)
  }
}
