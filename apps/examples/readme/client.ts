import { parseEventStream } from '@sse/core'

for await (const event of parseEventStream(await fetch('http://localhost:3000'))) {
  console.log(event.lastEventId, event.type, JSON.parse(event.data))
}
