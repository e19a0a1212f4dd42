import type { SourceStory } from './client-case.ts'
import type { EventSourceLike } from './event-source-like.ts'

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'] as const

/** Notes what an `EventSource` tells. Runs in Node and in a page. */
export function tellStory(source: EventSourceLike, types: readonly string[], timeoutMs: number): SourceStory {
  const story: string[] = []
  const events: { type: string; data: string; lastEventId: string }[] = []
  const waiting = new Set<() => void>()
  const note = (entry: string): void => {
    story.push(entry)
    for (const look of [...waiting]) look()
  }
  for (const type of new Set(['open', 'message', 'error', ...types])) {
    source.addEventListener(type, (event: Event) => {
      // Not by `instanceof`: an event of a library's own class counts, where it is not the class that is tried.
      if ('data' in event && typeof event.data === 'string') {
        const { data, lastEventId } = event as MessageEvent
        events.push({ type, data, lastEventId })
        note(`${type} ${data}`)
      } else note(type === 'error' ? `error ${STATES[source.readyState as 0 | 1 | 2]}` : type)
    })
  }
  return {
    source,
    story,
    events,
    heard(entry, times = 1) {
      const heard = (): boolean => story.filter((told) => told === entry).length >= times
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(look)
          const wanted = times === 1 ? `"${entry}"` : `${times} × "${entry}"`
          reject(
            new Error(
              `${wanted} did not come in ${timeoutMs} ms. What came: ${story.join(', ') || 'nothing'}`,
            ),
          )
        }, timeoutMs)
        const look = (): void => {
          if (!heard()) return
          waiting.delete(look)
          clearTimeout(late)
          // After all listeners: browsers go on with what awaits this between two of them.
          setTimeout(resolve, 0)
        }
        waiting.add(look)
        look()
      })
    },
  }
}
