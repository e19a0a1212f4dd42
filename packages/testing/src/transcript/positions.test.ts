import { expect, test } from 'vitest'
import { positionsOf } from './positions.ts'
import type { TranscriptChunk } from './transcript.ts'

const STREAM =
  'id: 0\n\nid: 1\ndata: a\n\n: ping\n\ndata: of 1, too\n\nid: ü\ndata: b\ndata\n\nid: 2\ndata: c\n\nid: 2\ndata: d\n\nid: 9\ndata'
/** Behind each id, what is still to come. */
const RESTS = {
  '0': 'id: 1\ndata: a\n\n: ping\n\ndata: of 1, too\n\nid: ü\ndata: b\ndata\n\nid: 2\ndata: c\n\nid: 2\ndata: d\n\nid: 9\ndata',
  '1': ': ping\n\ndata: of 1, too\n\nid: ü\ndata: b\ndata\n\nid: 2\ndata: c\n\nid: 2\ndata: d\n\nid: 9\ndata',
  ü: 'id: 2\ndata: c\n\nid: 2\ndata: d\n\nid: 9\ndata',
  '2': 'id: 9\ndata',
}

/** In chunks of this many bytes. */
function restsOf(stream: string, chunkBytes: number): Record<string, string> {
  const all = Buffer.from(stream)
  const chunks: TranscriptChunk[] = []
  for (let at = 0; at < all.length; at += chunkBytes)
    chunks.push({ atMs: at, bytes: all.subarray(at, at + chunkBytes) })
  return Object.fromEntries(
    [...positionsOf(chunks)].map(([id, { chunk, offset }]) => [
      id,
      all.subarray((chunks[chunk]?.atMs ?? 0) + offset).toString(),
    ]),
  )
}

test.each([
  ['LF', '\n'],
  ['CR', '\r'],
  ['CRLF', '\r\n'],
])('behind the block of each id, with %s, however the stream was cut into chunks', (_, lineEnd) => {
  for (const size of [1, 2, 3, 5, 7, 1_000]) {
    const found = restsOf(STREAM.replaceAll('\n', lineEnd), size)
    const expected = Object.entries(RESTS).map(([id, rest]) => [id, rest.replaceAll('\n', lineEnd)])
    // The LF of a CRLF may stand in the next chunk: a blank line more, which says nothing.
    const trimmed = Object.entries(found).map(([id, rest]) => [id, rest.replace(/^\n/, '')])
    expect(Object.fromEntries(trimmed)).toEqual(Object.fromEntries(expected))
  }
})
