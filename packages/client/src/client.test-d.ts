/** What must compile, and what must not. Checked by `tsc`; nothing here runs. */
import { defineEvents, type Gap, text, type } from '@sse/core'
import { z } from 'zod'
import {
  type Backoff,
  type CircuitBreaker,
  type ConnectionState,
  circuitBreaker,
  consecutiveFailures,
  createEventSource,
  exponentialBackoff,
  type Happening,
  type LastEventIdStore,
  type Presence,
  storedLastEventId,
  type Trip,
} from './index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function expectTrue<_ extends true>(): void {}

const events = defineEvents({
  price: z.object({ at: z.string() }).transform(({ at }) => new Date(at)),
  tick: type<{ n: number }>(),
  line: text(),
})

const source = createEventSource('/events', { events })

// Listeners get the data of their type, after its schema's transformation.
source.on('price', (price, event) => {
  expectTrue<Equal<typeof price, Date>>()
  expectTrue<Equal<typeof event.type, 'price'>>()
  expectTrue<Equal<typeof event.data, Date>>()
})
source.once('tick', ({ n }) => n.toFixed())
source.on('line', (line) => line.trim())
source.on('gap', (gap) => expectTrue<Equal<typeof gap, Gap>>())
const stop: () => void = source.on('tick', () => {})
stop()

// @ts-expect-error There is no such event.
source.on('prise', () => {})
// @ts-expect-error The data of a tick is no string.
source.on('tick', (data: string) => data)
// @ts-expect-error A listener is a function.
source.off('tick', 'listener')

// An iteration gives a union, told apart by `type`.
for await (const event of source) {
  switch (event.type) {
    case 'price':
      expectTrue<Equal<typeof event.data, Date>>()
      break
    case 'tick':
      expectTrue<Equal<typeof event.data, { n: number }>>()
      break
    case 'gap':
      expectTrue<Equal<typeof event.data, Gap>>()
      break
    default:
      expectTrue<Equal<typeof event.data, string>>()
  }
  // @ts-expect-error Not of every event.
  event.data.n
}

// Without an event map: any type, its data as text.
const untyped = createEventSource(new URL('https://host/'))
untyped.on('whatever', (data) => expectTrue<Equal<typeof data, string>>())
untyped.on('gap', (gap) => expectTrue<Equal<typeof gap, Gap>>())
for await (const { data } of untyped) expectTrue<Equal<typeof data, string>>()

// Parts of the request are values, or functions, also async.
createEventSource(({ lastEventId, attempt }) => `/${lastEventId}/${attempt}`, {
  method: 'POST',
  headers: async () => ({ authorization: 'token' }),
  body: () => JSON.stringify({ stream: true }),
  until: ({ data }) => data === '[DONE]',
  signal: AbortSignal.timeout(1),
  stallTimeoutMs: false,
  presence: false,
})
// @ts-expect-error The signal is an option of its own.
createEventSource('/', { init: { signal: AbortSignal.timeout(1) } })
// @ts-expect-error A URL is a string or a URL.
createEventSource(5)
// @ts-expect-error There is no such option.
createEventSource('/', { reconnect: true })
// @ts-expect-error The functions are asked synchronously.
createEventSource('/', { retryWhen: async () => true })

// The state is a union, each with what belongs to it.
function describe(state: ConnectionState): string {
  switch (state.status) {
    case 'connecting':
      return `${state.attempt}`
    case 'open':
      return state.response.headers.get('x') ?? `${state.since}`
    case 'waiting':
      return `${state.until} ${state.attempt} ${state.error.code}`
    case 'suspended':
      return `${state.reason} ${state.error?.message}`
    case 'closed':
      return state.reason
  }
}
describe(source.state)
// @ts-expect-error Only an open connection has a response.
source.state.response
// @ts-expect-error The state is not to be written.
source.state = { status: 'closed', reason: 'done' }

source.observe((happening: Happening) => {
  if (happening.type === 'state') describe(happening.state)
  if (happening.type === 'gap') happening.gap.missed?.toFixed()
  if (happening.type === 'dropped') happening.reason.toUpperCase()
  // @ts-expect-error Not every happening has a state.
  happening.state
})

{
  using disposed = source
  void disposed.ready()
}

// Users bring their own policies.
const linear = (ms: number): Backoff => ({ next: () => ({ delayMs: ms, backoff: linear(ms + 1_000) }) })
const never: Trip = { tripped: false, failed: () => never, succeeded: () => never }
const closed: CircuitBreaker = { state: 'closed', failed: () => closed, succeeded: () => closed }
const presence: Presence = { away: undefined, subscribe: () => () => {} }
const store: LastEventIdStore = { load: async () => null, save: async () => {} }
createEventSource('/', {
  backoff: linear(0),
  circuitBreaker: circuitBreaker({ trip: never }),
  presence,
  lastEventIdStore: store,
})
createEventSource('/', { circuitBreaker: closed, backoff: exponentialBackoff({ jitter: 'equal' }) })
createEventSource('/', { lastEventIdStore: storedLastEventId({ getItem: () => null, setItem() {} }, 'key') })
// @ts-expect-error There is no such jitter.
exponentialBackoff({ jitter: 'some' })
// @ts-expect-error A trip is no number.
circuitBreaker({ trip: 5 })
// @ts-expect-error A count is a number.
consecutiveFailures('5')
