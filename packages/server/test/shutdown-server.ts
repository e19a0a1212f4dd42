import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Channel, createShutdown, EventSourceResponse } from '../dist/index.js'

/** A process for the shutdown test: serves a channel, and tells how long it took from the signal to the closed server. */
const channel = new Channel()
const server = createServer((req, res) => {
  void new EventSourceResponse(channel).send(req, res)
})
createShutdown(server, { graceMs: 2_000, spreadMs: 1_000 })
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))

let signalledAt = 0
process.on('SIGTERM', () => {
  signalledAt = performance.now()
  channel.publish('farewell', 'bye')
})
server.on('close', () =>
  process.send?.({ tookMs: performance.now() - signalledAt }, () => process.disconnect()),
)
