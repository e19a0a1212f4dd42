import { expect, it } from 'vitest'
import { storedLastEventId } from './last-event-id-store.ts'

it('keeps the position in a storage under its key', () => {
  const items = new Map<string, string>()
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  }
  const store = storedLastEventId(storage, 'prices')
  expect(store.load()).toBeNull()
  void store.save('41')
  expect(store.load()).toBe('41')
  expect(storedLastEventId(storage, 'others').load()).toBeNull()
})
