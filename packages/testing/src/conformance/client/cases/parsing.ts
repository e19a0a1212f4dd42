import type { ClientCase, ClientWorld, ServerAnswers } from '../client-case.ts'
import { EVENT_STREAM_SAMPLES, type EventStreamSample } from '../event-streams.ts'

const TERMINATORS = { LF: '\n', CR: '\r', CRLF: '\r\n' } as const
const CHUNKINGS = { 'in one piece': Number.POSITIVE_INFINITY, 'in twos': 2, 'in ones': 1 } as const

/** A packet for each byte of a longer stream would only take time. */
const MOST_PACKETS = 400

/** A stream on the wire, and how it differs from the others of its case. */
interface Variant {
  readonly how: string
  readonly chunks: readonly Uint8Array[]
}

/** Each sample with each terminator, cut in each way. */
function sampleCase(sample: EventStreamSample): ClientCase {
  const { name, section, title, advice, events, hasOwnTerminators, atEnd } = sample
  // A comment behind the last blank line: who waits for what follows a CR fails the case about that, and no other.
  const tail = !atEnd && /[\r\n]{2}$/.test(sample.wire) ? ':\n' : ''
  const terminators = hasOwnTerminators ? { 'its own line ends': '\n' } : TERMINATORS
  const variants = Object.entries(terminators).flatMap(([terminatorName, terminator]) =>
    Object.entries(CHUNKINGS).map(([how, size]) => ({
      how: `${terminatorName} ${how}`,
      size,
      bytes: new TextEncoder().encode(sample.wire.replaceAll('\n', terminator) + tail),
    })),
  )
  return streamsCase(
    { name, section: section.startsWith('wpt') ? '§9.2.6' : section, level: 'must', title, advice },
    variants
      .filter(({ bytes, size }) => bytes.length <= size * MOST_PACKETS)
      .map(({ how, bytes, size }) => ({ how, chunks: cut(bytes, size) })),
    events,
  )
}

/** Tries all variants at once, and tells which of them are not read as they should be. */
function streamsCase(
  rule: Pick<ClientCase, 'name' | 'section' | 'level' | 'title' | 'advice'>,
  variants: readonly Variant[],
  events: EventStreamSample['events'],
): ClientCase {
  const types = events.map(({ type }) => type)
  const right = JSON.stringify(events)
  return {
    ...rule,
    server: Object.fromEntries(
      variants.map(({ chunks }, index): [`/${string}`, ServerAnswers] => [
        `/${index}`,
        // A function, so that a path that is asked again answers the same.
        () => ({ body: chunks, after: 'end' }),
      ]),
    ),
    async run({ open }: ClientWorld) {
      const read = await Promise.all(
        variants.map(async ({ how }, index) => {
          const { heard, events: told, source } = open(`/${index}`, { types })
          await heard('error CONNECTING')
          source.close()
          return [how, told] as const
        }),
      )
      return Object.fromEntries(read.filter(([, told]) => JSON.stringify(told) !== right))
    },
    expected: {},
  }
}

/** Everything that a cut can tear apart: a BOM, a CRLF, characters of two to four bytes, names and values. */
const TEARABLE = '\uFEFF: c\r\nid: 1é\r\nevent: x\rdata: €\ndata:😀\r\n\r\ndata: z\r\r:\n'

const EVERY_CUT: ClientCase = streamsCase(
  {
    name: 'stream-cut-anywhere',
    section: '§9.2.5',
    level: 'must',
    title: 'a stream may be cut in two at any byte',
    advice:
      'A cut tore something: feed chunks to one streaming decoder, and remember a CR at the end of a chunk, whose LF may be in the next.',
  },
  Array.from({ length: new TextEncoder().encode(TEARABLE).length - 1 }, (_, index) => ({
    how: `cut after byte ${index + 1}`,
    chunks: cutAt(new TextEncoder().encode(TEARABLE), index + 1),
  })),
  [
    { type: 'x', data: '€\n😀', lastEventId: '1é' },
    { type: 'message', data: 'z', lastEventId: '1é' },
  ],
)

const INVALID_UTF8: ClientCase = streamsCase(
  {
    name: 'stream-invalid-utf-8',
    section: '§9.2.5',
    level: 'must',
    title: 'bytes that are no UTF-8 become U+FFFD, and the stream goes on',
    advice:
      'Use "UTF-8 decode", which replaces bad bytes; a decoder that is `fatal` ends the stream for one of them.',
  },
  [1, 2, 100].map((size) => ({
    how: `in pieces of ${size}`,
    chunks: cut(
      Uint8Array.of(...new TextEncoder().encode('data: a'), 0xff, 0x62, 0xe2, 0x82, 0x0a, 0x0a),
      size,
    ),
  })),
  [{ type: 'message', data: 'a\uFFFDb\uFFFD', lastEventId: '' }],
)

export const PARSING: readonly ClientCase[] = [
  ...EVENT_STREAM_SAMPLES.map(sampleCase),
  EVERY_CUT,
  INVALID_UTF8,
]

function cutAt(bytes: Uint8Array, at: number): readonly Uint8Array[] {
  return [bytes.subarray(0, at), bytes.subarray(at)]
}

function cut(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size)
    chunks.push(bytes.subarray(at, Math.min(at + size, bytes.length)))
  return chunks
}
