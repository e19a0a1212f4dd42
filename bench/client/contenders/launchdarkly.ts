// @ts-expect-error: it has no types.
import { EventSource } from 'launchdarkly-eventsource'
import type { Follow } from './contender.ts'

export const follow: Follow = (url, onTick) => {
  const source = new EventSource(url)
  source.addEventListener('tick', ({ data, lastEventId }: { data: string; lastEventId: string }) =>
    onTick(data, lastEventId),
  )
  return () => source.close()
}
