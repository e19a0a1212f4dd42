import { createParser } from 'eventsource-parser'
import type { Follow } from './contender.ts'

/** No client: nothing is reconnected, resumed or noticed. What there is to reach. */
export const follow: Follow = (url, onTick) => {
  const leaving = new AbortController()
  const parser = createParser({ onEvent: ({ data, id = '' }) => onTick(data, id) })
  const read = async (): Promise<void> => {
    const { body } = await fetch(url, { signal: leaving.signal })
    const decoder = new TextDecoder()
    for await (const chunk of body ?? []) parser.feed(decoder.decode(chunk, { stream: true }))
  }
  read().catch((error: unknown) => {
    if (!leaving.signal.aborted) throw error
  })
  return () => leaving.abort()
}
