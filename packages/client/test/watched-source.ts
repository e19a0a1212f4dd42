import { type ExchangeScript, FakeClock, type FetchExchange, scriptedFetch, turns } from '@sse/testing'
import {
  type ConnectionState,
  createEventSource,
  type EventSourceOptions,
  type Happening,
  type TypedEventSource,
} from '../src/index.ts'

/** A source on virtual time and a scripted network, with all that happens to it. */
export interface WatchedSource {
  readonly source: TypedEventSource
  readonly clock: FakeClock
  readonly exchanges: readonly FetchExchange[]
  readonly last: FetchExchange
  readonly happenings: Happening[]
  readonly states: readonly ConnectionState[]
  /** `connecting 1`, `open`, `waiting 2`, `suspended offline`, `closed failed`. */
  readonly stateNames: string
  /** The data of the events of type `message`. */
  readonly data: string[]
}

export async function watchedSource(
  options: EventSourceOptions = {},
  script?: ExchangeScript<FetchExchange>,
): Promise<WatchedSource> {
  const clock = new FakeClock()
  const fetch = scriptedFetch(script, { clock })
  const happenings: Happening[] = []
  const data: string[] = []
  const source = createEventSource('/events', {
    fetch,
    clock,
    random: () => 0.5,
    presence: false,
    ...options,
  })
  source.observe((happening) => happenings.push(happening))
  source.on('message', (text) => data.push(text as string))
  const states = (): ConnectionState[] =>
    happenings.flatMap((happening) => (happening.type === 'state' ? [happening.state] : []))
  await turns()
  return {
    source,
    clock,
    exchanges: fetch.exchanges,
    get last() {
      return fetch.last
    },
    happenings,
    get states() {
      return states()
    },
    get stateNames() {
      return states().map(nameOf).join(', ')
    },
    data,
  }
}

function nameOf(state: ConnectionState): string {
  const more = 'attempt' in state ? ` ${state.attempt}` : 'reason' in state ? ` ${state.reason}` : ''
  return state.status + more
}
