import type { LineEnding } from '@sse/core'

const LF = 0x0a
const CR = 0x0d

/**
 * Frames that were encoded with LF, with another line ending. A frame has no LF byte but those that end its lines, so a
 * channel keeps each event once, whatever its readers want.
 */
export function withLineEnding(frames: Uint8Array, lineEnding: LineEnding): Uint8Array {
  if (lineEnding === '\n') return frames
  if (lineEnding === '\r') return frames.map((byte) => (byte === LF ? CR : byte))
  let lines = 0
  for (const byte of frames) if (byte === LF) lines++
  const out = new Uint8Array(frames.byteLength + lines)
  let at = 0
  for (const byte of frames) {
    if (byte === LF) out[at++] = CR
    out[at++] = byte
  }
  return out
}
