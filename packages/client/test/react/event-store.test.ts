import { defineEvents, type } from '@sse/core'
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { createEventSource } from '../../src/index.ts'
import { createEventStore, lastEvents } from '../../src/react/index.ts'
import { eventually } from '../eventually.ts'
import { scriptedFetch } from '../scripted-fetch.ts'
import { opened, Status } from './components.ts'

const events = defineEvents({ count: type<number>(), name: type<string>() })

function openStore() {
  const script = scriptedFetch((exchange) => exchange.respond())
  const source = createEventSource('http://localhost/', { events, fetch: script.fetch })
  const store = createEventStore(source, lastEvents(2))
  return { script, source, store }
}

test('has the latest of each type, and what all were reduced to', async () => {
  const { script, store } = openStore()
  await eventually(() => store.getSnapshot().state.status === 'open', 'it is open')

  script.last.send('event: count\ndata: 1\n\nevent: name\ndata: "a"\n\nevent: count\ndata: 2\n\n')
  await eventually(() => store.getSnapshot().data.length > 0, 'there are events')

  const { latest, data } = store.getSnapshot()
  expect(latest).toEqual({ count: 2, name: 'a' })
  expect(data).toMatchObject([{ type: 'name' }, { type: 'count', data: 2 }])
  store.close()
})

test('tells once of all that one chunk held, and keeps its snapshot until then', async () => {
  const { script, store } = openStore()
  await eventually(() => store.getSnapshot().state.status === 'open', 'it is open')
  let told = 0
  const stop = store.subscribe(() => told++)
  const before = store.getSnapshot()

  script.last.send('event: count\ndata: 1\n\n'.repeat(100))
  expect(store.getSnapshot()).toBe(before)
  await eventually(() => told > 0, 'it tells')
  expect(told).toBe(1)
  expect(store.getSnapshot()).not.toBe(before)
  expect(store.getSnapshot()).toBe(store.getSnapshot())

  stop()
  script.last.send('event: count\ndata: 7\n\n')
  await eventually(() => store.getSnapshot().latest.count === 7, 'it goes on')
  expect(told).toBe(1)
  store.close()
})

test('tells of a gap, to the reducer as well', async () => {
  const { script, store } = openStore()
  await eventually(() => store.getSnapshot().state.status === 'open', 'it is open')
  script.last.send(
    'id: 9\nevent: gap\ndata: {"reason":"evicted","requestedId":"1","resumedAtId":"9","missed":8}\n\n',
  )
  await eventually(() => store.getSnapshot().gap !== undefined, 'there is a gap')
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
