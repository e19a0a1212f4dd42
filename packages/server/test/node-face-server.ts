import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { expect } from 'vitest'
import type { StreamEnd } from '../src/index.ts'
import type { NodeRequest, NodeResponse } from '../src/node/node-sink.ts'
import { Http1Client } from './http1-client.ts'
import { askHttp2, Http1FaceClient, Http2FaceClient, type NodeFaceClient } from './node-face-clients.ts'
import type { NodeFace } from './node-faces.ts'

type Send = (request: NodeRequest, response: NodeResponse) => Promise<StreamEnd>

interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A server of one face, whose every answer is a stream, and which remembers how the streams ended. */
export class NodeFaceServer implements AsyncDisposable {
  readonly #face: NodeFace
  readonly #server: Server
  readonly #sockets: Set<Socket>
  /** How the streams ended, in that order. */
  readonly ends: StreamEnd[]
  readonly responses: NodeResponse[]

  private constructor(
    face: NodeFace,
    server: Server,
    { sockets, ends, responses }: { sockets: Set<Socket>; ends: StreamEnd[]; responses: NodeResponse[] },
  ) {
    this.#face = face
    this.#server = server
    this.#sockets = sockets
    this.ends = ends
    this.responses = responses
  }

  static async start(face: NodeFace, send: Send): Promise<NodeFaceServer> {
    const ends: StreamEnd[] = []
    const responses: NodeResponse[] = []
    let first: NodeResponse | undefined
    const server = await face.serve((request, response) => {
      if (request.url === '/first') {
        first = response
        return
      }
      responses.push(response)
      void send(request, response).then((end) => ends.push(end))
      ;(first as ServerResponse | undefined)?.end('first')
    })
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    if (!server.listening) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
    }
    return new NodeFaceServer(face, server, { sockets, ends, responses })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async ask({ method = 'GET', headers = {} }: Ask = {}): Promise<NodeFaceClient> {
    const { port } = this
    const { http2 = false, secure = false, old = false, pipelined = false } = this.#face
    if (http2) return new Http2FaceClient(await askHttp2(port, secure, { ':method': method, ...headers }))
    const client = await Http1Client.connect(port, { secure })
    if (pipelined) client.send('GET', '/first')
    client.send(method, '/', headers, old ? '1.0' : '1.1')
    return new Http1FaceClient(client, pipelined ? 1 : 0)
  }

  /** How the first stream ended. */
  async end(): Promise<StreamEnd> {
    await expect.poll(() => this.ends.length).toBeGreaterThan(0)
    return this.ends[0] as StreamEnd
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
