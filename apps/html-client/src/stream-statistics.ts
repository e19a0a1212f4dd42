import { latencyOf } from './latency.ts'
import type { ReceivedEvent } from './stream-reader.ts'
import { bytesOnTheWire } from './wire-bytes.ts'

/** One second of a stream. */
export interface StreamSample {
  /** Seconds since 1970, the unit of the charts' time axis. */
  readonly time: number
  readonly eventsPerSecond: number
  /** The mean of the events that told when they were made; null if none did. */
  readonly latencyMs: number | null
}

const SAMPLES = 60

/** What has come in on one stream since the page was loaded, and how fast. */
export class StreamStatistics {
  events = 0
  gaps = 0
  reconnects = 0
  readonly #url: string
  #bytes: number | undefined
  #dataSize = 0
  #samples: StreamSample[] = []
  #sampledAt = Date.now()
  #eventsBefore = 0
  #latencySum = 0
  #latencyCount = 0

  constructor(url: string) {
    this.#url = url
  }

  /** Of the latest minute, oldest first. */
  get samples(): readonly StreamSample[] {
    return this.#samples
  }

  /** Bytes of the stream, decompressed. A browser's EventSource does not tell: then the length of the data, near enough. */
  get bytes(): { readonly size: number; readonly exact: boolean } {
    return this.#bytes === undefined
      ? { size: this.#dataSize, exact: this.#dataSize === 0 }
      : { size: this.#bytes, exact: true }
  }

  /** What went over the network with headers and compression; null before the browser tells, at the end of a connection. */
  get wireBytes(): number | null {
    return bytesOnTheWire(this.#url)
  }

  countEvent({ type, data }: ReceivedEvent): void {
    this.events += 1
    this.#dataSize += data.length
    if (type === 'gap') this.gaps += 1
    const latency = latencyOf(data, Date.now())
    if (latency === undefined) return
    this.#latencySum += latency
    this.#latencyCount += 1
  }

  countBytes(bytes: number): void {
    this.#bytes = (this.#bytes ?? 0) + bytes
  }

  /** Ends a second, or what a busy or sleeping browser made of it. */
  sample(now: number): void {
    const seconds = (now - this.#sampledAt) / 1_000
    if (seconds <= 0) return
    const sample: StreamSample = {
      time: now / 1_000,
      eventsPerSecond: (this.events - this.#eventsBefore) / seconds,
      latencyMs: this.#latencyCount === 0 ? null : this.#latencySum / this.#latencyCount,
    }
    this.#samples = [...this.#samples, sample].slice(-SAMPLES)
    this.#sampledAt = now
    this.#eventsBefore = this.events
    this.#latencySum = 0
    this.#latencyCount = 0
  }
}
