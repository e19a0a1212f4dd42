import { describe, expect, it } from 'vitest'
import { parseGap } from './gap.ts'

const gap = { reason: 'evicted', requestedId: 'a-1', resumedAtId: 'a-9', missed: 8 }

function parse(type: string, data: string): unknown {
  return parseGap({ type, data, lastEventId: 'a-9' })
}

describe('a gap', () => {
  it('is told by an event of that type', () => {
    expect(parse('gap', JSON.stringify(gap))).toEqual(gap)
  })

  it('is told by no other type', () => {
    expect(parse('message', JSON.stringify(gap))).toBeUndefined()
  })

  it.each(['', 'mind the gap', 'null', '7', '[]', '{}', '{"reason":"wide"}', '{"resumedAtId":"a-9"}'])(
    'is not what another server means by an event of that type: %s',
    (data) => {
      expect(parse('gap', data)).toBeUndefined()
    },
  )
})
