import { expect, it } from 'vitest'
import { BlockCache } from './block-cache.ts'

const block = (length: number) => (): Uint8Array => new Uint8Array(length)
const never = (): never => {
  throw new Error('It is there.')
}

it('makes a block once, while it has room for it', () => {
  const cache = new BlockCache(1_000)
  const made = cache.get('a', block(600))
  expect(cache.get('a', never)).toBe(made)
  expect(cache.bytes).toBe(857)
})

it('lets those go that were not used for longest, and never holds more than its bound', () => {
  const cache = new BlockCache(1_500)
  cache.get('a', block(400))
  cache.get('b', block(400))
  cache.get('a', never)
  cache.get('c', block(400))
  expect(cache.bytes).toBe(1_314)
  cache.get('a', never)
  cache.get('c', never)
  const again = cache.get('b', block(400))
  expect(again.byteLength).toBe(400)
})

it('keeps the most recently used of its blocks when it is given less room', () => {
  const cache = new BlockCache(1_500)
  cache.get('a', block(400))
  cache.get('b', block(400))
  cache.limit(700)
  expect(cache.bytes).toBe(657)
  cache.get('b', never)
  cache.limit(0)
  expect(cache.bytes).toBe(0)
  cache.limit(1_500)
  cache.get('a', block(400))
  cache.get('a', never)
})

it('does not keep what is larger than all its room, and loses nothing for it', () => {
  const cache = new BlockCache(1_000)
  cache.get('a', block(743))
  cache.get('b', block(744))
  expect(cache.bytes).toBe(1_000)
  cache.get('a', never)
})

it('counts short blocks as what it takes to hold them', () => {
  const cache = new BlockCache(10_000)
  for (let n = 0; n < 1_000; n++) cache.get(String(n), block(1))
  cache.get('999', never)
  expect(cache.bytes).toBeLessThanOrEqual(10_000)
  expect(() => cache.get('900', never)).toThrow()
})
