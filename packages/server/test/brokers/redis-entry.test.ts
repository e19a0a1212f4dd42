import { describe, expect, it } from 'vitest'
import { comparePositions, entriesByKey } from '../../src/broker/redis/stream-entry.ts'

describe('positions of a stream', () => {
  it('are compared as numbers, also past 2⁵³', () => {
    const inOrder = ['0-0', '0-1', '9-9', '10-0', '10-9', '10-10', '9007199254740993-0', '9007199254740994-0']
    expect(inOrder.toReversed().sort(comparePositions)).toEqual(inOrder)
    expect(comparePositions('5-7', '5-7')).toBe(0)
  })
})

describe('what XREAD returns', () => {
  const entries = [['1-0', ['event', 'x']]]
  it.each([
    ['an array of pairs', [['a', entries]]],
    ['a flat array', ['a', entries]],
    ['an object', { a: entries }],
    ['a Map', new Map([['a', entries]])],
  ])('is read as %s', (_, reply) => {
    expect(entriesByKey(reply)).toEqual([['a', entries]])
  })

  it('may be nothing', () => {
    expect(entriesByKey(null)).toEqual([])
  })
})
