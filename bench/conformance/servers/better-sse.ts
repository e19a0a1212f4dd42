import { createServer } from 'node:http'
import { createChannel, createSession } from 'better-sse'
import { listenOnLoopback } from '../../server/contenders/listen-on-loopback.ts'
import { RecentEvents, type ServedStream } from './served-stream.ts'

export async function serve(): Promise<ServedStream> {
  const channel = createChannel()
  const recent = new RecentEvents()
  const port = await listenOnLoopback(
    createServer(async (req, res) => {
      // What `app.get` of a framework does.
      if (req.method !== 'GET' && req.method !== 'HEAD') return void res.writeHead(404).end()
      const session = await createSession(req, res)
      for (const { id, data } of recent.after(session.lastId)) session.push(data, 'message', id)
      channel.register(session)
    }),
  )
  return {
    port,
    publish() {
      const { id, data } = recent.add()
      channel.broadcast(data, 'message', { eventId: id })
    },
  }
}
