import { expect, test } from 'vitest'
import { turns } from '../../src/clock/fake-clock.ts'
import type { ExchangeEnd } from '../../src/script/scripted-exchange.ts'
import { toResponse } from '../../src/script/to-response.ts'

test('a body that is abandoned stays open, and silent', async () => {
  const abandoned = new AbortController()
  const ends: ExchangeEnd[] = []
  const observer = { isRead: false, sentBytes: 0, ended: (end: ExchangeEnd) => void ends.push(end) }
  const steps = ['data: 1\n\n', 'data: 2\n\n']
  const response = await toResponse({ steps }, { abandoned: abandoned.signal, observer })
  const reader = response.body?.getReader()
  await reader?.read()

  abandoned.abort()
  expect(ends).toEqual(['released'])
  const settled: unknown[] = []
  const settle = (how: unknown): number => settled.push(how)
  reader?.read().then(settle, settle)
  await turns()
  expect(settled).toEqual([])
  expect(observer).toMatchObject({ isRead: false, sentBytes: 9 })
})
