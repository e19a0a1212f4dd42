import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Many connect at once here: the default backlog is shorter. */
const BACKLOG = 4096

/** Listens on a free port, and returns it. */
export async function listenOnLoopback(server: Server): Promise<number> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
