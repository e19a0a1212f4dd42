import { createEventSource } from '@sse/client'
import type { Follow } from './contender.ts'

export const follow: Follow = (url, onTick) => {
  const source = createEventSource(url)
  source.on('tick', (data, { lastEventId }) => onTick(data, lastEventId))
  return () => source.close()
}
