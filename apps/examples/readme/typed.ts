import { createServer } from 'node:http'
import { defineEvents, parseEventStream, text } from '@sse/core'
import { Channel, EventSourceResponse } from '@sse/server'
import { z } from 'zod'

// One contract for both ends: any Standard Schema, or type<T>() where no check is needed, or text().
const events = defineEvents({
  price: z.object({ symbol: z.string(), at: z.iso.datetime(), value: z.number() }),
  note: text(),
})

const channel = new Channel(events, { retention: { events: 1_000, ageMs: 60_000 } })
createServer((req, res) => new EventSourceResponse(channel).send(req, res)).listen(3000)

const stream = parseEventStream(await fetch('http://localhost:3000'))
channel.publish('price', { symbol: 'ACME', at: new Date().toISOString(), value: 12.5 })
channel.publish('note', 'closing early today')

for await (const dispatched of stream) {
  const event = events.parse(dispatched)
  if (event.type === 'note') break
  console.log(event.data.symbol, event.data.value)
}
channel.close()
process.exit()
