import type { Compression } from '../compression/compression.ts'
import { Compressor } from '../compression/compressor.ts'
import { runtimeDeflate } from '../compression/deflate.ts'
import { GzipEncoder } from '../compression/gzip-encoder.ts'
import { diagnostic } from '../diagnostics.ts'
import { acceptsGzip } from '../http/accept-encoding.ts'
import { type RequestHeaders, readHeader } from '../http/request-headers.ts'
import { StreamFeed } from './content.ts'

const onUncompressed = diagnostic('sse:stream:uncompressed')

/** How the bytes of a response are encoded, and what its head says of it. */
export interface ContentEncoding {
  readonly headers: Readonly<Record<string, string>>
  readonly encoder: GzipEncoder | undefined
}

/** A response that is about to begin. */
export interface Encodable {
  /** The option of the response. */
  readonly compression: Compression | undefined
  readonly request: { readonly headers: RequestHeaders } | undefined
  readonly headers: Readonly<Record<string, string>>
  /** What middleware has set, where there is any: the headers above go before it. */
  readonly headerSet?: ((name: string) => string | undefined) | undefined
}

/** Chooses the encoding of a response: gzip, where it is wanted, the client takes it, and nobody has chosen another one. */
export function negotiateEncoding(
  content: unknown,
  { compression, request, headers, headerSet }: Encodable,
): ContentEncoding {
  const own = (name: string): string | undefined => headers[name] ?? headerSet?.(name)
  if (!wantsCompression(content, compression) || own('content-encoding') !== undefined)
    return { headers, encoder: undefined }
  // Also where it is not compressed: another client may be answered otherwise.
  const varied = { ...headers, vary: varyOf(own('vary')) }
  const accepted = request !== undefined && acceptsGzip(readHeader(request.headers, 'accept-encoding'))
  const deflate = accepted ? runtimeDeflate() : undefined
  if (deflate === undefined) return { headers: varied, encoder: undefined }
  // What a function makes is not known yet.
  if (typeof content !== 'function' && !(content instanceof StreamFeed) && !Compressor.available) {
    tellUncompressed(request)
    return { headers: varied, encoder: undefined }
  }
  return { headers: { ...varied, 'content-encoding': 'gzip' }, encoder: new GzipEncoder(deflate) }
}

/** There are as many compressors as there may be, and this stream needed one more. */
export function tellUncompressed(request: unknown): void {
  if (onUncompressed.hasSubscribers) onUncompressed.publish({ request })
}

function wantsCompression(content: unknown, ofResponse: Compression | undefined): boolean {
  const ofContent = content instanceof StreamFeed ? content.compression : undefined
  if (ofResponse === false || ofContent === false) return false
  return ofResponse === 'auto' || ofContent === 'auto'
}

function varyOf(others: string | undefined): string {
  if (others === undefined || others === '') return 'accept-encoding'
  const names = others.toLowerCase().split(',')
  const covered = names.some((name) => name.trim() === 'accept-encoding' || name.trim() === '*')
  return covered ? others : `${others}, accept-encoding`
}
