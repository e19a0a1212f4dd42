// 01 · Basic streams: a generator is an event stream, in node:http and in Hono.
//
// Each `yield` is an event. Nothing runs ahead of the client: the generator goes on when the client has taken what it
// gave. When the client leaves, `signal` aborts, the sleep ends, and `finally` runs.
import { setTimeout as sleep } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { EventSourceResponse } from '@sse/server'
import * as web from '@sse/server/web'
import { Hono } from 'hono'
import { start } from '../start.ts'

const EVERY_MS = Number(process.env['EVERY_MS'] ?? 1000)

async function* count(from: number, to: number, signal: AbortSignal) {
  try {
    for (let number = from; number <= to; number++) {
      yield { event: 'number', id: String(number), data: { number } }
      await sleep(EVERY_MS, undefined, { signal })
    }
    yield { event: 'done', data: { last: to } }
  } finally {
    console.log(`counting from ${from} is over`)
  }
}

// The same stream for frameworks that return web responses.
const hono = new Hono()
hono.get('/hono/range/:start/:end', (c) => {
  const [from, to] = [Number(c.req.param('start')), Number(c.req.param('end'))]
  if (!isRange(from, to)) return c.json({ error: 'Use whole numbers, the smaller one first.' }, 400)
  return new web.EventSourceResponse(({ signal }) => count(from, to, signal), { request: c.req.raw })
})
const honoListener = getRequestListener(hono.fetch)

start(
  (req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://localhost')
    const [, from, to] = /^\/range\/(\d+)\/(\d+)$/.exec(pathname) ?? []

    if (pathname === '/numbers') {
      void new EventSourceResponse(({ signal }) => count(1, 10, signal)).send(req, res)
    } else if (pathname === '/endless') {
      void new EventSourceResponse(({ lastEventId, signal }) =>
        // A client that comes back tells the last id that it read, and the count goes on after it.
        count((Number(lastEventId) || 0) + 1, Number.POSITIVE_INFINITY, signal),
      ).send(req, res)
    } else if (from !== undefined && to !== undefined && isRange(Number(from), Number(to))) {
      void new EventSourceResponse(({ signal }) => count(Number(from), Number(to), signal)).send(req, res)
    } else if (pathname.startsWith('/hono/')) {
      void honoListener(req, res)
    } else {
      res.writeHead(404).end('Try /numbers, /endless, /range/3/6 or /hono/range/3/6.\n')
    }
  },
  'curl -N $URL/numbers',
  'curl -N $URL/endless',
  'curl -N $URL/endless -H "Last-Event-ID: 41"',
  'curl -N $URL/range/3/6',
  'curl -N $URL/hono/range/3/6',
)

function isRange(from: number, to: number): boolean {
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from <= to
}
