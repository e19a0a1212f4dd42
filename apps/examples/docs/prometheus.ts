import { createServer } from 'node:http'
import { Channel, EventSourceResponse } from '@sse/server'
import { collectStreamMetrics } from '@sse/server/prometheus'
import { register } from 'prom-client'

collectStreamMetrics({ registry: register })

const news = new Channel(undefined, { name: 'news' })
createServer(async (req, res) => {
  if (req.url === '/metrics') res.end(await register.metrics())
  else await new EventSourceResponse(news).send(req, res)
}).listen(3000)
setInterval(() => news.publish('tick', { at: Date.now() }), 1000)
