import { createSharedEventSource } from '@sse/client/shared'

const news = createSharedEventSource('http://localhost:3000')

// mode: 'leading', 'following', 'joining' or 'alone'
news.on('tick', (data) => console.log(news.mode, JSON.parse(data).at))
