const transferred = new Map<string, number>()

// A browser tells the size of a transfer when it is over. A server of another origin has to allow it
// (Timing-Allow-Origin), or the size is 0. Of a transfer that was broken off only the headers are told, which says nothing.
if (typeof PerformanceObserver === 'function') {
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!(entry instanceof PerformanceResourceTiming) || entry.encodedBodySize === 0) continue
      transferred.set(entry.name, (transferred.get(entry.name) ?? 0) + entry.transferSize)
    }
    // Nobody else reads them, and their buffer is small.
    performance.clearResourceTimings()
  }).observe({ type: 'resource' })
}

/** The size of all connections to this address that have ended; null if none is known. */
export function bytesOnTheWire(url: string): number | null {
  return transferred.get(url) ?? null
}
