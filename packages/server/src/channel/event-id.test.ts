import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEpoch, formatEventId, parseEventId } from './event-id.ts'

describe('the ids of a channel', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (offset) => {
        const epoch = createEpoch()
        expect(parseEventId(formatEventId(epoch, offset))).toEqual({ epoch, offset })
      }),
    )
  })

  it('have another epoch in each life', () => {
    expect(new Set(Array.from({ length: 1_000 }, createEpoch)).size).toBe(1_000)
  })

  it.each([
    '',
    'abcdefgh',
    'abcdefgh-',
    'abcdefgh--1',
    'abcdefgh-01',
    'abcdefgh-1.5',
    'abcdefgh-1e3',
    'abcdefgh-1\n',
    'ABCDEFGH-1',
    'abcdefg-1',
    'abcdefghi-1',
    'abcdefgh-12345678901234567',
    ' abcdefgh-1',
  ])('are nothing else: %j', (id) => {
    expect(parseEventId(id)).toBeUndefined()
  })
})
