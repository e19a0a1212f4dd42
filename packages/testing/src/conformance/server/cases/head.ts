import { isEventStreamMediaType } from '@sse/core'
import { failed, passed, skipped } from '../../case-run.ts'
import type { ServerCase } from '../server-case.ts'
import { onStream } from './on-stream.ts'

const SOON_MS = 1_000

/** What the head of the response says. */
export const HEAD: readonly ServerCase[] = [
  {
    name: 'status-200',
    section: '§9.2.3',
    level: 'must',
    title: 'the status is 200',
    advice: 'Every other status ends the client for good: answer a stream with 200.',
    async judge(server) {
      const { status } = (await server.observe()).head
      return status === 200 ? passed : failed(`status ${status}`)
    },
  },
  {
    name: 'content-type',
    section: '§9.2.3',
    level: 'must',
    title: 'the content type is text/event-stream',
    advice: 'Send `Content-Type: text/event-stream`: clients give up at any other type, for good.',
    async judge(server) {
      const type = (await server.observe()).head.get('content-type')
      return isEventStreamMediaType(type) ? passed : failed(type ?? 'no content type')
    },
  },
  onStream(
    {
      name: 'charset-utf-8',
      section: 'IANA text/event-stream',
      level: 'must',
      title: 'if the content type names a charset, it is utf-8',
      advice:
        'Event streams are UTF-8 (the registration of the type allows no other charset), and Chromium gives up at any other: send `charset=utf-8`, or none.',
    },
    ({ head }) => {
      const [, charset] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(head.get('content-type') ?? '') ?? []
      return charset === undefined || charset.toLowerCase() === 'utf-8'
        ? passed
        : failed(`charset ${charset}`)
    },
  ),
  onStream(
    {
      name: 'cache-control',
      section: 'RFC 9111 §5.2.2',
      level: 'good-practice',
      title: 'caches are told not to keep the stream',
      advice:
        'Send `Cache-Control: no-store` (or `no-cache`), so that no cache on the way stores or replays a stream.',
    },
    ({ head }) => {
      const value = head.get('cache-control')
      return /\bno-(?:store|cache)\b/i.test(value ?? '') ? passed : failed(value ?? 'no Cache-Control')
    },
  ),
  onStream(
    {
      name: 'no-transform',
      section: 'RFC 9111 §5.2.2.6',
      level: 'good-practice',
      title: 'intermediaries are told not to transform the stream',
      advice:
        'Add `no-transform` to `Cache-Control`: proxies that compress hold events back until a block is full.',
    },
    ({ head }) => {
      const value = head.get('cache-control')
      return /\bno-transform\b/i.test(value ?? '') ? passed : failed(value ?? 'no Cache-Control')
    },
  ),
  onStream(
    {
      name: 'no-content-length',
      section: 'RFC 9112 §6.3',
      level: 'good-practice',
      title: 'there is no Content-Length',
      advice:
        'A length ends the stream when it is reached, and says that the whole of it was known before: leave it out.',
    },
    ({ head }) => {
      const length = head.get('content-length')
      return length === undefined ? passed : failed(`Content-Length: ${length}`)
    },
  ),
  onStream(
    {
      name: 'one-framing',
      section: 'RFC 9112 §6.2',
      level: 'must',
      title: 'there is no Content-Length beside Transfer-Encoding',
      advice: 'A response with both invites request smuggling: send one of them.',
    },
    ({ head }) =>
      head.get('transfer-encoding') !== undefined && head.get('content-length') !== undefined
        ? failed('both headers are there')
        : passed,
  ),
  onStream(
    {
      name: 'identity-is-respected',
      section: 'RFC 9110 §12.5.3',
      level: 'should',
      title: 'a client that accepts no content coding gets none',
      advice: 'The request had `Accept-Encoding: identity`: do not compress.',
    },
    ({ head }) => {
      const coding = head.get('content-encoding')
      return coding === undefined || coding === 'identity' ? passed : failed(`Content-Encoding: ${coding}`)
    },
  ),
  onStream(
    {
      name: 'head-soon',
      section: '§9.2.3',
      level: 'good-practice',
      title: 'the head comes at once, and does not wait for an event',
      advice:
        'Clients tell `open` when the head comes: flush the headers (`res.flushHeaders()`) before the first event.',
    },
    ({ head, headWaitedForEvent }) => {
      if (headWaitedForEvent) return failed('it came with the first event')
      return head.atMs <= SOON_MS ? passed : failed(`it came after ${Math.round(head.atMs)} ms`)
    },
  ),
  onStream(
    {
      name: 'first-byte-soon',
      section: 'practice',
      level: 'good-practice',
      title: 'the first byte of the body comes at once',
      advice:
        'Some proxies and runtimes hand on a response with its first byte only: begin with a comment (`:` and a blank line) or `retry`.',
    },
    ({ head, exchange, observedMs }) => {
      const first = exchange.arrivals[0]
      if (first === undefined) return failed(`none came in ${Math.round(observedMs)} ms`)
      const late = first.atMs - head.atMs
      return late <= SOON_MS ? passed : failed(`it came ${Math.round(late)} ms after the head`)
    },
  ),
  onStream(
    {
      name: 'stays-open',
      section: '§9.2.3',
      level: 'good-practice',
      title: 'the stream stays open',
      advice:
        'A stream that ends is opened again, again and again: keep it open, and answer 204 when there is nothing more to come.',
    },
    ({ exchange }) => {
      if (exchange.end === undefined) return passed
      const after = Math.round(exchange.endedAtMs ?? 0)
      return exchange.end === 'complete'
        ? skipped(`it ended by itself after ${after} ms`)
        : failed(`it broke after ${after} ms`)
    },
  ),
]
