import { createServer } from 'node:http'
import { constants, createGzip, type Gzip } from 'node:zlib'
import type { ContenderServer, ServingOptions } from '../../server/contenders/contender.ts'
import { listenOnLoopback } from '../../server/contenders/listen-on-loopback.ts'
import { eventText } from '../../server/outgoing-event.ts'

/** The loop that everybody writes first, with a gzip stream for each client, flushed behind each event. */
export async function serveGzipPerClient(
  level: number,
  { pingIntervalMs }: ServingOptions,
): Promise<ContenderServer> {
  const clients = new Set<Gzip>()
  const writeToAll = (text: string): void => {
    for (const gzip of clients) {
      gzip.write(text)
      gzip.flush(constants.Z_SYNC_FLUSH)
    }
  }
  setInterval(writeToAll, pingIntervalMs, ':\n\n')
  const port = await listenOnLoopback(
    createServer((_req, res) => {
      res.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'content-encoding': 'gzip',
      })
      res.flushHeaders()
      const gzip = createGzip({ level })
      gzip.pipe(res)
      res.on('close', () => {
        clients.delete(gzip)
        gzip.destroy()
      })
      clients.add(gzip)
    }),
  )
  return { port, countClients: () => clients.size, publish: (event) => writeToAll(eventText(event)) }
}
