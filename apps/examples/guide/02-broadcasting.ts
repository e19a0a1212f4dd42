// 02 · Broadcasting: whoever posts a message reaches everyone who listens.
//
// A channel encodes each event once, keeps the last ones, and gives every client the same bytes. A client that comes
// back gets what it missed; there is no list of clients to look after, and no queue for any of them.
import { Channel, EventSourceResponse } from '@sse/server'
import express from 'express'
import { z } from 'zod'
import { start } from '../start.ts'

const channel = new Channel(undefined, { retention: { events: 1_000 } })
const app = express()

app.get('/events', (req, res) => {
  void new EventSourceResponse(channel).send(req, res)
})

const messageSchema = z.strictObject({
  message: z.string().min(1).max(4_000),
  event: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/)
    .default('message'),
})

app.post('/send', express.json({ limit: '16kb' }), (req, res) => {
  const { success, data, error } = messageSchema.safeParse(req.body)
  if (!success) {
    res.status(400).json({ error: z.prettifyError(error) })
    return
  }
  const id = channel.publish(data.event, { message: data.message, at: new Date().toISOString() })
  res.status(202).json({ id, listeners: channel.subscribers })
})

app.get('/status', (_req, res) => {
  res.json({ listeners: channel.subscribers, kept: channel.retained, lastEventId: channel.lastEventId })
})

start(
  app,
  'curl -N $URL/events',
  `curl $URL/send -H 'content-type: application/json' -d '{"message":"hello","event":"greeting"}'`,
  'curl $URL/status',
)
