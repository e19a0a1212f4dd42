/** What of a `PerformanceResourceTiming` matters here. The names of the DOM are not known wherever this is. */
interface ResourceTiming {
  readonly name: string
  readonly startTime: number
  readonly encodedBodySize: number
  readonly decodedBodySize: number
}

interface ResourceObserver {
  observe(options: { type: 'resource' }): void
  disconnect(): void
}

interface ResourceObserverClass {
  new (callback: (list: { getEntries(): unknown[] }) => void): ResourceObserver
  readonly supportedEntryTypes: readonly string[]
}

/** A body whose size on the wire is not known yet. */
interface Expected {
  readonly url: string | undefined
  readonly startedAt: number
  readonly told: (bytes: number, wireBytes: number) => void
  /** What was read of it, decompressed. */
  bytes: number
  timing: ResourceTiming | undefined
}

/** Clocks of pages are coarse: a request may seem to have started before it was made. */
const COARSE_MS = 1

/** More than that have not ended, or nobody tells of them. */
const MAX_EXPECTED = 100

/**
 * What the runtime tells of transfers that are over, by its resource timing. Nothing of one whose server, of another origin, does not
 * send `Timing-Allow-Origin`; in Chromium, nothing either of one that the page itself has ended.
 */
export class ResourceSizes {
  readonly #expected = new Set<Expected>()
  #observer: ResourceObserver | undefined

  /** Calls back when it is known what all bytes of a body were on the wire. Returns what counts them. */
  expect(
    url: string,
    startedAt: number,
    told: (bytes: number, wireBytes: number) => void,
  ): (bytes: number) => void {
    const expected: Expected = { url: addressOf(url), startedAt, told, bytes: 0, timing: undefined }
    this.#expected.add(expected)
    for (const oldest of this.#expected) {
      if (this.#expected.size <= MAX_EXPECTED) break
      this.#expected.delete(oldest)
    }
    this.#observe()
    return (bytes) => {
      expected.bytes += bytes
      this.#settle(expected)
    }
  }

  #observe(): void {
    const { PerformanceObserver } = globalThis as { PerformanceObserver?: unknown }
    const Observer = PerformanceObserver as ResourceObserverClass | undefined
    if (this.#observer !== undefined || !Observer?.supportedEntryTypes.includes('resource')) return
    this.#observer = new Observer((list) => {
      for (const entry of list.getEntries()) this.#ended(entry as ResourceTiming)
    })
    this.#observer.observe({ type: 'resource' })
  }

  #ended(timing: ResourceTiming): void {
    const url = addressOf(timing.name)
    const latest = [...this.#expected].findLast(
      (each) => each.url === url && each.startedAt <= timing.startTime + COARSE_MS,
    )
    if (latest === undefined) return
    latest.timing = timing
    this.#settle(latest)
  }

  /** Bytes that are still to be read may come after the transfer is over; a size that is not theirs is of another request. */
  #settle(expected: Expected): void {
    const { bytes, timing, told } = expected
    if (timing === undefined || timing.decodedBodySize !== bytes || !this.#expected.delete(expected)) return
    told(bytes, timing.encodedBodySize)
    if (this.#expected.size > 0) return
    this.#observer?.disconnect()
    this.#observer = undefined
  }
}

/** As resource timing has it: complete, without a fragment. */
function addressOf(url: string): string | undefined {
  return new Request(url).url.split('#')[0]
}
