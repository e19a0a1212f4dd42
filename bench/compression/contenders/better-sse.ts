import { createServer, type ServerResponse } from 'node:http'
import { createChannel, createSession } from 'better-sse'
import compression from 'compression'
import type { ContenderServer, ServingOptions } from '../../server/contenders/contender.ts'
import { listenOnLoopback } from '../../server/contenders/listen-on-loopback.ts'

/** What its documentation says to do behind the middleware: `no-transform` taken back, and a flush behind each event. */
export async function serveBetterSse({ pingIntervalMs }: ServingOptions): Promise<ContenderServer> {
  const channel = createChannel()
  const responses = new Set<ServerResponse & { flush?(): void }>()
  const compress = compression()
  const port = await listenOnLoopback(
    createServer((req, res) => {
      const express = {
        req: req as Parameters<typeof compress>[0],
        res: res as Parameters<typeof compress>[1],
      }
      compress(express.req, express.res, async () => {
        const headers = { 'Cache-Control': 'no-store' }
        const session = await createSession(req, res, {
          keepAlive: pingIntervalMs,
          serializer: String,
          headers,
        })
        channel.register(session)
        responses.add(res)
        res.on('close', () => responses.delete(res))
      })
    }),
  )
  return {
    port,
    countClients: () => channel.sessionCount,
    publish({ id, data }) {
      channel.broadcast(data, 'message', { eventId: id })
      for (const res of responses) res.flush?.()
    },
  }
}
