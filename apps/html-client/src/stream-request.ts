import type { ReaderKind } from './stream-reader.ts'

export const METHODS = ['GET', 'POST', 'QUERY'] as const

export type Method = (typeof METHODS)[number]

/** What is asked of a server, and by which client. */
export interface StreamRequest {
  /** Relative to this page, or absolute. */
  readonly url: string
  readonly method: Method
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Empty for none. */
  readonly body: string
  /** After which event to begin; empty for where the server begins. */
  readonly lastEventId: string
  readonly reader: ReaderKind
  /** How long the server may be silent; undefined for what it announces with its pings. */
  readonly stallTimeoutMs?: number | undefined
}

export function getRequest(url: string): StreamRequest {
  return { url, method: 'GET', headers: [], body: '', lastEventId: '', reader: '@sse/client' }
}

/** Why the browser's own EventSource cannot make this request; empty if it can. */
export function whyNotNative({ method, headers, body }: Omit<StreamRequest, 'reader'>): string {
  const more = [
    ...(method === 'GET' ? [] : [`the method ${method}`]),
    ...(headers.length > 0 ? ['headers'] : []),
    ...(body === '' ? [] : ['a body']),
  ]
  if (more.length === 0) return ''
  return `EventSource can only GET an address: ${more.join(' and ')} would need @sse/client.`
}
