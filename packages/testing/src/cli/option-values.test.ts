import { expect, test } from 'vitest'
import { duration, header, speed } from './option-values.ts'

test('durations have a unit', () => {
  expect(['500ms', '30s', '1.5m', '2h'].map(duration)).toEqual([500, 30_000, 90_000, 7_200_000])
  for (const text of ['30', 's', '-1s', '1 s', '1d']) expect(() => duration(text)).toThrow('Write a duration')
})

test('headers are gathered', () => {
  expect(header('b: c:d', header('A:  1'))).toEqual([
    ['A', '1'],
    ['b', 'c:d'],
  ])
  for (const text of ['a', ': b', 'a b: c', 'a: b\n']) expect(() => header(text)).toThrow('Write a header')
})

test('speeds are above 0', () => {
  expect([speed('0.5'), speed('max')]).toEqual([0.5, Number.POSITIVE_INFINITY])
  for (const text of ['0', '-1', '', 'x']) expect(() => speed(text)).toThrow('above 0')
})
