import type { Server } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { listenOnLoopback } from '../../server/contenders/listen-on-loopback.ts'
import { RecentEvents, type ServedStream } from './served-stream.ts'

export async function serve(): Promise<ServedStream> {
  const streams = new Set<SSEStreamingApi>()
  const recent = new RecentEvents()
  const app = new Hono()
  app.get('/', (c) =>
    streamSSE(c, async (stream) => {
      const { promise: left, resolve: leave } = Promise.withResolvers<void>()
      stream.onAbort(leave)
      for (const event of recent.after(c.req.header('last-event-id'))) await stream.writeSSE(event)
      streams.add(stream)
      await left
      streams.delete(stream)
    }),
  )
  const port = await listenOnLoopback(createAdaptorServer({ fetch: app.fetch }) as Server)
  return {
    port,
    publish() {
      const event = recent.add()
      for (const stream of streams) void stream.writeSSE(event)
    },
  }
}
