import { createEventSource } from '@sse/client'
import type { Follow } from './contender.ts'

export const follow: Follow = (url, onTick) => {
  const source = createEventSource(url)
  void (async () => {
    for await (const { data, lastEventId } of source) onTick(data as string, lastEventId)
  })()
  return () => source.close()
}
