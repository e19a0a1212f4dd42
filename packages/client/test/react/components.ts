import { defineEvents, type EventMap, type } from '@sse/core'
import { createElement, type ReactElement } from 'react'
import { createEventSource } from '../../src/index.ts'
import { lastEvents, useEventSource } from '../../src/react/index.ts'
import type { TypedEventSource } from '../../src/typed-event-source.ts'

const events = defineEvents({ count: type<number>(), weather: type<string>() })
type Schemas = typeof events extends EventMap<infer Given> ? Given : never

/** How often each was rendered, and how many sources were opened. */
export const renders = { status: 0, weather: 0, log: 0 }
export const opened: string[] = []

function open(path: string): TypedEventSource<Schemas> {
  opened.push(path)
  return createEventSource(path, { events })
}

/** Everything that is known. */
export function Status({ path = '/events' }: { path?: string | null }): ReactElement {
  const { state, latest, error } = useEventSource(path, () => open(path as string))
  renders.status++
  return createElement('p', { id: 'status' }, `${state.status} ${latest.count ?? '-'} ${error?.code ?? ''}`)
}

/** One value, of the same source. */
export function Weather(): ReactElement {
  const { weather } = useEventSource('/events', () => open('/events'), {
    select: ({ latest }) => ({ weather: latest.weather }),
    equal: (a, b) => a.weather === b.weather,
  })
  renders.weather++
  return createElement('p', { id: 'weather' }, weather ?? '-')
}

/** The last 50 events, and how many there were. */
export function Log(): ReactElement {
  const { data } = useEventSource('log', () => open('/events'), {
    reduction: {
      initial: { total: 0, last: last50.initial },
      reduce: ({ total, last }, event) => ({ total: total + 1, last: last50.reduce(last, event) }),
    },
  })
  renders.log++
  return createElement(
    'p',
    { id: 'log' },
    `${data.total} ${data.last.length} ${data.last.at(-1)?.data ?? ''}`,
  )
}

const last50 = lastEvents<Schemas>(50)
