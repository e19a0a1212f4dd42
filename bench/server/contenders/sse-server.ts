import { createServer } from 'node:http'
import { Channel, EventSourceResponse } from '@sse/server'
import type { ContenderServer, ServingOptions } from './contender.ts'
import { listenOnLoopback } from './listen-on-loopback.ts'

export async function serve({ pingIntervalMs, greeting }: ServingOptions): Promise<ContenderServer> {
  const channel = new Channel()
  for (const { data } of greeting) channel.publish('message', data)
  const content = greeting.length === 0 ? channel : channel.subscription({ start: 'earliest' })
  const port = await listenOnLoopback(
    createServer((req, res) => new EventSourceResponse(content, { pingIntervalMs }).send(req, res)),
  )
  return {
    port,
    countClients: () => channel.subscribers,
    publish: ({ data }) => void channel.publish('message', data),
  }
}
