// 12 · Metrics: what the streams of a process do, for Prometheus, and a dashboard for Grafana.
//
// The names of all metrics are in docs/observability.md; grafana/event-streams.json can be imported as it is.
import { Channel, EventSourceResponse } from '@sse/server'
import { collectStreamMetrics } from '@sse/server/prometheus'
import express from 'express'
import { collectDefaultMetrics, register } from 'prom-client'
import { start } from '../start.ts'

collectDefaultMetrics()
collectStreamMetrics({ registry: register })

// The name is what the metrics call it: one for all channels of a kind, never one for each user.
const ticks = new Channel(undefined, { name: 'ticks', retention: { events: 600 } })
const ticking = setInterval(() => ticks.publish('tick', { at: Date.now() }), 100)

const app = express()

app.get('/ticks', (req, res) => {
  void new EventSourceResponse(ticks, { sendTimeoutMs: 10_000 }).send(req, res)
})

// Not for everyone: let only the scraper come here.
app.get('/metrics', async (_req, res) => {
  res.type(register.contentType).send(await register.metrics())
})

start(app, 'curl -sN $URL/ticks > /dev/null', "curl -s $URL/metrics | grep '^sse_'").once('close', () =>
  clearInterval(ticking),
)
