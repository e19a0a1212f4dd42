import { describe, expect, it } from 'vitest'
import { EVENT_STREAM_CASES, type EventStreamCase } from './event-stream-cases.ts'
import { CHUNKINGS, cut, type Reading, readChunks, readStream } from './feeds.ts'

const TERMINATORS = { LF: '\n', CRLF: '\r\n', CR: '\r' }

const FEEDS: Readonly<Record<string, (wire: string, size: () => number) => Reading | Promise<Reading>>> = {
  bytes: (wire, size) => readChunks(cut(new TextEncoder().encode(wire), size)),
  strings: (wire, size) => readChunks(cut(wire, size)),
  stream: (wire, size) => readStream(cut(new TextEncoder().encode(wire), size)),
}

function wiresOf({ wire, hasOwnTerminators }: EventStreamCase): [terminator: string, wire: string][] {
  if (hasOwnTerminators) return [['its own', wire]]
  return Object.entries(TERMINATORS).map(([name, eol]) => [name, wire.replaceAll('\n', eol)])
}

describe.each(EVENT_STREAM_CASES)('$section: $name', (streamCase) => {
  const { events, retries = [], comments = [], lastEventId } = streamCase
  const ways = wiresOf(streamCase).flatMap(([terminator, wire]) =>
    Object.entries(CHUNKINGS).flatMap(([chunking, sizes]) =>
      Object.entries(FEEDS).map(([kind, feed]) => ({ terminator, chunking, kind, wire, sizes, feed })),
    ),
  )

  it.each(ways)(
    'reads the same with $terminator, cut $chunking, fed as $kind',
    async ({ wire, sizes, feed }) => {
      expect(await feed(wire, sizes())).toEqual({ events, retries, comments, lastEventId })
    },
  )
})

it('has no two cases of one name', () => {
  const names = EVENT_STREAM_CASES.map(({ section, name }) => `${section} ${name}`)
  expect(names).toEqual([...new Set(names)])
})
