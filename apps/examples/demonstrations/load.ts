// Many clients on one channel: how fast they get what is published, and whether any of them missed something.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Channel, EventSourceResponse } from '@sse/server'
import { describeLoad, load } from '@sse/testing/node'

const [clients = '200', seconds = '3'] = process.argv.slice(2)

const channel = new Channel()
const server = createServer((req, res) => void new EventSourceResponse(channel).send(req, res)).listen(0)
await once(server, 'listening')
const publishing = setInterval(() => channel.publish('tick', { sentAt: Date.now() }), 20)

// One process is server and clients here: `sse bench` measures a server that is another's.
const report = await load({
  url: `http://localhost:${(server.address() as AddressInfo).port}`,
  clients: Number(clients),
  durationMs: Number(seconds) * 1_000,
})
console.log(describeLoad(report))

clearInterval(publishing)
channel.close()
server.close()
