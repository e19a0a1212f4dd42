import { createServer, type Server } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ConnectionLimiter, EventSourceResponse } from '@sse/server'
import express, { type Request, type RequestHandler } from 'express'
import { allowOrigins, refuseOtherOrigins } from './allowed-origins.ts'
import { broadcast } from './broadcast.ts'
import type { Brokers } from './brokers.ts'
import { CHANNEL_NAME, Channels, type DemoChannel } from './channels.ts'
import { handleError, notFound, sendError } from './error-responses.ts'
import { limitPosts, limitStreams, NO_LIMITS } from './limits.ts'
import { startMainStream } from './main-stream.ts'
import { MetricsStream } from './metrics-stream.ts'
import { RequestRate } from './request-rate.ts'
import type { Settings } from './settings.ts'
import { Trouble } from './trouble.ts'

const PAGE = join(dirname(fileURLToPath(import.meta.resolve('@sse/html-client/package.json'))), 'dist')

export interface Demo {
  readonly server: Server
  /** Ends all streams and stops listening. */
  close(): Promise<void>
}

export interface DemoOptions
  extends Pick<Settings, 'corsOrigin'>,
    Partial<Pick<Settings, 'limits' | 'proxies'>> {
  /** Where the channels have their logs. Default: in this process. */
  readonly brokers?: Brokers | undefined
  /** Whether this process says what the demo says by itself on the main channel. Default true. */
  readonly publishes?: boolean
}

/** The demo, not listening yet. Without limits unless they are given. */
export function createDemo({
  corsOrigin,
  limits = NO_LIMITS,
  proxies = 0,
  brokers,
  publishes = true,
}: DemoOptions): Demo {
  const requests = new RequestRate()
  const channels = new Channels(brokers)
  const { main } = channels
  const stopMain = publishes ? startMainStream(main, () => main.subscribers) : () => {}
  const metrics = new MetricsStream(requests, () => channels.streams + metrics.channel.subscribers)
  const startedAt = performance.now()

  const app = express()
  app.disable('x-powered-by')
  app.use(requests.count)
  app.set('trust proxy', proxies)
  app.use(allowOrigins(corsOrigin), refuseOtherOrigins(corsOrigin), limitPosts(limits))
  const limiter = limitStreams(limits)

  const trouble = new Trouble()
  app.use(trouble.watch)
  app.post('/api/trouble', express.json({ limit: '1kb' }), trouble.make)

  app.get('/stream', (request, response) => {
    void stream('main', main, request, limiter).send(request, response)
  })
  app.get('/metrics', (request, response) => {
    void new EventSourceResponse(metrics.channel.subscription({ start: 'earliest' }), {
      retryMs: RETRY_MS,
      limiter,
      compression: compressionOf(request),
    }).send(request, response)
  })
  app.get('/realtime/:channel', (request, response) => {
    const { channel: name } = request.params
    if (!CHANNEL_NAME.test(name)) {
      sendError(response, 400, {
        code: 'invalid-channel',
        message: 'A channel is named with 1 to 64 of a–z, 0–9, - and _, a letter or digit first.',
      })
      return
    }
    const channel = channels.get(name)
    if (channel === undefined) {
      response.setHeader('retry-after', '60')
      sendError(response, 503, { code: 'too-many-channels', message: 'There are too many channels in use.' })
      return
    }
    void stream(name, channel, request, limiter).send(request, response)
  })
  app.post('/api/broadcast', express.json({ limit: '16kb' }), broadcast(channels))
  app.get('/health', (_request, response) => {
    response.json({
      status: 'ok',
      uptimeSeconds: (performance.now() - startedAt) / 1000,
      streams: channels.streams + metrics.channel.subscribers,
      process: process.pid,
    })
  })
  app.use(pagePolicy, express.static(PAGE))
  app.use(notFound)
  app.use(handleError)

  const server = createServer(app)
  return {
    server,
    async close() {
      stopMain()
      metrics.close()
      channels.close()
      await brokers?.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      })
    },
  }
}

/** Short, so that a page is back soon after the demo was restarted. */
const RETRY_MS = 1_000

/** By `?compression=auto`, so that a stream can be watched beside the same one, uncompressed. */
function compressionOf({ query }: Request): 'auto' | false {
  return query['compression'] === 'auto' ? 'auto' : false
}

/** A channel, behind a first event that greets this client alone. */
function stream(
  name: string,
  channel: DemoChannel,
  request: Request,
  limiter: ConnectionLimiter<Request>,
): EventSourceResponse<Request> {
  return new EventSourceResponse(
    async ({ send }) => {
      // Who is greeted gets all that is published from then on.
      await channel.ready
      await send({
        event: 'connected',
        data: {
          channel: name,
          at: new Date().toISOString(),
          subscribers: channel.subscribers + 1,
          process: process.pid,
        },
      })
      return channel
    },
    { retryMs: RETRY_MS, limiter, compression: compressionOf(request) },
  )
}

/** The page runs its own scripts and nothing else: text from a stream cannot become code. It may read streams of any site. */
const pagePolicy: RequestHandler = (_request, response, next) => {
  response.setHeader(
    'content-security-policy',
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' http: https:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  )
  response.setHeader('x-content-type-options', 'nosniff')
  next()
}
