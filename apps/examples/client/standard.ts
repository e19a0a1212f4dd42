import { EventSource } from '@sse/client'

const source = new EventSource('http://localhost:3000', {
  fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization: 'Bearer secret' } }),
})
source.addEventListener('tick', ({ data, lastEventId }) => console.log(lastEventId, data))
source.onerror = () => console.log(source.readyState === EventSource.CLOSED ? 'over' : 'reconnecting')
