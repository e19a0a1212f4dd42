import { createServer, type ServerOptions, type ServerResponse } from 'node:http'
import {
  EventSourceResponse,
  type EventSourceResponseOptions,
  type StreamContentOrFactory,
} from '../src/index.ts'
import type { NodeRequest } from '../src/node/node-sink.ts'
import { NodeFaceServer } from './node-face-server.ts'

interface Setup {
  readonly content: StreamContentOrFactory<NodeRequest>
  readonly options?: EventSourceResponseOptions<NodeRequest>
  readonly server?: ServerOptions
  readonly before?: (response: ServerResponse) => void
}

/** A server of node:http whose every answer is the stream. */
export function serve({
  content,
  options = { pingIntervalMs: false },
  server = {},
  before = () => {},
}: Setup): Promise<NodeFaceServer> {
  return NodeFaceServer.start(
    { name: 'node:http', serve: (listener) => createServer(server, listener) },
    (request, response) => {
      before(response as ServerResponse)
      return new EventSourceResponse<NodeRequest>(content, options).send(request, response)
    },
  )
}
