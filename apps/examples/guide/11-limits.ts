// 11 · Limits: so many streams in all, so many for each client, and so many posts in a minute.
import { Channel, ConnectionLimiter, EventSourceResponse } from '@sse/server'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import { start } from '../start.ts'

const app = express()
const channel = new Channel()

// Checked before the stream begins: 503 when the server is full, 429 for a client with too many streams, each with a
// Retry-After, which @sse/client keeps to. The key is the address unless you say what tells your users apart.
const limiter = new ConnectionLimiter({
  max: 1_000,
  maxPerKey: Number(process.env['MAX_STREAMS'] ?? 3),
})

app.get('/events', (req, res) => {
  void new EventSourceResponse(channel, { limiter }).send(req, res)
})

app.post(
  '/send',
  rateLimit({ windowMs: 60_000, limit: 5, standardHeaders: 'draft-8', legacyHeaders: false }),
  express.json({ limit: '4kb' }),
  (req, res) => {
    res.status(202).json({ id: channel.publish('message', req.body) })
  },
)

start(
  app,
  'curl -N $URL/events   # the fourth at a time gets a 429',
  `curl -i $URL/send -H 'content-type: application/json' -d '{"text":"hello"}'   # the sixth in a minute gets a 429`,
)
