import type { LineEnding } from '@sse/core'
import type { SharedText } from '../compression/shared-text.ts'
import { concat } from '../concat.ts'
import { withLineEnding } from './line-ending.ts'

/** Frames in the order of their offsets, put together to be written at once. */
export interface Batch {
  readonly bytes: Uint8Array
  /** The bytes as what others read too, and can share compressed. `undefined`: for one reader, or not to be compressed. */
  readonly text: SharedText | undefined
  readonly events: number
  /** The position behind its last event; of no meaning without one. */
  readonly told: number
  /** The offset from which to go on: behind those that were not wanted, too. */
  readonly next: number
}

/** A reader that is far behind gets this much at a time, or one frame if that is larger. */
export const MAX_BATCH_BYTES: number = 64 * 1024

/** One run of bytes: writing it is cheaper than many small writes, corked or not. A single frame is not copied. */
export function joinFrames(frames: readonly Uint8Array[], lineEnding: LineEnding): Uint8Array {
  const [only] = frames
  if (only !== undefined && frames.length === 1) return withLineEnding(only, lineEnding)
  return withLineEnding(concat(frames), lineEnding)
}
