import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createShutdown } from '@sse/server'

/** Serves an example on PORT, or 8000, prints what to try, and ends its streams properly on Ctrl-C. */
export function start(app: RequestListener | Server, ...tries: readonly string[]): Server {
  const server = typeof app === 'function' ? createServer(app) : app
  createShutdown(server)
  server.listen(Number(process.env['PORT'] ?? 8000), () => {
    const url = `http://localhost:${(server.address() as AddressInfo).port}`
    console.log(`Listening on ${url}. Try:`)
    for (const each of tries) console.log(`  ${each.replaceAll('$URL', url)}`)
  })
  return server
}
