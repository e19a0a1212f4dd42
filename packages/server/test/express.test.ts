import { record } from '@sse/testing'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { describe, expect, it } from 'vitest'
import { Channel, EventSourceResponse, type StreamEnd } from '../src/index.ts'
import { ListeningServer } from './stream-server.ts'

/** What the `cors` package does. */
function cors(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Access-Control-Allow-Origin', 'https://app.example')
  response.append('Vary', 'Origin')
  next()
}

function appWith(channel: Channel, ends: StreamEnd[]): Express {
  const app = express()
  app.use(cors)
  app.get('/prices', async (req, res) => {
    ends.push(await new EventSourceResponse(channel, { headers: { 'x-mine': 'yes' } }).send(req, res))
  })
  app.get('/once', (req, res) => new EventSourceResponse(['hello'], { pingIntervalMs: false }).send(req, res))
  return app
}

describe('an Express 5 application', () => {
  it('sends a channel, with the headers of its middleware', async () => {
    const channel = new Channel()
    const ends: StreamEnd[] = []
    await using server = await ListeningServer.start(appWith(channel, ends))
    await using stream = await record(`${server.url}prices?lastEventId=${channel.lastEventId}`, {
      timeoutMs: 60_000,
    })
    expect(Object.fromEntries(stream.response?.headers ?? [])).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'access-control-allow-origin': 'https://app.example',
      vary: 'Origin',
      'x-mine': 'yes',
    })
    channel.publish('price', 1)
    expect(await stream.next()).toMatchObject({ type: 'price', data: '1' })
    await stream.close()
    await expect.poll(() => ends.length).toBe(1)
    expect(ends[0]).toMatchObject({ reason: 'client-disconnect', events: 1 })
    expect(channel.subscribers).toBe(0)
  })

  it('ends a stream properly, and answers HEAD for its route', async () => {
    await using server = await ListeningServer.start(appWith(new Channel(), []))
    expect(await (await fetch(`${server.url}once`)).text()).toBe(': open\n\ndata: hello\n\n')
    const head = await fetch(`${server.url}once`, { method: 'HEAD' })
    expect(head.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  })
})
