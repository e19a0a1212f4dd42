import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Answer = (response: ServerResponse, request: ReceivedRequest) => void

export interface ReceivedRequest {
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server of another origin, which answers each path as a test wants it. */
export class TestStreams implements Disposable {
  readonly requests: ReceivedRequest[] = []
  readonly url: string
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(answers: Readonly<Record<string, Answer>>): Promise<TestStreams> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const streams = new TestStreams(server)
    server.on('request', (request, response) => void streams.#answer(answers, request, response))
    return streams
  }

  [Symbol.dispose](): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #answer(
    answers: Readonly<Record<string, Answer>>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', '*, authorization')
    response.setHeader('access-control-allow-methods', '*')
    response.setHeader('timing-allow-origin', '*')
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end()
      return
    }
    let body = ''
    for await (const chunk of request) body += chunk
    const received = { method: request.method ?? '', headers: request.headers, body }
    this.requests.push(received)
    answers[request.url ?? '']?.(response, received)
  }
}

export function startStream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
}
