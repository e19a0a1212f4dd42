import type { LineEnding } from '@sse/core'
import { withLineEnding } from './line-ending.ts'
import { checkRetention, type Retention } from './retention.ts'

/** Consecutive frames, put together once and written to every reader who is at `from`. */
export interface Batch {
  readonly bytes: Uint8Array
  readonly events: number
  /** The offset of the first event behind the batch. */
  readonly next: number
}

interface Entry {
  readonly frame: Uint8Array
  readonly appendedAt: number
  /** The application's own id, if it gave one. */
  readonly id: string | undefined
}

/** A reader that is far behind gets this much at a time, or one frame if that is larger. */
const BATCH_BYTES = 64 * 1024

/**
 * An append-only log of frames, bounded by its retention. Offsets count the events of the log's life from 1; they
 * never change and are never used twice.
 *
 * Invariant: `#entries[#head + i]` is the event at offset `start + i`, for `start ≤ offset < end`. Slots before `#head`
 * are empty; they are cut off when they are more than the rest, so dropping costs O(1) amortised.
 */
export class Log {
  readonly #retention: ReturnType<typeof checkRetention>
  #entries: (Entry | undefined)[] = []
  #head = 0
  #start = 1
  #bytes = 0
  /** Offsets by the application's ids, for the events that are retained. */
  readonly #offsetById = new Map<string, number>()
  /** Batches that were put together since the last `forgetBatches`, by line ending and first offset. */
  readonly #batches = new Map<string, Batch>()

  constructor(retention: Retention | undefined) {
    this.#retention = checkRetention(retention)
  }

  /** The offset of the oldest event that is retained; `end` when there is none. */
  get start(): number {
    return this.#start
  }

  /** The offset that the next event will have. */
  get end(): number {
    return this.#start + this.#entries.length - this.#head
  }

  /** Of the frames that are retained. */
  get bytes(): number {
    return this.#bytes
  }

  append(frame: Uint8Array, id: string | undefined, now: number): void {
    if (id !== undefined) this.#offsetById.set(id, this.end)
    this.#entries.push({ frame, id, appendedAt: now })
    this.#bytes += frame.byteLength
  }

  offsetOf(id: string): number | undefined {
    return this.#offsetById.get(id)
  }

  /** The first offset that the retention lets stay. */
  retainedFrom(now: number): number {
    const { events, bytes, ageMs } = this.#retention
    let start = Math.max(this.#start, this.end - events)
    let kept = this.#bytes
    for (let offset = this.#start; offset < start; offset++) kept -= this.#at(offset).frame.byteLength
    for (; start < this.end; start++) {
      const entry = this.#at(start)
      if (kept <= bytes && entry.appendedAt >= now - ageMs) break
      kept -= entry.frame.byteLength
    }
    return start
  }

  /** Drops the events before `offset`. */
  dropBefore(offset: number): void {
    for (; this.#start < offset; this.#start++, this.#head++) {
      const { frame, id } = this.#at(this.#start)
      this.#bytes -= frame.byteLength
      // An id that was used again belongs to the later event.
      if (id !== undefined && this.#offsetById.get(id) === this.#start) this.#offsetById.delete(id)
      this.#entries[this.#head] = undefined
    }
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }

  /** The frames from `from` on, as many as make a batch. `from` must be retained. */
  batch(from: number, lineEnding: LineEnding): Batch {
    const key = lineEnding + from
    let batch = this.#batches.get(key)
    if (batch === undefined) {
      batch = this.#putTogether(from, lineEnding)
      this.#batches.set(key, batch)
    }
    return batch
  }

  /** Lets go of the batches: call it when those who share them have them. They are copies, beside the retention. */
  forgetBatches(): void {
    this.#batches.clear()
  }

  #putTogether(from: number, lineEnding: LineEnding): Batch {
    let next = from
    let bytes = 0
    const frames: Uint8Array[] = []
    do {
      const { frame } = this.#at(next++)
      frames.push(frame)
      bytes += frame.byteLength
    } while (next < this.end && bytes + this.#at(next).frame.byteLength <= BATCH_BYTES)
    return { bytes: withLineEnding(concat(frames, bytes), lineEnding), events: frames.length, next }
  }

  #at(offset: number): Entry {
    return this.#entries[this.#head + offset - this.#start] as Entry
  }
}

function concat(frames: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = frames
  if (only !== undefined && frames.length === 1) return only
  const joined = new Uint8Array(bytes)
  let at = 0
  for (const frame of frames) {
    joined.set(frame, at)
    at += frame.byteLength
  }
  return joined
}
