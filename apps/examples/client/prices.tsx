import { createEventSource } from '@sse/client'
import { lastEvents, useEventSource } from '@sse/client/react'
import { defineEvents, type } from '@sse/core'

const events = defineEvents({ price: type<{ value: number }>() })
const open = () => createEventSource('http://localhost:3000', { events }) // or createSharedEventSource

export function Prices() {
  const { state, latest, error } = useEventSource('prices', open)
  if (error) return <p>No connection: {error.message}</p>
  return <p>{latest.price?.value ?? state.status}</p>
}

/** Rendered again only when this value is another one. */
export function Price() {
  return <b>{useEventSource('prices', open, { select: ({ latest }) => latest.price?.value })}</b>
}

export function Log() {
  const { data } = useEventSource('log', open, { reduction: lastEvents(100) })
  return data.map((event) => <li key={event.lastEventId}>{JSON.stringify(event.data)}</li>)
}
