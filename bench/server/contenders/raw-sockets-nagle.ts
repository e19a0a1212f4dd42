import type { ContenderServer, ServingOptions } from './contender.ts'
import { serveSockets } from './raw-sockets.ts'

/** What a program gets that opens its sockets by hand and does not know of `noDelay`. Shown, and no goal's measure. */
export function serve(options: ServingOptions): Promise<ContenderServer> {
  return serveSockets(options, false)
}
