import { createServer } from 'node:http'
import { createChannel, createSession } from 'better-sse'
import type { ContenderServer, ServingOptions } from './contender.ts'
import { listenOnLoopback } from './listen-on-loopback.ts'

export async function serve({ pingIntervalMs, greeting }: ServingOptions): Promise<ContenderServer> {
  const channel = createChannel()
  const port = await listenOnLoopback(
    createServer(async (req, res) => {
      const session = await createSession(req, res, { keepAlive: pingIntervalMs, serializer: String })
      channel.register(session)
      for (const { id, data } of greeting) session.push(data, 'message', id)
    }),
  )
  return {
    port,
    countClients: () => channel.sessionCount,
    // With an id of its own: to make a random one, as it does by default, would cost it a little.
    publish: ({ id, data }) => void channel.broadcast(data, 'message', { eventId: id }),
  }
}
