import { createServer } from 'node:http'
import { Channel, EventSourceResponse } from '@sse/server'

const news = new Channel()
createServer((req, res) => new EventSourceResponse(news).send(req, res)).listen(3000)
setInterval(() => news.publish('tick', { at: Date.now() }), 1000)
