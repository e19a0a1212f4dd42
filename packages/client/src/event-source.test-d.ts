// Compiled with the DOM's types, by tsconfig.dom.json: `globalThis.EventSource` is the browser's.
import { EventSource, type EventSourceErrorEvent } from './event-source.ts'

type Native = typeof globalThis.EventSource

// Ours goes wherever the browser's does.
const drop: Native = EventSource
const instance: globalThis.EventSource = new EventSource('/')
globalThis.EventSource = EventSource
const init: globalThis.EventSourceInit = { withCredentials: true }
new EventSource(new URL('https://example.org/'), init)

// And the browser's goes where only what is public of ours is asked for.
type Face = Omit<EventSource, typeof Symbol.toStringTag | 'readyState'>
const face: Face = new globalThis.EventSource('/')

// The states are their numbers.
const states: readonly [0, 1, 2] = [EventSource.CONNECTING, EventSource.OPEN, EventSource.CLOSED]
const own: readonly [0, 1, 2] = [instance.CONNECTING, instance.OPEN, instance.CLOSED]

const source = new EventSource('/', { fetch: (url, request) => fetch(url, request) })

// Handlers and listeners know their event, and what `this` is.
source.onmessage = function (event) {
  const data: MessageEvent = event
  void [this, data]
}
source.onopen = (event) => void event.timeStamp
source.onerror = ({ code, message, status, cause }) => void [code satisfies string, message, status, cause]
source.onerror = (event: Event) => void event
source.onmessage = null
source.addEventListener('message', ({ data, lastEventId, origin }) => void [data, lastEventId, origin])
source.addEventListener('price', ({ data }) => void data, { once: true, signal: AbortSignal.timeout(1) })
source.addEventListener('error', (event) => {
  const error: EventSourceErrorEvent = event
  void error
})
source.addEventListener('price', { handleEvent: (event: Event) => void event })
const listener = (event: MessageEvent): void => void event
source.addEventListener('price', listener)
source.removeEventListener('price', listener, true)

// @ts-expect-error: it is read-only, as all of these.
source.url = ''
// @ts-expect-error
source.readyState = 1
// @ts-expect-error
source.withCredentials = true
// @ts-expect-error
EventSource.OPEN = 1
// @ts-expect-error: without a URL there is nothing to open.
new EventSource()
// @ts-expect-error: a number is no URL.
new EventSource(1)
// @ts-expect-error: headers are set in a `fetch`.
new EventSource('/', { headers: {} })
// @ts-expect-error: a handler is a function or null.
source.onopen = 'open'
// @ts-expect-error: an open event carries no data.
source.onopen = ({ data }) => void data
// @ts-expect-error: nor does that of an error.
source.addEventListener('error', ({ data }) => void data)

void [drop, face, states, own]
