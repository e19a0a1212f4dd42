import { checkPolicy, invalidOption } from '../errors.ts'

/**
 * Stops trying a server that is down, and finds out with one attempt at a time whether it is back.
 *
 * An immutable value, as of Polly and cockatiel: *when* it opens is told by a {@link Trip}, *what* open means is told here.
 * Times are milliseconds of the connection's clock.
 */
export type CircuitBreaker = ClosedCircuit | OpenCircuit | HalfOpenCircuit

interface Circuit {
  /** An attempt has failed. */
  failed(now: number): CircuitBreaker
  /** A connection has held for a healthy time. */
  succeeded(now: number): CircuitBreaker
}

/** Attempts are made. */
export interface ClosedCircuit extends Circuit {
  readonly state: 'closed'
}

/** No attempt is made before `until`. */
export interface OpenCircuit extends Circuit {
  readonly state: 'open'
  readonly until: number
  /** What it is when that time has come. */
  halfOpened(): HalfOpenCircuit
}

/** The next attempt decides. */
export interface HalfOpenCircuit extends Circuit {
  readonly state: 'half-open'
}

/** When a circuit opens. An immutable value. */
export interface Trip {
  readonly tripped: boolean
  failed(now: number): Trip
  succeeded(now: number): Trip
}

export interface CircuitBreakerOptions {
  /** When it opens. Default after 5 failures in a row. */
  readonly trip?: Trip | undefined
  /** How long it stays open. Default 30,000 ms. */
  readonly openMs?: number | undefined
}

/** @throws SseError `invalid-option` */
export function circuitBreaker({
  trip = consecutiveFailures(5),
  openMs = 30_000,
}: CircuitBreakerOptions = {}): CircuitBreaker {
  if (!(openMs > 0 && Number.isFinite(openMs)))
    throw invalidOption('openMs', 'a number of milliseconds above 0', openMs)
  checkPolicy('trip', trip, 'failed', 'consecutiveFailures(5)')
  const closed = (current: Trip): ClosedCircuit => ({
    state: 'closed',
    failed(now) {
      const next = current.failed(now)
      return next.tripped ? open(now) : closed(next)
    },
    succeeded: (now) => closed(current.succeeded(now)),
  })
  const open = (now: number): OpenCircuit => {
    const circuit: OpenCircuit = {
      state: 'open',
      until: now + openMs,
      halfOpened: () => halfOpen,
      // Of an attempt that was under way.
      failed: () => circuit,
      succeeded: () => closed(trip),
    }
    return circuit
  }
  const halfOpen: HalfOpenCircuit = { state: 'half-open', failed: open, succeeded: () => closed(trip) }
  return closed(trip)
}

/** After so many failures with no success between them. @throws SseError `invalid-option` */
export function consecutiveFailures(count: number): Trip {
  if (!(Number.isInteger(count) && count > 0))
    throw invalidOption('consecutiveFailures', 'a whole number from 1 up', count)
  const after = (failures: number): Trip => ({
    tripped: failures >= count,
    failed: () => after(failures + 1),
    succeeded: () => after(0),
  })
  return after(0)
}

export interface FailureRateOptions {
  /** The part of the attempts that must have failed, from 0 to 1. */
  readonly rate: number
  /** How far back attempts count. */
  readonly windowMs: number
  /** How many there must have been: one failure of one attempt says nothing. Default 5. */
  readonly minimum?: number | undefined
}

/** When too many of the attempts of the last while have failed. @throws SseError `invalid-option` */
export function failureRate({ rate, windowMs, minimum = 5 }: FailureRateOptions): Trip {
  if (!(rate > 0 && rate <= 1)) throw invalidOption('rate', 'above 0 and at most 1', rate)
  if (!(windowMs > 0 && Number.isFinite(windowMs)))
    throw invalidOption('windowMs', 'a number of milliseconds above 0', windowMs)
  if (!(Number.isInteger(minimum) && minimum > 0))
    throw invalidOption('minimum', 'a whole number from 1 up', minimum)
  const of = (attempts: ReadonlyArray<{ readonly at: number; readonly ok: boolean }>): Trip => {
    const failures = attempts.filter(({ ok }) => !ok).length
    const and = (now: number, ok: boolean): Trip =>
      of([...attempts.filter(({ at }) => at > now - windowMs), { at: now, ok }])
    return {
      tripped: attempts.length >= minimum && failures / attempts.length >= rate,
      failed: (now) => and(now, false),
      succeeded: (now) => and(now, true),
    }
  }
  return of([])
}
