import { expect, test } from 'vitest'
import { speedRatio, summarize, timeInterleaved } from './rounds.ts'

test('takes the middle sample, or the mean of the two in the middle', () => {
  expect(summarize([9, 1, 5])).toEqual({ median: 5, min: 1, max: 9 })
  expect(summarize([9, 1, 5, 7])).toEqual({ median: 6, min: 1, max: 9 })
})

test('runs the subjects in turns, after each had its warm-up', async () => {
  let order = ''
  const subject = (name: string) => ({
    name,
    time: async () => {
      order += name
      return 1
    },
  })
  await timeInterleaved([subject('A'), subject('B')], { rounds: 3, warmUpSamples: 2 })
  expect(order).toBe('AABBABABAB')
})

test('does not hide the failure of a run', async () => {
  const failing = { name: 'failing', time: () => Promise.reject(new Error('lost an event')) }
  await expect(timeInterleaved([failing], { rounds: 1, warmUpSamples: 0 })).rejects.toThrow('lost an event')
})

test('a subject that takes half the time is twice as fast', () => {
  const timings = new Map([
    ['slow', summarize([20])],
    ['fast', summarize([10])],
  ])
  expect(speedRatio(timings, 'fast', 'slow')).toBe(2)
  expect(speedRatio(timings, 'fast', 'unknown')).toBeNaN()
})
