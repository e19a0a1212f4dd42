import { OpenStreams } from '../stream/open-streams.ts'
import type { NodeRequest } from './node-sink.ts'

/** What listens: a server of node:http, node:https, node:http2 or node:net. */
type Listener = object

const byServer = new WeakMap<Listener, OpenStreams>()

/** The open streams of a server. */
export function streamsOfServer(server: Listener): OpenStreams {
  const known = byServer.get(server)
  if (known !== undefined) return known
  const streams = new OpenStreams()
  byServer.set(server, streams)
  return streams
}

/** The open streams of the server that a request came to; `undefined` for a request that came by another way. */
export function openStreamsOf(request: NodeRequest): OpenStreams | undefined {
  // Every socket that a server accepts names it, behind TLS and HTTP/2 too.
  const { server } = request.socket as { server?: unknown }
  return typeof server === 'object' && server !== null ? streamsOfServer(server) : undefined
}
