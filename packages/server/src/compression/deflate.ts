import { concat } from '../concat.ts'

/**
 * What of the runtime's zlib compression needs. Every call stands alone: a block is made of a text and of the history that
 * its receivers have, and nothing is kept. So many streams can share a block, and none waits for a thread.
 */
export interface Deflate {
  /** Blocks that end on a byte, none of them the last, and refer back to no more than `history`. */
  block(text: Uint8Array, history: Uint8Array, effort: Effort): Uint8Array
  crc32(text: Uint8Array, before?: number): number
}

/** How much memory and time a block may take: see {@link EFFORTS}. */
export type Effort = keyof typeof EFFORTS

/** Levels and windows of zlib. Nobody reads these from the stream: a gzip reader always keeps 32 KiB. */
const EFFORTS = {
  /** An event or a few, for many: worth the best. */
  shared: { level: 6 },
  /** Much at once, for somebody who catches up: higher levels take a multiple of the time, and save little. */
  large: { level: 3 },
  /** For one stream: a window no larger than what is kept of it. */
  own: { level: 6, windowBits: 13, memLevel: 6 },
} as const

interface Zlib {
  readonly constants: { readonly Z_SYNC_FLUSH: number }
  deflateRawSync(text: Uint8Array, options: object): Uint8Array
  inflateRawSync(bytes: Uint8Array): Uint8Array
  readonly crc32?: ((text: Uint8Array, before?: number) => number) | undefined
}

declare const process: undefined | { getBuiltinModule?: (name: string) => unknown }

let known: { readonly deflate: Deflate | undefined } | undefined

/**
 * By the runtime's own zlib, which is asked for by name and not imported, because this file also runs where there is none.
 * `undefined` there: `CompressionStream` cannot flush, and would hold events back.
 */
export function runtimeDeflate(): Deflate | undefined {
  known ??= { deflate: typeof process === 'undefined' ? undefined : deflateBy(zlibOf(process)) }
  return known.deflate
}

function zlibOf(runtime: { getBuiltinModule?: (name: string) => unknown }): Zlib | undefined {
  return runtime.getBuiltinModule?.('node:zlib') as Zlib | undefined
}

/** `undefined` for a zlib that lacks something, or does not do what its documentation says. */
export function deflateBy(zlib: Zlib | undefined): Deflate | undefined {
  const crc32 = zlib?.crc32
  if (zlib === undefined || crc32 === undefined) return undefined
  const finishFlush = zlib.constants.Z_SYNC_FLUSH
  const deflate: Deflate = {
    block: (text, history, effort) =>
      zlib.deflateRawSync(text, {
        ...EFFORTS[effort],
        finishFlush,
        // What the largest block needs: by default, each small one would hold 16 KiB while it waits to be sent.
        chunkSize: text.byteLength + 64,
        ...(history.byteLength > 0 && { dictionary: history }),
      }),
    crc32: (text, before) => crc32(text, before),
  }
  return keepsHistories(zlib, deflate) ? deflate : undefined
}

/** Implementations of Node's interface differ in its corners, and a stream that cannot be read is worse than a long one. */
function keepsHistories(zlib: Zlib, deflate: Deflate): boolean {
  const text = new TextEncoder().encode('data: 0123456789\n\n'.repeat(40))
  try {
    for (const effort of ['shared', 'large', 'own'] as const) {
      const alone = deflate.block(text, NOTHING, effort)
      const behind = deflate.block(text, text, effort)
      const read = zlib.inflateRawSync(concat([alone, behind, LAST_BLOCK]))
      if (behind.byteLength >= alone.byteLength) return false
      if (deflate.crc32(read) !== deflate.crc32(text, deflate.crc32(text))) return false
    }
  } catch {
    return false
  }
  return true
}

export const NOTHING: Uint8Array = new Uint8Array()

/** An empty block that is the last one (RFC 1951 §3.2.6). */
export const LAST_BLOCK: Uint8Array = Uint8Array.of(0x03, 0x00)
