import type { LineEnding } from '@sse/core'
import type { BlockCache } from '../compression/block-cache.ts'
import { NOTHING } from '../compression/deflate.ts'
import { SharedText } from '../compression/shared-text.ts'
import { type Batch, joinFrames, MAX_BATCH_BYTES } from './batch.ts'
import { isShared, type SelectableEntry, type Selection } from './selection.ts'

interface Latest {
  readonly offset: number
  readonly entry: SelectableEntry
}

/**
 * The latest event of each key, also of those that the log has dropped: what a reader needs who wants the state rather
 * than its history.
 *
 * Invariant: `#latest` is in the order of offsets, because an event goes to the end and takes that of its key with it.
 */
export class LatestByKey {
  readonly #maxKeys: number
  readonly #copies: BlockCache
  readonly #latest = new Map<string, Latest>()
  /** From this offset on, no key was given up: a reader who was before it cannot have the whole state. */
  #completeFrom = 1

  /** @param copies where compressed copies are kept of what readers begin with. */
  constructor(maxKeys: number, copies: BlockCache) {
    this.#maxKeys = maxKeys
    this.#copies = copies
  }

  get size(): number {
    return this.#latest.size
  }

  get completeFrom(): number {
    return this.#completeFrom
  }

  put(key: string, offset: number, entry: SelectableEntry): void {
    this.#latest.delete(key)
    this.#latest.set(key, { offset, entry })
    if (this.#latest.size <= this.#maxKeys) return
    const [oldest, { offset: givenUp }] = this.#latest.entries().next().value as [string, Latest]
    this.#latest.delete(oldest)
    this.#completeFrom = givenUp + 1
  }

  /** The latest events with `from ≤ offset < until`, as many as make a batch. Its `next` is `until` when there are no more. */
  batch(from: number, until: number, lineEnding: LineEnding, selection: Selection | undefined): Batch {
    const frames: Uint8Array[] = []
    const offsets: number[] = []
    let bytes = 0
    let told = from
    let next = until
    for (const { offset, entry } of this.#latest.values()) {
      if (offset < from || offset >= until) continue
      if (selection !== undefined && !selection.matches(entry)) continue
      if (frames.length > 0 && bytes + entry.frame.byteLength > MAX_BATCH_BYTES) {
        next = offset
        break
      }
      frames.push(entry.frame)
      offsets.push(offset)
      bytes += entry.frame.byteLength
      told = offset + 1
    }
    const joined = joinFrames(frames, lineEnding)
    const text = isShared(selection) ? this.#textOf(joined, lineEnding, offsets) : undefined
    return { bytes: joined, text, events: frames.length, told, next }
  }

  /** What a reader was given before has holes, and is not the same for all: there is no history. */
  #textOf(bytes: Uint8Array, lineEnding: LineEnding, offsets: readonly number[]): SharedText {
    // An offset has one frame for ever, so these name the text, whatever was published since.
    const key = (): string => `latest ${offsets}${lineEnding}`
    return new SharedText(bytes, { before: () => NOTHING, cache: this.#copies, key })
  }
}
