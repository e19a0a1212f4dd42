import { measureTraffic, type Traffic } from '@sse/client'
import { latencyOf } from './latency.ts'
import type { ReaderKind, ReceivedEvent } from './stream-reader.ts'

/** One second of a stream. */
export interface StreamSample {
  /** Seconds since 1970, the unit of the charts' time axis. */
  readonly time: number
  readonly eventsPerSecond: number
  /** The mean of the events that told when they were made; null if none did. */
  readonly latencyMs: number | null
}

/** What went over the network, as far as somebody has told. */
export interface WireBytes {
  /** Of the parts that are known. */
  readonly size: number
  /** What these parts are decompressed. */
  readonly decoded: number
  /** Whether that is all there was. */
  readonly complete: boolean
}

const SAMPLES = 60

/** What has come in on one stream since the page was loaded, and how fast. */
export class StreamStatistics {
  events = 0
  gaps = 0
  reconnects = 0
  /** Of `@sse/client`. */
  readonly traffic: Traffic = measureTraffic()
  /** Of the connections of an EventSource that are over. */
  #told = { decoded: 0, wire: 0 }
  /** Length of the data that an EventSource has handed over since then. */
  #untold = 0
  #samples: StreamSample[] = []
  #sampledAt = Date.now()
  #eventsBefore = 0
  #latencySum = 0
  #latencyCount = 0

  /** Of the latest minute, oldest first. */
  get samples(): readonly StreamSample[] {
    return this.#samples
  }

  /** Bytes of the stream, decompressed. Of an open connection a browser's EventSource does not tell: then the length of the data, near enough. */
  get bytes(): { readonly size: number; readonly exact: boolean } {
    return { size: this.traffic.bytes + this.#told.decoded + this.#untold, exact: this.#untold === 0 }
  }

  get wire(): WireBytes {
    const { bytes, wireBytes, unknownBytes } = this.traffic
    return {
      size: wireBytes + this.#told.wire,
      decoded: bytes - unknownBytes + this.#told.decoded,
      complete: unknownBytes + this.#untold === 0,
    }
  }

  countEvent({ type, data }: ReceivedEvent, reader: ReaderKind): void {
    this.events += 1
    if (reader === 'EventSource') this.#untold += data.length
    if (type === 'gap') this.gaps += 1
    const latency = latencyOf(data, Date.now())
    if (latency === undefined) return
    this.#latencySum += latency
    this.#latencyCount += 1
  }

  /** A connection of an EventSource is over. */
  countTransfer(decoded: number, wire: number): void {
    this.#told = { decoded: this.#told.decoded + decoded, wire: this.#told.wire + wire }
    this.#untold = 0
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
