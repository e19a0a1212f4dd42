// 14 · A dashboard: the state of many things at once, then only what changes.
//
// With `compactBy` the latest event of each key counts. Whoever opens the page gets one event for each resource and then the
// changes; whoever was away too long gets the latest of what has changed, instead of everything or a hole.
import { defineEvents, type } from '@sse/core'
import { Channel, EventSourceResponse } from '@sse/server'
import express from 'express'
import { start } from '../start.ts'

interface Server {
  readonly name: string
  readonly status: 'up' | 'down'
  readonly load: number
}

const dashboardEvents = defineEvents({ server: type<Server>(), removed: type<{ name: string }>() })

const channel = new Channel(dashboardEvents, {
  compactBy: ({ data }) => data.name,
  retention: { events: 500, keys: 1_000 },
})

const app = express()

app.get('/dashboard', (req, res) => {
  void new EventSourceResponse(channel.subscription({ start: 'snapshot' })).send(req, res)
})

// What a real system does when something changes: a row was written, a probe came back.
app.put('/servers/:name', express.json(), (req, res) => {
  const { status = 'up', load = 0 } = req.body as Partial<Server>
  const id = channel.publish('server', { name: req.params.name, status, load })
  res.json({ id })
})

app.delete('/servers/:name', (req, res) => {
  const id = channel.publish('removed', { name: req.params.name })
  res.json({ id })
})

for (const name of ['web-1', 'web-2', 'db-1']) channel.publish('server', { name, status: 'up', load: 0 })

start(
  app,
  'curl -N $URL/dashboard',
  `curl -X PUT $URL/servers/web-1 -H 'content-type: application/json' -d '{"status":"down","load":0}'`,
  'curl -X DELETE $URL/servers/web-2',
)
