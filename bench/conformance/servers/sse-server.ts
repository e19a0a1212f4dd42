import { createServer } from 'node:http'
import { Channel, EventSourceResponse } from '@sse/server'
import { listenOnLoopback } from '../../server/contenders/listen-on-loopback.ts'
import type { ServedStream } from './served-stream.ts'

export async function serve(): Promise<ServedStream> {
  const channel = new Channel()
  const response = new EventSourceResponse(channel)
  const port = await listenOnLoopback(createServer((req, res) => response.send(req, res)))
  let events = 0
  return { port, publish: () => channel.publish('message', `event ${++events}`) }
}
