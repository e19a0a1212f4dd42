// A deploy: the old server ends its streams and tells each client when to come back, each at a time of its own; the new one
// listens where the old one did. Nobody misses what was published in between, and they do not all come at once.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constantBackoff, createEventSource } from '@sse/client'
import { Channel, createShutdown, EventSourceResponse } from '@sse/server'

const CLIENTS = 20

// What both servers read from. Servers on several machines share one by a broker.
const channel = new Channel()

async function serve(port: number) {
  const server = createServer((req, res) => void new EventSourceResponse(channel).send(req, res)).listen(port)
  await once(server, 'listening')
  // In a service of your own SIGTERM begins it; here it is begun by hand.
  const shutdown = createShutdown(server, { signals: false, graceMs: 2_000, retryMs: 200, spreadMs: 800 })
  return { port: (server.address() as AddressInfo).port, shutdown }
}

const old = await serve(0)
const clients = Array.from({ length: CLIENTS }, () => {
  const source = createEventSource(`http://localhost:${old.port}`, { backoff: constantBackoff(0) })
  const read: unknown[] = []
  const hasAll = new Promise<void>((resolve) => {
    source.on('step', (data) => {
      if (read.push(JSON.parse(data)) === 3) resolve()
    })
  })
  return { source, read, hasAll }
})
await Promise.all(clients.map(({ source }) => source.ready()))
channel.publish('step', 1)

console.log(`The old server has ${channel.subscribers} clients, and sends them away.`)
const leftAt = performance.now()
const drained = old.shutdown.drain()
const returns: number[] = []
for (const { source } of clients) {
  source.observe((happening) => {
    if (happening.type === 'state' && happening.state.status === 'open')
      returns.push(performance.now() - leftAt)
  })
}
await drained
channel.publish('step', 2) // nobody is there

console.log('The new server is up.')
const next = await serve(old.port)
channel.publish('step', 3)
await Promise.all(clients.map(({ hasAll }) => hasAll))

const [first = 0, last = 0] = [returns[0], returns.at(-1)]
console.log(
  `The first client was back after ${first.toFixed(0)} ms, the last one after ${last.toFixed(0)} ms.`,
)
const complete = clients.every(({ read }) => read.join() === '1,2,3')
console.log(complete ? 'Each has read 1, 2, 3.' : 'Something is wrong.')
for (const { source } of clients) source.close()
await next.shutdown.drain()
channel.close()
