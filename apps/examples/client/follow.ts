import { createEventSource } from '@sse/client'

const news = createEventSource('http://localhost:3000')

news.on('tick', (data, { lastEventId }) => console.log(lastEventId, JSON.parse(data).at))
news.on('gap', ({ reason, missed }) => console.log(`missed ${missed ?? 'some'} events: ${reason}`))
