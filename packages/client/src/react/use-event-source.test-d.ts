import { defineEvents, type } from '@sse/core'
import { createEventSource } from '../index.ts'
import { createSharedEventSource } from '../shared/index.ts'
import { createEventStore, lastEvents, useEventSource } from './index.ts'

const events = defineEvents({ count: type<number>(), name: type<string>() })
const open = () => createEventSource('/events', { events })

function equal<Expected>() {
  return <Actual>(_: Actual, ..._same: [Expected, Actual] extends [Actual, Expected] ? [] : [never]) => {}
}

export function Component(): void {
  const snapshot = useEventSource('key', open)
  equal<number | undefined>()(snapshot.latest.count)
  equal<undefined>()(snapshot.data)
  // @ts-expect-error: there is no such event
  snapshot.latest.other

  equal<string | undefined>()(useEventSource('key', open, { select: ({ latest }) => latest.name }))

  const { data } = useEventSource('key', open, { reduction: lastEvents(10) })
  for (const event of data) if (event.type === 'count') equal<number>()(event.data)

  const reduction = { initial: 0, reduce: (sum: number) => sum + 1 }
  equal<number>()(useEventSource('key', open, { reduction, select: ({ data }) => data }))

  const store = createEventStore(open(), lastEvents(10))
  equal<string | undefined>()(store.getSnapshot().latest.name)

  // A shared source is a source.
  const shared = () => createSharedEventSource('/events', { events })
  equal<number | undefined>()(useEventSource('key', shared).latest.count)
  const untyped = () => createEventSource('/events')
  equal<string | undefined>()(useEventSource('key', untyped).latest['anything'])
}
