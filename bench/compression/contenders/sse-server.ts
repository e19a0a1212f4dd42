import { createServer } from 'node:http'
import { Channel, EventSourceResponse } from '@sse/server'
import type { ContenderServer, ServingOptions } from '../../server/contenders/contender.ts'
import { listenOnLoopback } from '../../server/contenders/listen-on-loopback.ts'

export async function serveOurs(
  compression: 'auto' | false,
  { pingIntervalMs }: ServingOptions,
): Promise<ContenderServer> {
  const channel = new Channel(undefined, { compression })
  const port = await listenOnLoopback(
    createServer((req, res) => new EventSourceResponse(channel, { pingIntervalMs }).send(req, res)),
  )
  return {
    port,
    countClients: () => channel.subscribers,
    publish: ({ data }) => void channel.publish('message', data),
  }
}
