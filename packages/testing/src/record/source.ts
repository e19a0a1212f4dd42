import type { Server } from 'node:http'
import { testingError } from '../errors.ts'
import { hasMethod } from './byte-pump.ts'
import { type EventSourceLike, eventTargetSource } from './event-target-source.ts'
import { type NodeHandler, nodeHandlerSource, nodeServerSource } from './node-source.ts'
import { chunkSource, fetchHandlerSource, responseSource, urlSource } from './response-source.ts'
import type { StreamSource } from './stream-source.ts'

/** Answers a request: `app.fetch`, a route handler of Next, a function of one's own. */
export type FetchHandler = (request: Request) => Response | Promise<Response>

/** What event streams come from, but for handlers of Node. */
export type RecordSource =
  | string
  | URL
  | Request
  | Response
  | PromiseLike<Response>
  | FetchHandler
  /** A Hono app; the default export of a worker, of Bun or of Deno. */
  | { fetch(request: Request, ...rest: never[]): Response | Promise<Response> }
  | EventSourceLike
  | AsyncIterable<Uint8Array | string>
  | ReadableStream<Uint8Array>

/** What of Node event streams come from. */
export type NodeRecordSource =
  | NodeHandler
  | Server
  /** A Fastify instance. */
  | { readonly routing: NodeHandler; ready(): PromiseLike<unknown> }

/**
 * Tells the sources apart by their shape, so that doubles and those of another realm count.
 *
 * @throws SseError `not-a-source`
 */
export function streamSource(source: unknown): StreamSource {
  if (typeof source === 'string' || source instanceof URL) return urlSource(checkUrl(source))
  if (typeof source === 'function') {
    // An Express app is a function with methods; no fetch handler has a second parameter that it needs.
    return source.length >= 2
      ? nodeHandlerSource(source as NodeHandler)
      : fetchHandlerSource(source as FetchHandler)
  }
  // Before promises: it has a `then`, which gives nothing.
  if (hasMethod(source, 'routing') && hasMethod(source, 'ready')) {
    const { routing, ready } = source
    return nodeHandlerSource(async (request, response) => {
      await ready.call(source)
      routing.call(source, request as never, response as never)
    })
  }
  if (hasMethod(source, 'then')) return responseSource(source as unknown as PromiseLike<Response>)
  if (has(source, 'status') && has(source, 'headers') && has(source, 'body'))
    return responseSource(source as unknown as Response)
  if (has(source, 'url') && has(source, 'method') && has(source, 'headers'))
    return urlSource(source as unknown as Request)
  if (hasMethod(source, 'fetch'))
    return fetchHandlerSource((request) => source.fetch(request as never) as Response)
  if (hasMethod(source, 'addEventListener') && has(source, 'readyState'))
    return eventTargetSource(source as never)
  if (hasMethod(source, 'listen') && hasMethod(source, 'emit'))
    return nodeServerSource(source as unknown as Server)
  if (hasMethod(source, 'getReader') || hasMethod(source, Symbol.asyncIterator)) return chunkSource(source)
  throw testingError(
    'not-a-source',
    `No stream can be recorded from ${source === null ? 'null' : `this ${typeof source}`}. Give a URL, a Request, a Response, a handler ((request) => Response, or (request, response) of Node), an app with fetch, an http.Server, an EventSource, or an async iterable of chunks.`,
  )
}

function has<Name extends PropertyKey>(value: unknown, name: Name): value is Record<Name, unknown> {
  return typeof value === 'object' && value !== null && name in value
}

function checkUrl(url: string | URL): string | URL {
  if (URL.canParse(String(url))) return url
  throw testingError(
    'not-a-source',
    `${JSON.stringify(url)} is no absolute URL. To record a path of an app, record the app: record(app, { path: ${JSON.stringify(url)} }).`,
  )
}
