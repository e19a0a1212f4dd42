import { EVENT_STREAM_CASES } from '../../../../core/test/event-stream-cases.ts'
import type { Answers, ConformanceCase } from '../conformance-case.ts'

const TERMINATORS = { LF: '\n', CR: '\r', CRLF: '\r\n' } as const
const CHUNKINGS = { 'in one piece': Number.POSITIVE_INFINITY, 'in twos': 2, 'in ones': 1 } as const

/** A packet for each byte of a longer stream would only take time. */
const MOST_PACKETS = 600

/** The streams on which the parser is tried, over real sockets: with each terminator, and cut in each way. */
export const PARSING: readonly ConformanceCase[] = Object.entries(TERMINATORS).flatMap(([name, terminator]) =>
  Object.entries(CHUNKINGS).map(([how, size]): ConformanceCase => {
    const streams = EVENT_STREAM_CASES.map(({ wire, ...rest }) => ({
      ...rest,
      wire: rest.hasOwnTerminators ? wire : wire.replaceAll('\n', terminator),
    })).filter(({ wire }) => wire.length <= size * MOST_PACKETS)
    return {
      title: `§9.2.5, §9.2.6: streams with ${name} that come ${how} are read by the rules`,
      server: Object.fromEntries(
        // A page, which has no server to play, need not cut them.
        streams.map(({ wire }, index): [`/${string}`, Answers] => [
          `/${index}`,
          () => ({ body: cut(new TextEncoder().encode(wire), size), after: 'end' }),
        ]),
      ),
      run: ({ open }) =>
        Promise.all(
          streams.map(async ({ name, section, events }, index) => {
            const {
              heard,
              events: read,
              source,
            } = open(`/${index}`, { types: events.map(({ type }) => type) })
            await heard('error CONNECTING')
            source.close()
            return [`${section}: ${name}`, read]
          }),
        ),
      expected: streams.map(({ name, section, events }) => [`${section}: ${name}`, events]),
    }
  }),
)

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size)
    chunks.push(bytes.subarray(at, Math.min(at + size, bytes.length)))
  return chunks
}
