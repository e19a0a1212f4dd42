import { describe, expect, it } from 'vitest'
import {
  type CircuitBreaker,
  circuitBreaker,
  consecutiveFailures,
  type FailureRateOptions,
  failureRate,
  type Trip,
} from './circuit-breaker.ts'

/** What follows from failures (`f`) and successes (`s`), one each second. */
function after(history: string, start: CircuitBreaker = circuitBreaker()): CircuitBreaker {
  return [...history].reduce(
    (circuit, what, second) =>
      what === 'f' ? circuit.failed(second * 1000) : circuit.succeeded(second * 1000),
    start,
  )
}

function trips(history: string, trip: Trip): boolean {
  return [...history].reduce(
    (current, what, second) =>
      what === 'f' ? current.failed(second * 1000) : current.succeeded(second * 1000),
    trip,
  ).tripped
}

function opened(circuit: CircuitBreaker): Extract<CircuitBreaker, { state: 'open' }> {
  if (circuit.state !== 'open') throw new Error(`It is ${circuit.state}.`)
  return circuit
}

describe('circuitBreaker', () => {
  it.each([
    ['', 'closed'],
    ['ffff', 'closed'],
    ['fffff', 'open'],
    ['ffffsffff', 'closed'],
    ['ffffsfffff', 'open'],
  ])('is after %j %s', (history, state) => {
    expect(after(history).state).toBe(state)
  })

  it('stays open for 30 s from the failure that opened it, whatever ends meanwhile', () => {
    const open = opened(after('fffff'))
    expect(open.until).toBe(4_000 + 30_000)
    expect(open.failed(20_000)).toBe(open)
  })

  it('opens again when the probe fails, and closes when it succeeds', () => {
    const halfOpen = opened(
      after('f', circuitBreaker({ trip: consecutiveFailures(1), openMs: 100 })),
    ).halfOpened()
    expect(halfOpen.state).toBe('half-open')
    expect(opened(halfOpen.failed(500)).until).toBe(600)
    expect(halfOpen.succeeded(500).state).toBe('closed')
  })

  it('counts anew once it is closed', () => {
    const closed = opened(after('fffff')).halfOpened().succeeded(0)
    expect(after('ffff', closed).state).toBe('closed')
    expect(after('fffff', closed).state).toBe('open')
    expect(after('ffff', opened(after('fffff')).succeeded(0)).state).toBe('closed')
  })

  it('is a value: what is made of it does not change it', () => {
    const circuit = after('ffff')
    expect(circuit.failed(0).state).toBe('open')
    expect(circuit.succeeded(0).failed(0).state).toBe('closed')
    expect(circuit.failed(0).state).toBe('open')
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses to be open for %d ms', (openMs) => {
    expect(() => circuitBreaker({ openMs })).toThrow(
      /openMs must be a number of milliseconds above 0, but it is/,
    )
  })
})

describe('consecutiveFailures', () => {
  it.each([
    ['f', 1, true],
    ['f', 2, false],
    ['fsf', 2, false],
    ['fsff', 2, true],
    ['fff', 2, true],
  ])('of %j with a count of %d: tripped is %s', (history, count, tripped) => {
    expect(trips(history, consecutiveFailures(count))).toBe(tripped)
  })

  it.each([0, 1.5, -1, Number.NaN])('refuses a count of %d', (count) => {
    expect(() => consecutiveFailures(count)).toThrow(/must be a whole number from 1 up, but it is/)
  })
})

it('refuses a trip that is none', () => {
  expect(() => circuitBreaker({ trip: 5 as never })).toThrow(
    'trip must be a policy such as consecutiveFailures(5), but it is 5.',
  )
})

describe('failureRate', () => {
  const half: FailureRateOptions = { rate: 0.5, windowMs: 10_000, minimum: 4 }

  it.each([
    ['fff', false],
    ['ffff', true],
    ['ssff', true],
    ['sssf', false],
    ['sssffff', true],
    // Of the last 10 s, at second 13: those after second 3.
    ['ffffssssssssss', false],
    ['ffffssssssffff', false],
    ['ffffsssssfffff', true],
  ])('of %j in a window of 10 s: tripped is %s', (history, tripped) => {
    expect(trips(history, failureRate(half))).toBe(tripped)
  })

  it('lets an attempt count for the whole window, and not at its end', () => {
    const trip = failureRate({ rate: 1, windowMs: 1_000, minimum: 2 })
    expect(trip.failed(0).failed(999).tripped).toBe(true)
    expect(trip.failed(0).failed(1_000).tripped).toBe(false)
  })

  it('wants five attempts unless told otherwise', () => {
    expect(trips('ffff', failureRate({ rate: 1, windowMs: 10_000 }))).toBe(false)
    expect(trips('fffff', failureRate({ rate: 1, windowMs: 10_000 }))).toBe(true)
  })

  it.each([
    [{ rate: 0 }, 'rate'],
    [{ rate: 1.1 }, 'rate'],
    [{ rate: Number.NaN }, 'rate'],
    [{ windowMs: 0 }, 'windowMs'],
    [{ windowMs: Number.POSITIVE_INFINITY }, 'windowMs'],
    [{ minimum: 0 }, 'minimum'],
    [{ minimum: 1.5 }, 'minimum'],
  ])('refuses %o', (bad, field) => {
    const make = (): Trip => failureRate({ ...half, ...bad })
    expect(make).toThrow(`${field} must be`)
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-option', field }))
  })
})
