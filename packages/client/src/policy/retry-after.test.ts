import { expect, it } from 'vitest'
import { parseRetryAfter } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 1, 12)

it.each([
  [null, undefined],
  ['', undefined],
  ['0', 0],
  ['3', 3_000],
  [' 120 ', 120_000],
  ['99999999999', 99_999_999_999_000],
  ['-1', undefined],
  ['+1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['3 s', undefined],
  ['soon', undefined],
  ['2026-01-01', undefined],
  ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
  ['Thu, 01 Jan 2026 12:00:00 GMT', 0],
  ['Thu, 01 Jan 2026 11:59:59 GMT', 0],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
  // The obsolete forms of RFC 9110 §5.6.7.
  ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
  ['Thu, 99 Jan 2026 12:00:30 GMT', undefined],
])('takes Retry-After %j for a wait of %s ms', (value, expected) => {
  expect(parseRetryAfter(value, NOW)).toBe(expected)
})
