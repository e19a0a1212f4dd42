import { expect, it } from 'vitest'
import { Position } from '../../src/faults/position.ts'
import { bytes } from './recording-sink.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nx: 1\r\n\r\n'

it('counts from the first byte', () => {
  const position = new Position()
  expect([position.take(bytes('abc')), position.take(bytes('')), position.take(bytes('d'))]).toEqual([
    0, 3, 3,
  ])
})

it.each([
  ['a head', HEAD],
  [
    'an interim response before it',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${HEAD}`,
  ],
  ['a lone CR in front of the end', 'HTTP/1.1 200 OK\r\nx: 1\r\r\n\r\n'],
  ['the head of a request', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'],
])('counts from the first byte behind %s, however it is cut', (_, head) => {
  const whole = bytes(`${head}data: 1\r\n\r\n`)
  for (let at = 0; at <= whole.length; at++) {
    const position = new Position('body')
    const parts = [whole.subarray(0, at), whole.subarray(at)]
    const found = parts.map((part) => position.take(part))
    if (at < head.length) expect(found).toEqual([Number.NEGATIVE_INFINITY, at - head.length])
    else expect(found).toEqual([-head.length, at - head.length])
  }
})
