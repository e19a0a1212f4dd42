import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeEvent } from '@sse/core'
import { answerCalls } from '../harness/answer-calls.ts'

export interface StreamShape {
  readonly events: number
  readonly dataLength: number
}

/** Written at once: what a proxy or a socket gives a client at a time. */
const CHUNK_BYTES = 64 * 1024

/** A process that sends the same stream to every client, as fast as the client takes it, and then keeps it open. */
class StreamServer {
  async listen({ events, dataLength }: StreamShape): Promise<number> {
    const data = 'x'.repeat(dataLength)
    const whole = Buffer.from(
      Array.from({ length: events }, (_, n) => encodeEvent({ id: String(n + 1), event: 'tick', data })).join(
        '',
      ),
    )
    const server = createServer(async (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let at = 0; at < whole.length && !response.destroyed; at += CHUNK_BYTES) {
        if (!response.write(whole.subarray(at, at + CHUNK_BYTES))) {
          await Promise.race([once(response, 'drain'), once(response, 'close')])
        }
      }
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
}

export type { StreamServer }

answerCalls<StreamServer>(new StreamServer())
