import { expect, test } from 'vitest'
import { inTurns, Measured } from './turns.ts'

test('the contenders run in turns, and their warm-ups do not count', async () => {
  const order: string[] = []
  const samples = await inTurns(['ours', 'hono'], { rounds: 2, warmUps: 1 }, async (contender) =>
    order.push(contender),
  )
  expect(order).toEqual(['ours', 'hono', 'ours', 'hono', 'ours', 'hono'])
  expect(samples).toEqual(
    new Map([
      ['ours', [3, 5]],
      ['hono', [4, 6]],
    ]),
  )
})

test('ratios are those of medians, and unknown of who did not run', () => {
  const measured = Measured.of(
    new Map([
      ['ours', [10, 1, 100]],
      ['hono', [5, 4, 6]],
    ] as const),
    (sample: number) => sample,
  )
  expect(measured.ratio('ours', 'hono')).toBe(2)
  expect(measured.ascending).toEqual(['hono', 'ours'])
  expect(measured.ratio('ours', 'nchan')).toBeNaN()
})
