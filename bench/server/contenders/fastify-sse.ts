import { fastifySSE } from '@fastify/sse'
import Fastify, { type FastifyReply } from 'fastify'
import type { ContenderServer, ServingOptions } from './contender.ts'

export async function serve({ pingIntervalMs, greeting }: ServingOptions): Promise<ContenderServer> {
  const clients = new Set<FastifyReply['sse']>()
  const app = Fastify()
  await app.register(fastifySSE, { heartbeatInterval: pingIntervalMs, serializer: String })
  app.get('/', { sse: { kind: 'only' } }, async (_request, { sse, raw }) => {
    sse.keepAlive()
    sse.sendHeaders()
    raw.flushHeaders()
    sse.onClose(() => clients.delete(sse))
    clients.add(sse)
    for (const event of greeting) await sse.send(event)
  })
  const url = new URL(await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }))
  return {
    port: Number(url.port),
    countClients: () => clients.size,
    publish(event) {
      for (const sse of clients) void sse.send(event)
    },
  }
}
