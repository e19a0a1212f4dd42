// 06 · Send timeout: a client that stops reading is let go, and what its stream holds is freed.
//
// A phone that was put away, a browser that was suspended, a proxy that is stuck: the connection looks open, and nothing
// is taken any more. Without a limit the generator waits there for ever, with its database cursor, file or lock.
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSourceResponse } from '@sse/server'
import express from 'express'
import { start } from '../start.ts'

const app = express()
let open = 0
const ends: string[] = []

app.get('/large', (req, res) => {
  void new EventSourceResponse(
    async function* ({ signal }) {
      open++
      try {
        for (let number = 1; ; number++) {
          yield { event: 'chunk', data: { number, padding: 'x'.repeat(60_000) } }
          await sleep(10, undefined, { signal })
        }
      } finally {
        open-- // here the cursor is closed, the file, the lock
      }
    },
    {
      sendTimeoutMs: Number(process.env['SEND_TIMEOUT_MS'] ?? 2_000),
      onClose: (end) => void ends.push(end.reason),
    },
  ).send(req, res)
})

app.get('/status', (_req, res) => {
  res.json({ open, ends })
})

start(
  app,
  'curl -N --limit-rate 1k $URL/large > /dev/null   # reads too slowly: it is let go after two seconds',
  'curl $URL/status',
)
