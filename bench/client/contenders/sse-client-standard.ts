import { EventSource } from '@sse/client'
import type { Follow } from './contender.ts'

export const follow: Follow = (url, onTick) => {
  const source = new EventSource(url)
  source.addEventListener('tick', ({ data, lastEventId }) => onTick(data, lastEventId))
  return () => source.close()
}
