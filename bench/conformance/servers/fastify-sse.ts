import { fastifySSE } from '@fastify/sse'
import Fastify, { type FastifyReply } from 'fastify'
import { RecentEvents, type ServedStream } from './served-stream.ts'

export async function serve(): Promise<ServedStream> {
  const clients = new Set<FastifyReply['sse']>()
  const recent = new RecentEvents()
  const app = Fastify()
  await app.register(fastifySSE)
  app.get('/', { sse: { kind: 'only' } }, async (_request, { sse }) => {
    sse.keepAlive()
    await sse.replay(async (lastEventId) => {
      for (const event of recent.after(lastEventId)) await sse.send(event)
    })
    await sse.send({ data: 'Connected' })
    clients.add(sse)
    sse.onClose(() => clients.delete(sse))
  })
  const url = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  return {
    port: Number(url.port),
    publish() {
      const event = recent.add()
      for (const sse of clients) void sse.send(event).catch(() => {})
    },
  }
}
