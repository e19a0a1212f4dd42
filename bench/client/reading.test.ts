import { expect, test } from 'vitest'
import { ALL, CONTENDERS } from './contenders/all-contenders.ts'
import { QUICK } from './plans.ts'
import { benchReading } from './reading.ts'

test('every client reads the whole stream, in order', async () => {
  const { body, goals } = await benchReading(QUICK.reading, () => {})
  for (const key of ALL) expect(body).toContain(CONTENDERS[key].name)
  expect(goals.every(({ measured }) => /^\d+\.\d\d ×$/.test(measured))).toBe(true)
})
