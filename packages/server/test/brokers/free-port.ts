import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that systems give to outgoing connections, whoever asks. */
const FIRST = 12_000
const LAST = 31_999

/**
 * A port that is free now, for a server that is told which, and that comes back to it after it was killed.
 *
 * Not one of the system's choice: while the server is gone, a connection that somebody opens may be given that one, even one to the port
 * itself, which TCP then connects with itself, and the server cannot come back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1))
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
    } catch {
      continue
    }
    server.close()
    await once(server, 'close')
    return port
  }
}
