import { concat } from '../concat.ts'
import { LAST_BLOCK } from './deflate.ts'

/** The head of a gzip member (RFC 1952 §2.3): deflate, no name, no time, of an unknown system. */
export const GZIP_HEAD: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)

const LONGEST_STORED = 0xffff

/** `text` as it is, in blocks of deflate that say so (RFC 1951 §3.2.4): five bytes more, and right behind any history. */
export function storedBlocks(text: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0; at < text.byteLength; at += LONGEST_STORED) {
    const part = text.subarray(at, at + LONGEST_STORED)
    const length = part.byteLength
    parts.push(Uint8Array.of(0, length, length >> 8, ~length, ~length >> 8), part)
  }
  return concat(parts)
}

/** The end of a gzip member: its last block, and what its text is checked by. */
export function gzipEnd(crc32: number, length: number): Uint8Array {
  const end = new Uint8Array(LAST_BLOCK.byteLength + 8)
  const view = new DataView(end.buffer)
  end.set(LAST_BLOCK)
  view.setInt32(LAST_BLOCK.byteLength, crc32, true)
  // Modulo 2³², as the standard wants it and `setUint32` does it.
  view.setUint32(LAST_BLOCK.byteLength + 4, length, true)
  return end
}
