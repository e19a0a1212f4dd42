import { createEventSource } from '@sse/client'

for await (const event of createEventSource('http://localhost:3000')) {
  console.log(event.lastEventId, event.type, JSON.parse(event.data))
}
