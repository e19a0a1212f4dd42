import { describe, expect, it } from 'vitest'
import { seeded } from '../seeded.ts'
import { createBlockReader } from './block-reader.ts'
import { EventBlocks } from './event-blocks.ts'

const encoder = new TextEncoder()

function blocksOf(chunks: readonly string[]): string[] {
  const blocks = new EventBlocks()
  const found: string[] = ['']
  for (const chunk of chunks) {
    for (const { bytes, ends } of blocks.cut(encoder.encode(chunk))) {
      found[found.length - 1] += new TextDecoder().decode(bytes)
      if (ends) found.push('')
    }
  }
  return found
}

/** Each event's data beside the text of its bytes. */
function read(chunks: readonly Uint8Array[]): string[][] {
  const found: string[][] = []
  const reader = createBlockReader(
    {
      event: ({ data }, _, bytes) => found.push([data, new TextDecoder().decode(bytes)]),
      comment: () => {},
      retry: () => {},
    },
    '',
    undefined,
  )
  for (const chunk of chunks) {
    const reused = new Uint8Array(chunk)
    reader.feed(reused)
    reused.fill(0x21)
  }
  return found
}

describe.each([
  ['LF', '\n'],
  ['CR', '\r'],
  ['CRLF', '\r\n'],
])('with %s', (_, eol) => {
  const events = [
    `data: 1${eol}${eol}`,
    `: c${eol}id: x${eol}data: ä${eol}${eol}`,
    eol,
    `data: 3${eol}data${eol}${eol}`,
  ]

  it('a block ends with its blank line', () => {
    expect(blocksOf([events.join('')])).toEqual([...events, ''])
  })

  it('each event has its own bytes, however the network cuts them', () => {
    const bytes = encoder.encode(events.join(''))
    const whole = read([bytes])
    expect(whole).toEqual([
      ['1', events[0]],
      ['ä', events[1]],
      ['3\n', events[3]],
    ])
    const expected = whole.map(([data, text = '']) => [data, text])
    const random = seeded(7)
    for (let round = 0; round < 200; round++) {
      const chunks: Uint8Array[] = []
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + Math.floor(random() * (round % 9))
        chunks.push(bytes.subarray(at, end))
        at = end
      }
      // The LF of a CRLF that is cut behind a blank line comes after its event was dispatched.
      expect(
        read(chunks).map(([data, text = '']) => [
          data,
          text.endsWith('\r') && eol === '\r\n' ? `${text}\n` : text,
        ]),
      ).toEqual(expected)
    }
  })
})

describe('a mixture of line ends', () => {
  it.each([
    [
      ['a\r\n\n', 'b'],
      ['a\r\n\n', 'b'],
    ],
    [['a\n\r\nb'], ['a\n\r\n', 'b']],
    [
      ['a\r\r\n', 'b'],
      ['a\r\r\n', 'b'],
    ],
    [
      ['a\r', '\nb\n\n'],
      ['a\r\nb\n\n', ''],
    ],
    [
      ['a\r', '\n\r', '\nb'],
      ['a\r\n\r', '\nb'],
    ],
    [['\n\n'], ['\n', '\n', '']],
  ])('%j is cut into %j', (chunks, blocks) => {
    expect(blocksOf(chunks)).toEqual(blocks)
  })
})
