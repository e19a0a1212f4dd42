import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that systems give to outgoing connections, whoever asks. */
const FIRST = 12_000
const LAST = 31_999

/**
 * A port for a server that is told which, and that comes back to it after it was killed. It is the caller's until its process ends: nobody else
 * who asks here gets it, in whatever process, also while no server listens there.
 *
 * Not one of the system's choice: while the server is gone, a connection that somebody opens may be given that one, even one to the port
 * itself, which TCP then connects with itself, and the server cannot come back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1))
    if ((await isReserved(port)) && (await isFree(port))) return port
  }
}

/** By the same port of UDP, on which none of these servers listens: the system gives it to one, and takes it back when its process ends. */
async function isReserved(port: number): Promise<boolean> {
  const reservation = createSocket('udp4').unref()
  reservation.bind({ port, address: '127.0.0.1', exclusive: true })
  try {
    await once(reservation, 'listening')
    return true
  } catch (error) {
    // Where none can be had, it goes without.
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE'
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
