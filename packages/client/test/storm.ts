import { FakeClock, seeded } from '@sse/testing'
import {
  type Backoff,
  constantBackoff,
  createEventSource,
  exponentialBackoff,
  type TypedEventSource,
} from '../src/index.ts'

export const CLIENTS = 10_000
/** How long the server is down. */
export const DOWN_MS = 10_000

/** What clients do that lost their server at the same moment. */
export const POLICIES: Readonly<Record<'default' | 'unjittered' | 'constant', Backoff>> = {
  default: exponentialBackoff(),
  unjittered: exponentialBackoff({ jitter: 'none' }),
  /** As browsers do it. */
  constant: constantBackoff(3_000),
}

const OPENING = new TextEncoder().encode(': open\n\n')

async function microtasks(): Promise<void> {
  for (let tick = 0; tick < 30; tick++) await Promise.resolve()
}

/**
 * Ten thousand sources on virtual time, all connected to one server, which is gone at 0 and back after `downMs`. When each
 * attempt was made, in milliseconds.
 */
export async function storm(
  backoff: Backoff,
  { clients = CLIENTS, downMs = DOWN_MS, seed = 1 } = {},
): Promise<number[]> {
  const clock = new FakeClock()
  const random = seeded(seed)
  const headers = new Headers({ 'content-type': 'text/event-stream' })
  let breakOff: ((error: Error) => void)[] = []
  let lostAt = Number.NaN
  let down = false
  const attempts: number[] = []
  const fetch = async (url: string): Promise<Response> => {
    if (!Number.isNaN(lostAt)) attempts.push(clock.now() - lostAt)
    if (down) throw new TypeError('fetch failed')
    let opening: Uint8Array | undefined = OPENING
    const read = async (): Promise<object> => {
      const value = opening
      opening = undefined
      return value ? { done: false, value } : new Promise((_, reject) => breakOff.push(reject))
    }
    const body = { getReader: () => ({ read, cancel: async () => {} }) }
    return { status: 200, url, headers, body } as unknown as Response
  }
  const sources: TypedEventSource[] = []
  for (let client = 0; client < clients; client++) {
    const source = createEventSource('/', { fetch, clock, random, backoff, presence: false })
    source.on('message', () => {})
    sources.push(source)
  }
  await clock.advanceAsync(10_000, microtasks)
  down = true
  lostAt = clock.now()
  for (const reject of breakOff.splice(0)) reject(new TypeError('terminated'))
  await clock.advanceAsync(downMs, microtasks)
  down = false
  await clock.advanceAsync(35_000, microtasks)
  const open = sources.filter(({ state }) => state.status === 'open').length
  if (open !== clients) throw new Error(`Only ${open} of ${clients} clients came back.`)
  for (const source of sources) source.close()
  breakOff = []
  if (clock.pendingTimers > 0) throw new Error(`${clock.pendingTimers} timers were left.`)
  return attempts
}

/** How many attempts there are in each step of time. */
export function histogram(attempts: readonly number[], stepMs: number, untilMs: number): number[] {
  const counts = new Array<number>(Math.ceil(untilMs / stepMs)).fill(0)
  for (const at of attempts) {
    const step = Math.floor(at / stepMs)
    if (step < counts.length) counts[step] = (counts[step] ?? 0) + 1
  }
  return counts
}

/**
 * How many attempts one client makes in each step of time, on average, at a server that never comes back: the waits of full
 * jitter are uniform up to their bounds, so attempt n comes after the sum of the first n, and the rate is the sum of their
 * densities.
 */
export function expectedRate(boundsMs: readonly number[], stepMs: number, untilMs: number): number[] {
  const steps = Math.ceil(untilMs / stepMs)
  const rate = new Array<number>(steps).fill(0)
  let density = [1]
  for (const boundMs of boundsMs) {
    const width = Math.max(boundMs / stepMs, 1)
    const next = new Array<number>(steps).fill(0)
    let sum = 0
    for (let step = 0; step < steps; step++) {
      sum += density[step] ?? 0
      // What is more than a bound ago has had its next attempt.
      if (step >= width) sum -= density[step - width] ?? 0
      next[step] = sum / width
    }
    for (let step = 0; step < steps; step++) rate[step] = (rate[step] ?? 0) + (next[step] ?? 0)
    density = next
  }
  return rate
}
