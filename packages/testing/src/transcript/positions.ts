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
 * Only the ends of blocks are looked for here, the blank lines; what is an id, the parser says.
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
  let idBefore = ''
  let lineIsEmpty = true
  let afterCr = false
  for (const [chunk, { bytes }] of chunks.entries()) {
    let from = 0
    for (const [at, byte] of bytes.entries()) {
      const isLineEnd = byte === LF || byte === CR
      // The LF of a CRLF ends no line of its own.
      const isPair = byte === LF && afterCr
      const endsBlock = isLineEnd && lineIsEmpty && !isPair
      afterCr = byte === CR
      lineIsEmpty = isLineEnd
      if (!endsBlock) continue
      const offset = afterCr && bytes[at + 1] === LF ? at + 2 : at + 1
      ownId = undefined
      parser.feed(bytes.subarray(from, offset))
      from = offset
      // A block without data dispatches nothing, and may still move the position.
      const id = ownId ?? (parser.lastEventId === idBefore ? undefined : parser.lastEventId)
      if (id !== undefined) positions.set(id, { chunk, offset })
      idBefore = parser.lastEventId
    }
    parser.feed(bytes.subarray(from))
  }
  return positions
}
