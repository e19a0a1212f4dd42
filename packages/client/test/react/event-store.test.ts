import { defineEvents, type } from '@sse/core'
import { scriptedFetch } from '@sse/testing'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { createEventSource } from '../../src/index.ts'
import { createEventStore, lastEvents } from '../../src/react/index.ts'
import { opened, Status } from './components.ts'

const events = defineEvents({ count: type<number>(), name: type<string>() })

function openStore() {
  const fetch = scriptedFetch((_, exchange) => exchange.respond())
  const source = createEventSource('http://localhost/', { events, fetch })
  const store = createEventStore(source, lastEvents(2))
  return { fetch, source, store }
}

test('has the latest of each type, and what all were reduced to', async () => {
  const { fetch, store } = openStore()
  await expect.poll(() => store.getSnapshot().state.status).toBe('open')

  fetch.last.send('event: count\ndata: 1\n\nevent: name\ndata: "a"\n\nevent: count\ndata: 2\n\n')
  await expect.poll(() => store.getSnapshot().data).not.toEqual([])

  const { latest, data } = store.getSnapshot()
  expect(latest).toEqual({ count: 2, name: 'a' })
  expect(data).toMatchObject([{ type: 'name' }, { type: 'count', data: 2 }])
  store.close()
})

test('tells once of all that one chunk held, and keeps its snapshot until then', async () => {
  const { fetch, store } = openStore()
  await expect.poll(() => store.getSnapshot().state.status).toBe('open')
  let told = 0
  const stop = store.subscribe(() => told++)
  const before = store.getSnapshot()

  fetch.last.send('event: count\ndata: 1\n\n'.repeat(100))
  expect(store.getSnapshot()).toBe(before)
  await expect.poll(() => told).toBeGreaterThan(0)
  expect(told).toBe(1)
  expect(store.getSnapshot()).not.toBe(before)
  expect(store.getSnapshot()).toBe(store.getSnapshot())

  stop()
  fetch.last.send('event: count\ndata: 7\n\n')
  await expect.poll(() => store.getSnapshot().latest.count).toBe(7)
  expect(told).toBe(1)
  store.close()
})

test('tells of a gap, to the reducer as well', async () => {
  const { fetch, store } = openStore()
  await expect.poll(() => store.getSnapshot().state.status).toBe('open')
  fetch.last.send(
    'id: 9\nevent: gap\ndata: {"reason":"evicted","requestedId":"1","resumedAtId":"9","missed":8}\n\n',
  )
  await expect.poll(() => store.getSnapshot().gap).toBeDefined()
  expect(store.getSnapshot().gap).toMatchObject({ reason: 'evicted', missed: 8 })
  expect(store.getSnapshot().data).toMatchObject([{ type: 'gap' }])
  expect(store.getSnapshot().latest).toEqual({})
  store.close()
})

test('closes its source, and tells nothing more', async () => {
  const { source, store } = openStore()
  let told = 0
  store.subscribe(() => told++)
  store.close()
  await source.closed
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(told).toBe(0)
})

test('opens nothing on a server, and renders what is known before the first event', () => {
  expect(renderToString(createElement(Status))).toContain('connecting')
  expect(opened).toEqual([])
})
