import { createEventSource } from 'eventsource-client'
import type { Follow } from './contender.ts'

export const follow: Follow = (url, onTick) => {
  const source = createEventSource({ url, onMessage: ({ data, id = '' }) => onTick(data, id) })
  return () => source.close()
}
