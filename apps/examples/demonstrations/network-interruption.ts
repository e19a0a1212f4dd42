// A network that breaks every connection somewhere in its first kilobyte, and a client that reads every event all the same.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { constantBackoff, createEventSource } from '@sse/client'
import { Channel, EventSourceResponse } from '@sse/server'
import { faultProxy } from '@sse/testing/node'

const EVENTS = 200

const channel = new Channel()
const server = createServer((req, res) => void new EventSourceResponse(channel).send(req, res)).listen(0)
await once(server, 'listening')

const proxy = await faultProxy({
  target: `http://localhost:${(server.address() as AddressInfo).port}`,
  seed: 7,
  faults: ({ random }) => ({
    cut: { afterBytes: 300 + Math.floor(random() * 700), how: random() < 0.5 ? 'reset' : 'fin' },
    splitBytes: [1, 40],
  }),
})

const source = createEventSource(proxy.url, { backoff: constantBackoff(1) })
await source.ready()
for (let number = 1; number <= EVENTS; number++) channel.publish('event', number)

const read: number[] = []
for await (const { data } of source) {
  read.push(Number(data))
  if (read.length === EVENTS) break
}

const inOrder = read.every((number, index) => number === index + 1)
console.log(
  `${proxy.statistics().connections} connections, of which ${proxy.statistics().faults.cut} were cut.`,
)
console.log(inOrder ? `All ${EVENTS} events were read, once and in order.` : `Something is wrong: ${read}`)
await proxy.close()
channel.close()
server.close()
