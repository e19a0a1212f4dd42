import { EventSource } from 'undici'
import type { Follow } from './contender.ts'

export const follow: Follow = (url, onTick) => {
  const source = new EventSource(url)
  source.addEventListener('tick', (event) => {
    const { data, lastEventId } = event as MessageEvent<string>
    onTick(data, lastEventId)
  })
  return () => source.close()
}
