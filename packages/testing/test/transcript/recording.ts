import type { Transcript } from '../../src/transcript/transcript.ts'

const ü = new TextEncoder().encode('ü')
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Three events with ids and one without, of which one is cut inside a character. */
export const recording: Transcript = {
  url: 'https://example.com/prices',
  status: 200,
  headers: [
    ['content-type', 'text/event-stream; charset=utf-8'],
    ['x-recorded', 'yes'],
  ],
  headMs: 40,
  recordedAt: '2026-01-01T00:00:00.000Z',
  chunks: [
    { atMs: 0, bytes: bytes('retry: 500\n\nid: 1\ndata: a\n\n') },
    { atMs: 200, bytes: bytes('id: 2\ndata: b\n\nid: 3\n') },
    { atMs: 300, bytes: Uint8Array.from([...bytes('data: '), ...ü.subarray(0, 1)]) },
    { atMs: 301, bytes: Uint8Array.from([...ü.subarray(1), ...bytes('\n\n')]) },
    { atMs: 400, bytes: bytes('data: no id\n\n: ping\n\n') },
  ],
  end: { atMs: 500, reason: 'complete' },
}
