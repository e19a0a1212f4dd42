import { expect, test } from 'vitest'
import { ChunkTimes } from './chunk-times.ts'

const response = Buffer.from(
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n\r\n\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n',
)

test('a chunk has come when the last byte of it has', () => {
  const chunks = new ChunkTimes()
  for (const [at, byte] of response.entries()) chunks.read(Uint8Array.of(byte), at)
  expect(chunks.times).toEqual([response.indexOf('1a') - 1, response.length - 1])
})

test('and several may come at once', () => {
  const chunks = new ChunkTimes()
  chunks.read(response, 7)
  expect(chunks.times).toEqual([7, 7])
})
