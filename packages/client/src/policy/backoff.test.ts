import { seeded } from '@sse/testing'
import { describe, expect, it } from 'vitest'
import {
  type Backoff,
  constantBackoff,
  type ExponentialBackoffOptions,
  exponentialBackoff,
} from './backoff.ts'

/** The first waits when chance always gives the same number. */
function waits(start: Backoff, chance: number, count = 7): number[] {
  const delays: number[] = []
  for (let backoff = start; delays.length < count; ) {
    const next = backoff.next(() => chance)
    delays.push(Math.round(next.delayMs))
    backoff = next.backoff
  }
  return delays
}

const HIGHEST = 1 - Number.EPSILON

describe('exponentialBackoff', () => {
  it.each([
    ['full', 0, [0, 0, 0, 0, 0, 0, 0]],
    ['full', 0.5, [500, 1000, 2000, 4000, 8000, 15000, 15000]],
    ['full', HIGHEST, [1000, 2000, 4000, 8000, 16000, 30000, 30000]],
    ['equal', 0, [500, 1000, 2000, 4000, 8000, 15000, 15000]],
    ['equal', HIGHEST, [1000, 2000, 4000, 8000, 16000, 30000, 30000]],
    ['none', 0.3, [1000, 2000, 4000, 8000, 16000, 30000, 30000]],
    ['decorrelated', 0, [1000, 1000, 1000, 1000, 1000, 1000, 1000]],
    ['decorrelated', 0.5, [2000, 3500, 5750, 9125, 14188, 21781, 30000]],
    ['decorrelated', HIGHEST, [3000, 9000, 27000, 30000, 30000, 30000, 30000]],
  ] as const)('waits with %s jitter and chance %d as the table says', (jitter, chance, expected) => {
    expect(waits(exponentialBackoff({ jitter }), chance)).toEqual(expected)
  })

  it('spreads with full jitter unless told otherwise', () => {
    expect(waits(exponentialBackoff(), 0.5)).toEqual(waits(exponentialBackoff({ jitter: 'full' }), 0.5))
  })

  it('grows by its factor, from its first bound up to its last', () => {
    const backoff = exponentialBackoff({ initialMs: 10, maxMs: 100, factor: 3, jitter: 'none' })
    expect(waits(backoff, 0, 4)).toEqual([10, 30, 90, 100])
  })

  it('is a value: asking it twice gives the same, whatever was asked of what follows it', () => {
    for (const jitter of ['full', 'equal', 'decorrelated', 'none'] as const) {
      const backoff = exponentialBackoff({ jitter })
      const first = waits(backoff, 0.7)
      expect(waits(backoff, 0.7)).toEqual(first)
    }
  })

  it('never leaves its bounds, with any chance', () => {
    const random = seeded(7)
    for (const jitter of ['full', 'equal', 'decorrelated', 'none'] as const) {
      let backoff: Backoff = exponentialBackoff({ initialMs: 100, maxMs: 5_000, jitter })
      for (let attempt = 0; attempt < 1_000; attempt++) {
        const next = backoff.next(random)
        expect(next.delayMs).toBeGreaterThanOrEqual(jitter === 'decorrelated' ? 100 : 0)
        expect(next.delayMs).toBeLessThanOrEqual(5_000)
        backoff = next.backoff
      }
    }
  })

  it('does not grow past numbers after any number of attempts', () => {
    expect(waits(exponentialBackoff({ jitter: 'none' }), 0, 3_000).at(-1)).toBe(30_000)
  })

  it('need not grow', () => {
    expect(waits(exponentialBackoff({ factor: 1, jitter: 'none' }), 0, 3)).toEqual([1000, 1000, 1000])
  })

  it('may not wait at all', () => {
    expect(waits(exponentialBackoff({ initialMs: 0, maxMs: 0 }), 0.5, 2)).toEqual([0, 0])
  })

  it.each([
    [{ initialMs: -1 }, /0 ≤ initialMs ≤ maxMs .* initialMs -1/],
    [{ initialMs: 2, maxMs: 1 }, /initialMs 2, maxMs 1/],
    [{ factor: 0.5 }, /factor ≥ 1.* factor 0.5/],
    [{ maxMs: Number.POSITIVE_INFINITY }, /maxMs Infinity/],
    [{ initialMs: Number.NaN }, /initialMs NaN/],
    [{ jitter: 'some' }, /jitter must be 'full', 'equal', 'decorrelated' or 'none', but it is some/],
  ])('refuses %o and says why', (options, message) => {
    const make = (): Backoff => exponentialBackoff(options as ExponentialBackoffOptions)
    expect(make).toThrow(message)
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-option' }))
  })
})

describe('constantBackoff', () => {
  it('always waits the same', () => {
    expect(waits(constantBackoff(250), 0.9, 4)).toEqual([250, 250, 250, 250])
    expect(waits(constantBackoff(0), 0.9, 2)).toEqual([0, 0])
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (delayMs) => {
    expect(() => constantBackoff(delayMs)).toThrow(/milliseconds from 0 up, but it has/)
  })
})
