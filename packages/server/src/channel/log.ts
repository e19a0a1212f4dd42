import type { LineEnding } from '@sse/core'
import { BlockCache } from '../compression/block-cache.ts'
import type { Compression } from '../compression/compression.ts'
import { SharedText } from '../compression/shared-text.ts'
import { type Batch, joinFrames, MAX_BATCH_BYTES } from './batch.ts'
import { checkRetention, type Retention } from './retention.ts'
import { isShared, type Labels, type SelectableEntry, type Selection } from './selection.ts'

interface Entry extends SelectableEntry {
  readonly dedupeKey: string | undefined
  readonly appendedAt: number
  /** Whether those who read everything are given it at the beginning of a batch: see {@link Log.batch}. */
  readonly beginsSegment: boolean
}

/** What a reader asks for: which events, from where on, in what form. */
interface Wanted {
  readonly from: number
  readonly lineEnding: LineEnding
  readonly selection: Selection | undefined
}

interface AskedBatch extends Wanted {
  readonly batch: Batch
}

/** How far back a history is looked for, whose events are few among others. */
const LONGEST_LOOK_BACK = 1_024
/** What of the retention's bytes compressed copies may have, and how many at most. */
const COPIES_SHARE = 1 / 4
const MAX_COPIES_BYTES = 16 * 1024 * 1024

const NO_LABELS: Labels = { name: 'message', topics: [] }

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
  /** The id of the event that was dropped last. */
  #lastDropped: string | undefined
  /** Offsets by the application's ids, for the events that are retained. */
  readonly #offsetById = new Map<string, number>()
  readonly #offsetByKey = new Map<string, number>()
  /** Batches that were put together since the last `forgetBatches`, by first offset, line ending and selection. */
  readonly #batches = new Map<string, Batch>()
  /** Compressed copies of what readers catch up with, in the room that events leave of the retention's bytes. */
  readonly copies: BlockCache
  readonly #maxCopiesBytes: number
  /** What of the retention's bytes is for events. */
  readonly #maxBytes: number
  /** Of the segment that the next event would join. */
  #segmentBytes = Number.POSITIVE_INFINITY
  /** The one that was asked for last: mostly, everybody wants the same, and comparing costs a third of looking it up. */
  #last: AskedBatch | undefined

  constructor(retention: Retention | undefined, compression?: Compression | undefined) {
    this.#retention = checkRetention(retention)
    const { bytes } = this.#retention
    this.#maxCopiesBytes = Math.min(bytes * COPIES_SHARE, MAX_COPIES_BYTES)
    // Else it is not known whether there will ever be copies, and what clients ask for must not decide how many events are kept.
    this.#maxBytes = compression === 'auto' ? bytes - this.#maxCopiesBytes : bytes
    this.copies = new BlockCache(this.#maxCopiesBytes)
  }

  /** The offset of the oldest event that is retained; `end` when there is none. */
  get start(): number {
    return this.#start
  }

  /** The offset that the next event will have. */
  get end(): number {
    return this.#start + this.#entries.length - this.#head
  }

  offsetOfKey(dedupeKey: string): number | undefined {
    return this.#offsetByKey.get(dedupeKey)
  }

  /** How many events it keeps at most. */
  get capacity(): number {
    return this.#retention.events
  }

  /** Of the frames that are retained. */
  get bytes(): number {
    return this.#bytes
  }

  /** `id` is the application's own. It must not be retained already: see `offsetOf`. */
  append(
    frame: Uint8Array,
    id: string | undefined,
    now: number,
    labels: Labels = NO_LABELS,
    dedupeKey?: string | undefined,
  ): SelectableEntry {
    const beginsSegment = this.#segmentBytes + frame.byteLength > MAX_BATCH_BYTES
    this.#segmentBytes = frame.byteLength + (beginsSegment ? 0 : this.#segmentBytes)
    const { name, topics } = labels
    const entry = { frame, id, appendedAt: now, name, topics, dedupeKey, beginsSegment }
    if (dedupeKey !== undefined) this.#offsetByKey.set(dedupeKey, this.end)
    if (id !== undefined) this.#offsetById.set(id, this.end)
    this.#entries.push(entry)
    this.#bytes += frame.byteLength
    this.#limitCopies()
    return entry
  }

  offsetOf(id: string): number | undefined {
    return this.#offsetById.get(id)
  }

  /** The application's id of the event before `offset`; `undefined` if it has none, or is no longer known: that of the one before `start` is. */
  idBefore(offset: number): string | undefined {
    if (offset < this.#start) return undefined
    return offset > this.#start ? this.#at(offset - 1).id : this.#lastDropped
  }

  /** Drops everything. The offset that comes next is skipped, so that whoever was at the end is now before the start. */
  void(): void {
    this.dropBefore(this.end)
    this.#start++
    this.#segmentBytes = Number.POSITIVE_INFINITY
    this.#lastDropped = undefined
  }

  /** The first offset that the retention lets stay. */
  retainedFrom(now: number): number {
    const { events, ageMs } = this.#retention
    let start = Math.max(this.#start, this.end - events)
    let kept = this.#bytes
    for (let offset = this.#start; offset < start; offset++) kept -= this.#at(offset).frame.byteLength
    for (; start < this.end; start++) {
      const entry = this.#at(start)
      if (kept <= this.#maxBytes && entry.appendedAt >= now - ageMs) break
      kept -= entry.frame.byteLength
    }
    return start
  }

  /** Drops the events before `offset`. */
  dropBefore(offset: number): void {
    for (; this.#start < offset; this.#start++, this.#head++) {
      const { frame, id, dedupeKey } = this.#at(this.#start)
      this.#bytes -= frame.byteLength
      if (id !== undefined) this.#offsetById.delete(id)
      if (dedupeKey !== undefined) this.#offsetByKey.delete(dedupeKey)
      this.#lastDropped = id
      this.#entries[this.#head] = undefined
    }
    this.#limitCopies()
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }

  /**
   * The selected frames from `from` on, as many as make a batch. `from` must be retained.
   *
   * Batches of the whole text end where segments do, so that those who catch up come to want the same ones, from wherever
   * they set out.
   */
  batch(from: number, lineEnding: LineEnding, selection?: Selection): Batch {
    if (!isShared(selection)) return this.#putTogether(from, lineEnding, selection)
    const last = this.#last
    if (last?.from === from && last.lineEnding === lineEnding && last.selection === selection)
      return last.batch
    const key = `${from}${lineEnding}${selection?.key ?? ''}`
    let batch = this.#batches.get(key)
    if (batch === undefined) {
      batch = this.#putTogether(from, lineEnding, selection)
      this.#batches.set(key, batch)
    }
    this.#last = { from, lineEnding, selection, batch }
    return batch
  }

  /** Lets go of the batches: call it when those who share them have them. They are copies, beside the retention. */
  forgetBatches(): void {
    this.#last = undefined
    this.#batches.clear()
  }

  #putTogether(from: number, lineEnding: LineEnding, selection: Selection | undefined): Batch {
    const frames: Uint8Array[] = []
    let bytes = 0
    let told = from
    let next = from
    // A filter may publish: what is new then comes later, and what is dropped then cannot be read any more.
    for (const { end } = this; next < end && next >= this.#start; next++) {
      const entry = this.#at(next)
      if (selection !== undefined && !selection.matches(entry)) continue
      if (frames.length > 0 && bytes + entry.frame.byteLength > MAX_BATCH_BYTES) break
      if (frames.length > 0 && selection === undefined && entry.beginsSegment) break
      frames.push(entry.frame)
      bytes += entry.frame.byteLength
      told = next + 1
    }
    const joined = joinFrames(frames, lineEnding)
    const wanted = { from, lineEnding, selection }
    return { bytes: joined, text: this.#textOf(joined, wanted, next), events: frames.length, told, next }
  }

  #textOf(bytes: Uint8Array, wanted: Wanted, next: number): SharedText | undefined {
    const { from, lineEnding, selection } = wanted
    if (!isShared(selection)) return undefined
    return new SharedText(bytes, {
      before: (length) => this.#textBefore(wanted, length),
      cache: this.copies,
      key: () => `${from} ${next}${lineEnding}${selection?.key ?? ''}`,
    })
  }

  /** The last `length` bytes of the selected text before `from`: fewer, if what is retained has no more, or not near. */
  #textBefore({ from, lineEnding, selection }: Wanted, length: number): Uint8Array {
    const frames: Uint8Array[] = []
    let bytes = 0
    const first = Math.max(this.#start, from - LONGEST_LOOK_BACK)
    for (let offset = from - 1; offset >= first && bytes < length; offset--) {
      const entry = this.#at(offset)
      if (selection !== undefined && !selection.matches(entry)) continue
      frames.push(entry.frame)
      bytes += entry.frame.byteLength
    }
    return joinFrames(frames.reverse(), lineEnding).subarray(-length)
  }

  #limitCopies(): void {
    this.copies.limit(Math.min(this.#maxCopiesBytes, Math.max(0, this.#retention.bytes - this.#bytes)))
  }

  #at(offset: number): Entry {
    return this.#entries[this.#head + offset - this.#start] as Entry
  }
}
