import { createServer, type ServerResponse } from 'node:http'
import { eventText } from '../outgoing-event.ts'
import type { ContenderServer, ServingOptions } from './contender.ts'
import { listenOnLoopback } from './listen-on-loopback.ts'

/** The loop that everybody writes first. It takes no notice of what `res.write` returns, as nobody does. */
export async function serve({ pingIntervalMs, greeting }: ServingOptions): Promise<ContenderServer> {
  const clients = new Set<ServerResponse>()
  const writeToAll = (text: string): void => {
    for (const res of clients) res.write(text)
  }
  setInterval(writeToAll, pingIntervalMs, ':\n\n')
  const port = await listenOnLoopback(
    createServer((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      res.flushHeaders()
      res.on('close', () => clients.delete(res))
      clients.add(res)
      for (const event of greeting) res.write(eventText(event))
    }),
  )
  return { port, countClients: () => clients.size, publish: (event) => writeToAll(eventText(event)) }
}
