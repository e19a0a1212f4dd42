import type { Server } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { ContenderServer, ServingOptions } from './contender.ts'
import { listenOnLoopback } from './listen-on-loopback.ts'

export async function serve({ pingIntervalMs, greeting }: ServingOptions): Promise<ContenderServer> {
  const streams = new Set<SSEStreamingApi>()
  const app = new Hono()
  app.get('/', (c) =>
    streamSSE(c, async (stream) => {
      const { promise: left, resolve: leave } = Promise.withResolvers<void>()
      stream.onAbort(leave)
      streams.add(stream)
      for (const event of greeting) await stream.writeSSE(event)
      await left
      streams.delete(stream)
    }),
  )
  // It has no pings of its own. One timer for all is the least that a program can do.
  setInterval(() => {
    for (const stream of streams) void stream.write(':\n\n')
  }, pingIntervalMs)
  const port = await listenOnLoopback(createAdaptorServer({ fetch: app.fetch }) as Server)
  return {
    port,
    countClients: () => streams.size,
    publish(event) {
      for (const stream of streams) void stream.writeSSE(event)
    },
  }
}
