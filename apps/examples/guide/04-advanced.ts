// 04 · Options: pings of one's own, errors, timeouts, line endings, proxies, work after the stream.
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSourceResponse } from '@sse/server'
import express from 'express'
import { start } from '../start.ts'

const app = express()
const startedAt = Date.now()
/** What the background tasks of /proxy-friendly have noted. */
const audit: string[] = []

// A ping is a comment, which clients do not show. This one is an event, so that a page can show that it is connected.
app.get('/custom-ping', (req, res) => {
  void new EventSourceResponse(silence, {
    pingIntervalMs: Number(process.env['PING_MS'] ?? 3_000),
    pingMessage: () => ({ event: 'ping', data: { at: new Date().toISOString() } }),
  }).send(req, res)
})

// A source that throws ends its stream. What `onError` returns is the last thing the client is told; the stack stays here.
app.get('/error-demo', (req, res) => {
  void new EventSourceResponse(
    async function* () {
      yield { event: 'progress', data: { percent: 50 } }
      throw new Error('The disk is full')
    },
    {
      onError: (error) => {
        console.error('error-demo:', error)
        return { event: 'failed', data: { message: 'The job failed. Nothing was changed.' } }
      },
    },
  ).send(req, res)
})

// A client that does not take what it is sent for two seconds is let go, together with its generator: see 06.
app.get('/timeout-protected', (req, res) => {
  void new EventSourceResponse(ticks, { sendTimeoutMs: 2_000, maxDurationMs: 3_600_000 }).send(req, res)
})

// Old readers may want CRLF. It holds for everything in the stream.
app.get('/custom-separator', (req, res) => {
  void new EventSourceResponse(['one', 'two', { event: 'three', data: 'on\ntwo lines' }], {
    lineEnding: '\r\n',
  }).send(req, res)
})

// The headers against buffering and transformation are always sent; a first comment leaves at once, and pings keep the
// connection from looking idle. Here also: a reconnection time, a header of our own, and work when the stream is over.
app.get('/proxy-friendly', (req, res) => {
  void new EventSourceResponse(ticks, {
    pingIntervalMs: 10_000,
    retryMs: 2_000,
    headers: { 'x-stream': 'ticks' },
    onClose: async (end) => {
      await sleep(1) // such as a row in a database
      audit.push(`${end.reason} after ${end.events} events`)
    },
  }).send(req, res)
})

app.get('/audit', (_req, res) => {
  res.json(audit)
})

app.get('/health', (_req, res) => {
  res.json({ status: 'ok', uptimeMs: Date.now() - startedAt })
})

start(
  app,
  'curl -N $URL/custom-ping',
  'curl -N $URL/error-demo',
  'curl -N $URL/timeout-protected',
  'curl -sN $URL/custom-separator | od -c',
  'curl -iN $URL/proxy-friendly   # leave it, then: curl $URL/audit',
  'curl $URL/health',
)

async function* ticks({ signal }: { signal: AbortSignal }) {
  for (let tick = 1; ; tick++) {
    yield { event: 'tick', data: { tick } }
    await sleep(1_000, undefined, { signal })
  }
}

async function* silence({ signal }: { signal: AbortSignal }) {
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
}
