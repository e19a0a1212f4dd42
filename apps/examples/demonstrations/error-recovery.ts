// A server fails again and again, and the client's circuit breaker opens: no attempt until it has had time. Then one attempt
// finds out that the server is back, and the stream goes on after the last event that was read.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { circuitBreaker, consecutiveFailures, constantBackoff, createEventSource } from '@sse/client'
import { Channel, EventSourceResponse } from '@sse/server'

const channel = new Channel()
let ill = false
let attempts = 0
const server = createServer((req, res) => {
  attempts++
  if (ill) res.writeHead(500).end('out of order')
  else void new EventSourceResponse(channel).send(req, res)
}).listen(0)
await once(server, 'listening')

const source = createEventSource(`http://localhost:${(server.address() as AddressInfo).port}`, {
  backoff: constantBackoff(50),
  circuitBreaker: circuitBreaker({ trip: consecutiveFailures(3), openMs: 400 }),
})
source.observe((happening) => {
  if (happening.type === 'state') console.log(`  ${source}`)
  if (happening.type === 'circuit')
    console.log(`  circuit: ${happening.previous.state} → ${happening.circuit.state}`)
  // It opened: nobody asks the server now, and it has time to get well.
  if (happening.type === 'circuit' && happening.circuit.state === 'open') ill = false
})

const read: unknown[] = []
const nextEvent = (): Promise<void> =>
  new Promise((resolve) =>
    source.once('step', (data) => {
      read.push(JSON.parse(data))
      resolve()
    }),
  )

const first = nextEvent()
await source.ready()
channel.publish('step', 1)
await first

console.log('The server falls ill, and all connections break.')
ill = true
const second = nextEvent()
channel.publish('step', 2) // nobody hears it
server.closeAllConnections()
await second

console.log(`Read ${read.join(', ')}: nothing is missing. ${attempts} attempts in all.`)
source.close()
channel.close()
server.close()
