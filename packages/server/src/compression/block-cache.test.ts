import { expect, it } from 'vitest'
import { BlockCache } from './block-cache.ts'

const block = (length: number) => (): Uint8Array => new Uint8Array(length)
const never = (): never => {
  throw new Error('It is there.')
}

it('makes a block once, while it has room for it', () => {
  const cache = new BlockCache(100)
  const made = cache.get('a', block(60))
  expect(cache.get('a', never)).toBe(made)
  expect(cache.bytes).toBe(60)
})

it('lets those go that were not used for longest, and never holds more than its bound', () => {
  const cache = new BlockCache(100)
  cache.get('a', block(40))
  cache.get('b', block(40))
  cache.get('a', never)
  cache.get('c', block(40))
  expect(cache.bytes).toBe(80)
  cache.get('a', never)
  cache.get('c', never)
  const again = cache.get('b', block(40))
  expect(again.byteLength).toBe(40)
})

it('does not keep what is larger than all its room, and loses nothing for it', () => {
  const cache = new BlockCache(100)
  cache.get('a', block(100))
  cache.get('b', block(101))
  expect(cache.bytes).toBe(100)
  cache.get('a', never)
})
