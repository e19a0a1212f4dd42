import type { EventSource } from '../../src/event-source.ts'
import type { Recording } from './conformance-case.ts'

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'] as const
const DEADLINE_MS = 8_000

/** Notes what an `EventSource` tells. Runs in Node and in a page. */
export function record(source: EventSource, types: readonly string[] = []): Recording {
  const story: string[] = []
  const events: { type: string; data: string; lastEventId: string }[] = []
  const waiting = new Set<() => void>()
  const note = (entry: string): void => {
    story.push(entry)
    for (const look of [...waiting]) look()
  }
  for (const type of new Set(['open', 'message', 'error', ...types])) {
    source.addEventListener(type, (event: Event) => {
      if (event instanceof MessageEvent) {
        const { data, lastEventId } = event
        events.push({ type, data, lastEventId })
        note(`${type} ${data}`)
      } else note(type === 'error' ? `error ${STATES[source.readyState]}` : type)
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
          reject(
            new Error(`Not heard in ${DEADLINE_MS} ms: ${times} × "${entry}". What was: ${story.join(', ')}`),
          )
        }, DEADLINE_MS)
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
