import { describe, expect, test } from 'vitest'
import { seeded } from '../seeded.ts'
import type { Transcript } from './transcript.ts'
import { formatTranscript, parseTranscript } from './transcript-lines.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const transcript: Transcript = {
  url: 'https://example.com/prices',
  status: 200,
  headers: [['content-type', 'text/event-stream']],
  headMs: 41.5,
  recordedAt: '2026-01-01T00:00:00.000Z',
  chunks: [
    { atMs: 0, bytes: bytes('\ufeffid: 1\r\ndata: a\r\n\r\n') },
    { atMs: 12.25, bytes: bytes('data: ü').subarray(0, -1) },
    { atMs: 12.25, bytes: bytes('ü\n\n').subarray(1) },
  ],
  end: { atMs: 100, reason: 'cut', error: 'ECONNRESET' },
}

const FILE = [
  '{"sseTranscript":1,"url":"https://example.com/prices","status":200,"headers":[["content-type","text/event-stream"]],"headMs":41.5,"recordedAt":"2026-01-01T00:00:00.000Z"}',
  '{"atMs":0,"text":"\ufeffid: 1\\r\\ndata: a\\r\\n\\r\\n"}',
  '{"atMs":12.25,"base64":"ZGF0YTogww=="}',
  '{"atMs":12.25,"base64":"vAoK"}',
  '{"atMs":100,"end":"cut","error":"ECONNRESET"}',
  '',
]

test('a transcript is the lines that TRANSCRIPT.md describes', () => {
  expect(formatTranscript(transcript).split('\n')).toEqual(FILE)
})

test('what was written is read back, byte for byte', () => {
  expect(parseTranscript(formatTranscript(transcript))).toEqual(transcript)
  // As an editor on Windows, and one that drops the last line break, leave it.
  expect(parseTranscript(FILE.join('\r\n'))).toEqual(transcript)
  expect(parseTranscript(FILE.join('\n').trimEnd())).toEqual(transcript)
})

test('any bytes are kept', () => {
  const random = seeded(1)
  const chunks = Array.from({ length: 200 }, (_, atMs) => ({
    atMs,
    bytes: Uint8Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)),
  }))
  const some = { ...transcript, requestHeaders: [['accept', '*/*'] as const], chunks }
  expect(parseTranscript(formatTranscript({ ...some, end: { atMs: 1e6, reason: 'closed' } }))).toEqual({
    ...some,
    end: { atMs: 1e6, reason: 'closed' },
  })
})

describe('says which line is wrong, and how', () => {
  const [head = '', first = '', , , end = ''] = FILE
  const without = (name: string): string => {
    const { [name]: _, ...rest } = JSON.parse(head)
    return JSON.stringify(rest)
  }

  test.each([
    ['', 'line 1 is no JSON'],
    ['data: 1\n\n', 'line 1 is no JSON'],
    ['[1]', 'line 1 is no JSON object'],
    ['{"a":1}', 'line 1 is not the head of a transcript'],
    [head.replace(':1,', ':2,'), 'line 1 says version 2, and this reader knows version 1. Update'],
    [without('url'), 'line 1 has no "url"'],
    [head.replace('200', '101'), 'line 1 needs a "status" from 200 to 599'],
    [without('headers'), 'line 1 needs pairs of a name and a value in "headers"'],
    [head.replace('content-type', 'content type'), 'line 1 has in "headers" what is no header'],
    [head.replace('41.5', '-1'), 'line 1 has -1 in "headMs", which is before 0'],
    [head.replace('2026-', 'x'), 'line 1 needs a date in "recordedAt"'],
    [`${head}\n${first}\n{"atMs":`, 'line 3 is no JSON'],
    [`${head}\n{"text":""}`, 'line 2 needs milliseconds in "atMs"'],
    [`${head}\n{"atMs":2,"text":""}\n{"atMs":1,"text":""}`, 'line 3 has 1 in "atMs", which is before 2'],
    [`${head}\n{"atMs":1}`, 'line 2 needs one of "text", "base64" and "end"'],
    [`${head}\n{"atMs":1,"text":"","base64":""}`, 'line 2 needs one of'],
    [`${head}\n{"atMs":1,"text":1}`, 'line 2 has a "text" that is no string'],
    [`${head}\n{"atMs":1,"text":"\\ud800"}`, 'line 2 has half of a surrogate pair'],
    [`${head}\n{"atMs":1,"base64":"?"}`, 'line 2 has a "base64" that is none'],
    [`${head}\n{"atMs":1,"end":"bored"}`, 'line 2 has an "end" that is none of complete, cut, closed'],
    [`${head}\n{"atMs":1,"end":"cut","error":1}`, 'line 2 has an "error" that is no string'],
    [`${head}\n${end}\n${first}`, 'line 3 stands behind the end'],
    [
      `${head}\n${first}\n`,
      'line 2 is the last, but says no end: the recording was interrupted. To use what there is, add',
    ],
  ])('%s', (text, message) => {
    const read = (): unknown => parseTranscript(text, 'prices.jsonl')
    expect(read).toThrow(expect.objectContaining({ name: 'SseError', code: 'invalid-transcript' }))
    expect(read).toThrow(`prices.jsonl, ${message}`)
  })

  test('and the line that it says to add makes it a transcript', () => {
    const line = /add the line (.*)\.$/
    let advice = ''
    try {
      parseTranscript(FILE.slice(0, 3).join('\n'))
    } catch (error) {
      advice = line.exec((error as Error).message)?.[1] ?? ''
    }
    expect(parseTranscript([...FILE.slice(0, 3), advice].join('\n')).end).toEqual({
      atMs: 12.25,
      reason: 'closed',
    })
  })
})
