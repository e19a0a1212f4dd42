import fc from 'fast-check'

const utf8 = new TextEncoder()

/** What makes a parser stumble, each as likely as the next. */
const TOKENS: readonly Uint8Array[] = [
  ...['\n', '\n', '\n', '\n\n', '\r', '\r', '\r\n', '\r\n\r\n', ':', ':', ' ', '\0', 'x', 'Data'],
  ...['data', 'data:', 'data: ', 'event', 'event: ', 'id', 'id:', 'id: 1', 'retry', 'retry: ', 'retry:9'],
  ...[
    'data: x\n\n',
    'id: 7\n',
    'event: add\n',
    ': comment\n',
    'data\n\n',
    '0',
    '12',
    '99999999999',
    '-1',
    '1e3',
  ],
  ...['\uFEFF', '\uFEFF', 'ï»¿', 'é', '€', '😀', '\u2028', '\u0085'],
]
  .map((text) => utf8.encode(text))
  .concat(
    // Characters that are cut, bytes that are none, a surrogate that UTF-8 forbids, an overlong LF.
    [
      [0xef],
      [0xef, 0xbb],
      [0xbb, 0xbf],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0x80],
      [0xff],
      [0xed, 0xa0, 0x80],
      [0xc0, 0x8a],
    ].map((bytes) => Uint8Array.from(bytes)),
  )

/** Streams of random bytes that are seldom far from being an event stream. */
export const randomStream: fc.Arbitrary<Uint8Array> = fc
  .array(fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...TOKENS) }, fc.uint8Array({ maxLength: 3 })), {
    maxLength: 40,
    size: 'max',
  })
  .map((tokens) => {
    const bytes = new Uint8Array(tokens.reduce((length, token) => length + token.length, 0))
    let end = 0
    for (const token of tokens) {
      bytes.set(token, end)
      end += token.length
    }
    return bytes
  })

/** The sizes of the chunks that a stream comes in, used again from the start when there are more chunks. */
export const randomSizes: fc.Arbitrary<readonly number[]> = fc.array(fc.integer({ min: 1, max: 12 }), {
  minLength: 1,
  maxLength: 8,
})

/** Gives the sizes one after another, for ever. */
export function cycle(sizes: readonly number[]): () => number {
  let next = 0
  return () => sizes[next++ % sizes.length] ?? 1
}
