import { describe, expect, test } from 'vitest'
import { Http1Response } from './http1-response.ts'

interface Reading {
  readonly status: number | undefined
  readonly body: string
  readonly ended: boolean
  readonly closedProperly: boolean
}

/** Reads the pieces, one after the other, then the end of the connection. */
function read(...pieces: readonly string[]): Reading {
  let status: number | undefined
  let body = ''
  let ended = false
  const response = new Http1Response({
    onHead: (head) => {
      status = head.status
    },
    onBody: (bytes) => {
      body += Buffer.from(bytes).toString()
    },
    onEnd: () => {
      ended = true
    },
  })
  for (const piece of pieces) response.read(Buffer.from(piece))
  const endedBefore = ended
  return { status, body, ended: endedBefore, closedProperly: response.close() }
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n'
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;ext=1\r\n!\r\n0\r\nTrailer: x\r\n\r\n`

describe('reads', () => {
  test.each([
    ['chunks', CHUNKED, true],
    ['a body with a length', `${HEAD}content-length: 6\r\n\r\nhello!`, true],
    ['a body that ends with the connection', `${HEAD}\r\nhello!`, false],
    ['a head behind early hints', `HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${CHUNKED}`, true],
    ['lines that end in LF', CHUNKED.replaceAll('\r\n', '\n'), true],
  ])('%s, wherever it is cut in two, and byte by byte', (_, text, ended) => {
    const expected = { status: 200, body: 'hello!', ended, closedProperly: true }
    for (let cut = 0; cut <= text.length; cut++)
      expect(read(text.slice(0, cut), text.slice(cut))).toEqual(expected)
    expect(read(...text)).toEqual(expected)
  })

  test('an answer without a body', () => {
    expect(read('HTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({ status: 204, body: '', ended: true })
    expect(read(`${HEAD}content-length: 0\r\n\r\n`)).toMatchObject({ ended: true })
  })
})

test.each([
  ['chunks', CHUNKED.slice(0, -10)],
  ['a body with a length', `${HEAD}content-length: 60\r\n\r\nhello`],
  ['a head', HEAD],
])('%s that the connection cuts off did not end properly', (_, text) => {
  expect(read(text)).toMatchObject({ ended: false, closedProperly: false })
})

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'no answer of HTTP/1.1: "SSH-2.0-OpenSSH_9.2"'],
  ['a header that is none', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n', 'no header: "nonsense"'],
  ['a size that is none', `${HEAD}transfer-encoding: chunked\r\n\r\nxyz\r\n`, 'a chunk of size "xyz"'],
  ['a length that is none', `${HEAD}content-length: -1\r\n\r\n`, 'a content-length of "-1"'],
  ['bytes behind the end', `${CHUNKED}more`, 'bytes behind the end of the response'],
  ['a head without an end', `${HEAD}x: ${'x'.repeat(70_000)}`, 'a head of more than 65536 bytes'],
  [
    'a size without an end',
    `${HEAD}transfer-encoding: chunked\r\n\r\n${'1'.repeat(70_000)}`,
    'a line without an end',
  ],
])('refuses %s', (_, text, message) => {
  expect(() => read(text)).toThrow(message)
})
