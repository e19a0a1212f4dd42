import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Settings } from './settings.ts'

const DEFAULT_PORT = 8000
/** How many ports from the default on are tried. */
const PORTS_TO_TRY = 100

/** Listens and returns the port: the one that was asked for, or the first free one from 8000 on. */
export async function listen(
  server: Server,
  { host, port }: Pick<Settings, 'host' | 'port'>,
): Promise<number> {
  if (port !== undefined) {
    try {
      return await listenOn(server, host, port)
    } catch (error) {
      if (!isTaken(error)) throw error
      throw new Error(
        `Port ${port} is taken. Stop what listens there, set PORT to another one, or leave PORT unset: then the first free port from ${DEFAULT_PORT} on is used.`,
        { cause: error },
      )
    }
  }
  for (let candidate = DEFAULT_PORT; candidate < DEFAULT_PORT + PORTS_TO_TRY; candidate++) {
    try {
      return await listenOn(server, host, candidate)
    } catch (error) {
      if (!isTaken(error)) throw error
    }
  }
  throw new Error(
    `All ports from ${DEFAULT_PORT} to ${DEFAULT_PORT + PORTS_TO_TRY - 1} are taken. Set PORT to one that is free.`,
  )
}

async function listenOn(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host)
  // Rejects with the server's 'error'.
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
