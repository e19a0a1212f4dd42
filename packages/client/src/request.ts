import { EVENT_STREAM_MEDIA_TYPE, LAST_EVENT_ID_HEADER } from '@sse/core'
import type { PreparedRequest } from './attempt/attempt.ts'

/** What a function that makes a part of the request is told. */
export interface RequestContext {
  /** After which event the stream goes on, `''` at its beginning. */
  readonly lastEventId: string
  /** 1 for the first attempt, and for the first after a healthy connection. */
  readonly attempt: number
}

/** A value, or a function that makes it anew for each attempt. */
export type PerAttempt<T> = T | ((context: RequestContext) => T | Promise<T>)

export interface RequestOptions {
  /** Default GET. */
  readonly method?: string | undefined
  readonly headers?: PerAttempt<RequestInit['headers']>
  readonly body?: PerAttempt<RequestInit['body']>
  /** Whether cookies go with it. Default as for `fetch`: to the own origin. */
  readonly credentials?: RequestInit['credentials']
  /** The name of a query parameter that carries the last event ID instead of the header, which needs a CORS preflight. */
  readonly lastEventIdParameter?: string | undefined
  /** More for `fetch`: `mode`, `redirect`, `referrerPolicy`, or Node's `dispatcher`. */
  readonly init?: Omit<RequestInit, 'method' | 'headers' | 'body' | 'signal' | 'credentials'> | undefined
}

/** Puts the request of one attempt together. */
export async function prepareRequest(
  url: PerAttempt<string | URL>,
  { method = 'GET', headers, body, credentials, lastEventIdParameter, init }: RequestOptions,
  context: RequestContext,
): Promise<PreparedRequest> {
  const made = new Headers(await partOf(headers, context))
  if (!made.has('accept')) made.set('accept', EVENT_STREAM_MEDIA_TYPE)
  let target = String(await partOf(url, context))
  if (context.lastEventId !== '') {
    if (lastEventIdParameter === undefined) made.set(LAST_EVENT_ID_HEADER, bytesOf(context.lastEventId))
    else target = withParameter(target, lastEventIdParameter, context.lastEventId)
  }
  return {
    url: target,
    init: {
      cache: 'no-store',
      ...init,
      method,
      headers: made,
      body: (await partOf(body, context)) ?? null,
      ...(credentials && { credentials }),
    },
  }
}

async function partOf<T>(value: PerAttempt<T>, context: RequestContext): Promise<T> {
  return typeof value === 'function' ? (value as (context: RequestContext) => T | Promise<T>)(context) : value
}

/** Clients send the id as UTF-8 (WHATWG HTML §9.2.4), and `fetch` takes one character for each byte. */
export function bytesOf(id: string): string {
  let bytes = ''
  for (const byte of new TextEncoder().encode(id)) bytes += String.fromCharCode(byte)
  return bytes
}

/** Not by `URL`, which would need a base for a relative one. */
function withParameter(url: string, name: string, value: string): string {
  const [, before = '', hash = ''] = /^([^#]*)(#.*)?$/s.exec(url) ?? []
  return `${before}${before.includes('?') ? '&' : '?'}${encodeURIComponent(name)}=${encodeURIComponent(value)}${hash}`
}
