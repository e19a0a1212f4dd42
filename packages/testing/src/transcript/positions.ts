import { createEventStreamParser } from '@sse/core'
import type { TranscriptChunk } from './transcript.ts'

const LF = 0x0a
const CR = 0x0d

/** A place in a body: the chunk, and how many of its bytes stand before. */
export interface Position {
  readonly chunk: number
  readonly offset: number
}

/**
 * For each id of a stream, the place behind the block that has it: there a reader goes on that sends the id as `Last-Event-ID`.
 * Of an id that comes more than once, the last place counts.
 *
 * The parser is fed line by line, so that it is known where it was when it told of an id. Behind a CR that ends a block there may be
 * an LF: whoever begins there reads a blank line, which says nothing.
 */
export function positionsOf(chunks: readonly TranscriptChunk[]): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>()
  let ownId: string | undefined
  const parser = createEventStreamParser({
    onEvent: (_, id) => {
      ownId = id
    },
    limits: { maxEventLength: Number.POSITIVE_INFINITY },
  })
  for (const [chunk, { bytes }] of chunks.entries()) {
    let from = 0
    for (const [at, byte] of bytes.entries()) {
      if (byte !== LF && byte !== CR) continue
      const idBefore = parser.lastEventId
      ownId = undefined
      parser.feed(bytes.subarray(from, at + 1))
      from = at + 1
      // A block without data dispatches nothing, and may still move the position.
      const id = ownId ?? (parser.lastEventId === idBefore ? undefined : parser.lastEventId)
      if (id !== undefined) positions.set(id, { chunk, offset: from })
    }
    parser.feed(bytes.subarray(from))
  }
  return positions
}
