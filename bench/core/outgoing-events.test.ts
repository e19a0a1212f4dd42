import { describe, expect, test } from 'vitest'
import { ENCODERS } from './encoders/all-encoders.ts'
import { betterSse } from './encoders/better-sse.ts'
import { checkedTemplate } from './encoders/checked-template.ts'
import { encodeAll, faultOf } from './encoding-subject.ts'
import { eventsOfShape, fiveLines, hundredBytes, oneKibibyte, SHAPES } from './outgoing-events.ts'

describe.for(SHAPES)('$name', (shape) => {
  const events = eventsOfShape(shape, 100)

  test('has events that differ', () => {
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(events.length)
  })

  test.for(ENCODERS)('$name writes what is read back as the same events', async (encoder) => {
    const fault = faultOf(await encodeAll(encoder, events), events)
    // Its buffer leaves the lines of a text behind the first one without a field name.
    if (encoder === betterSse && shape === fiveLines) expect(fault).toContain('is read back as')
    else expect(fault).toBeUndefined()
  })
})

test('the shapes are as large as their names say', async () => {
  for (const event of eventsOfShape(hundredBytes, 100)) {
    expect(await encodeAll(checkedTemplate, [event])).toHaveLength(100)
  }
  for (const { data } of eventsOfShape(oneKibibyte, 100)) expect(data).toHaveLength(1024)
})

test('an encoder that loses an event, or a space, is found out', () => {
  const events = [{ data: ' a' }, { data: 'b' }]
  expect(faultOf('data:  a\n\ndata: b\n\n', events)).toBeUndefined()
  expect(faultOf('data:  a\n\n', events)).toBe('1 events instead of 2')
  expect(faultOf('data: a\n\ndata: b\n\n', events)).toBe('" a" is read back as "a"')
})
