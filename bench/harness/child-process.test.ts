import { expect, test } from 'vitest'
import type { Adder } from './child-process.fixture.ts'
import { Child } from './child-process.ts'

const module = new URL('./child-process.fixture.ts', import.meta.url)

test('answers calls, and tells what it was not asked for', async () => {
  await using child = new Child<Adder>(module, ['10'])
  const notices: unknown[] = []
  child.onNotice = (notice) => notices.push(notice)
  expect(await child.call('add', 5)).toBe(15)
  expect(notices).toEqual([{ added: 5 }])
})

test('what a call throws is its own, with where it was thrown', async () => {
  await using child = new Child<Adder>(module, ['10'])
  await expect(child.call('add', -1)).rejects.toThrow('Only up.')
  expect(await child.call('add', 1)).toBe(11)
})

test('a process that ends fails the calls that wait for it', async () => {
  await using child = new Child<Adder>(module, ['10'])
  await expect(child.call('die')).rejects.toThrow('ended with code 7')
  await expect(child.call('add', 1)).rejects.toThrow()
})
