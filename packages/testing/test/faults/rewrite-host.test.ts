import { expect, it } from 'vitest'
import { RewriteHost } from '../../src/faults/rewrite-host.ts'
import { bytes, RecordingSink } from './recording-sink.ts'

function run(parts: string[]): string {
  const sink = new RecordingSink()
  const rewrite = new RewriteHost(sink, 'example.com:8443')
  for (const part of parts) rewrite.write(bytes(part))
  rewrite.end('fin')
  expect(sink.out.pop()).toBe('<fin>')
  return sink.out.join('')
}

const REQUEST =
  'POST /x HTTP/1.1\r\nhost: 127.0.0.1:1\r\nConnection: keep-alive\r\nx: \xe9\r\n\r\nhost: body\r\n\r\n'
const REWRITTEN =
  'POST /x HTTP/1.1\r\nHost: example.com:8443\r\nx: \xe9\r\nConnection: close\r\n\r\nhost: body\r\n\r\n'

it('names the target, asks for one request only, and leaves the rest, however the request is cut', () => {
  for (let at = 0; at <= REQUEST.length; at++) {
    expect(run([REQUEST.slice(0, at), REQUEST.slice(at)])).toBe(REWRITTEN)
  }
})

it('passes what is no request as it is', () => {
  expect(run(['no request'])).toBe('no request')
  const sink = new RecordingSink()
  const rewrite = new RewriteHost(sink, 'example.com')
  const long = 'x'.repeat(20_000)
  for (const text of [long, 'y']) rewrite.write(bytes(text))
  expect(sink.out).toEqual([long, 'y'])
  expect(run([])).toBe('')
})
