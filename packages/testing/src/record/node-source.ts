import type http from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type stream from 'node:stream'
import { testingError } from '../errors.ts'
import { memoryConnection } from './memory-connection.ts'
import { HANDLER_BASE, tapResponse } from './response-source.ts'
import { streamRequest } from './stream-request.ts'
import type { StreamCall, StreamSource, StreamTap } from './stream-source.ts'

/** What `http.createServer` takes: an Express app, `app.callback()` of Koa, `app.routing` of Fastify. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Without a port: Node's own server and client speak HTTP/1.1 over a connection in memory. */
export function nodeHandlerSource(handler: NodeHandler): StreamSource {
  return source((call) => {
    const failing = Promise.withResolvers<never>()
    failing.promise.catch(() => {})
    const server = builtin('node:http').createServer((request, response) => {
      // An exception here would end the process. It is what the test wants to know.
      void (async () => handler(request, response))().catch((error: unknown) => {
        failing.reject(error)
        call.sink.ended('cut', error)
        response.destroy()
      })
    })
    return ask(server, call, failing.promise)
  })
}

/** A server of one's own, whether it listens or not: its settings and its listeners hold. */
export function nodeServerSource(server: Server): StreamSource {
  return source((call) => ask(server, call))
}

function source(open: StreamSource['open']): StreamSource {
  return {
    describe: ({ method, body, path }) =>
      `${method ?? (body === undefined ? 'GET' : 'POST')} ${new URL(path ?? '/', HANDLER_BASE)}`,
    onlyOnce: undefined,
    open,
  }
}

async function ask(server: Server, call: StreamCall, failed?: Promise<never>): Promise<StreamTap> {
  const { client, server: socket } = memoryConnection(builtin('node:stream').Duplex)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const request = streamRequest(HANDLER_BASE, call.request, call.signal)
  // Read before the connection is made: what cannot be read leaves none behind.
  const body = new Uint8Array(await request.arrayBuffer())
  const headers = Object.fromEntries(request.headers)
  const { pathname, search } = new URL(request.url)
  server.emit('connection', socket)
  const outgoing = builtin('node:http').request({
    method: request.method,
    path: pathname + search,
    headers: { host: 'localhost', ...headers },
    createConnection: () => client,
    signal: call.signal,
  })
  const answer = new Promise<StreamTap>((resolve, reject) => {
    // Tapped at once: a connection that breaks in the same turn drops what nobody listens for.
    outgoing.once('response', (response) => resolve(tapResponse(partsOf(response), call)))
    // Stays: a request whose connection breaks later fails once more, and nobody else listens.
    outgoing.on('error', reject)
  })
  const close = async (): Promise<void> => {
    outgoing.destroy()
    client.destroy()
    await closed
  }
  try {
    outgoing.end(body)
    const tap = await Promise.race(failed === undefined ? [answer] : [answer, failed])
    return {
      ...tap,
      async close() {
        await tap.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

function partsOf(response: IncomingMessage): Parameters<typeof tapResponse>[0] {
  const { statusCode = 0, rawHeaders } = response
  const headers = new Headers()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
  }
  return { status: statusCode, headers, body: response }
}

/** Not imported: whoever records something else, in a browser too, has no Node and needs none. */
function builtin<Name extends 'node:http' | 'node:stream'>(name: Name): BuiltinModules[Name] {
  const found = globalThis.process?.getBuiltinModule?.(name)
  if (found !== undefined) return found as BuiltinModules[Name]
  throw testingError(
    'unsupported-runtime',
    `Recording a handler of Node, which has the parameters (request, response), needs ${name}, which this runtime lacks. Record a URL, a Response or a function (request) => Response.`,
  )
}

interface BuiltinModules {
  readonly 'node:http': typeof http
  readonly 'node:stream': typeof stream
}
