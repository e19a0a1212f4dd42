/** Checked by `check-types`: what must compile compiles, and what must not does not. */
import type { IncomingMessage } from 'node:http'
import {
  Channel,
  ConnectionLimiter,
  EventSourceResponse,
  type StreamContext,
  type StreamEnd,
} from './index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_equal: Equal<A, B>): void {}

declare const request: Request
declare const nodeRequest: IncomingMessage

interface FrameworkRequest extends Request {
  readonly user: string
}

export function handler(request: Request): Response {
  return new EventSourceResponse(new Channel(), { request })
}

export function contexts(framework: FrameworkRequest, perhaps: Request | undefined): void {
  new EventSourceResponse((ctx) => {
    same<typeof ctx, StreamContext<undefined>>(true)
    return []
  })
  new EventSourceResponse(
    (ctx) => {
      same<typeof ctx.request, undefined>(true)
      return []
    },
    { pingIntervalMs: false, onClose: (_, ctx) => same<typeof ctx.request, undefined>(true) },
  )
  new EventSourceResponse(
    async function* (ctx) {
      same<typeof ctx.request, Request>(true)
      yield ctx.request.url
    },
    { request, onError: (_, ctx) => same<typeof ctx.request, Request>(true) },
  )
  new EventSourceResponse(({ request: { user } }) => [user], { request: framework })
  new EventSourceResponse(
    (ctx) => {
      same<typeof ctx.request, Request | undefined>(true)
      return []
    },
    { request: perhaps },
  )
  // @ts-expect-error: without a request there is none in the context, whatever one says.
  new EventSourceResponse<Request>((ctx) => [ctx.request.url])
  // @ts-expect-error: a request of node:http has no Headers.
  new EventSourceResponse([], { request: nodeRequest })
}

export function options(): void {
  const limiter = new ConnectionLimiter<Request>({ key: ({ headers }) => headers.get('x-user') ?? undefined })
  new EventSourceResponse([], { request, limiter })
  // @ts-expect-error: a limiter that looks at requests needs one.
  new EventSourceResponse([], { limiter })
  // @ts-expect-error: there is no server here that could shut down.
  new EventSourceResponse([], { request, shutdownGraceMs: 1 })
  // @ts-expect-error: a misspelt option.
  new EventSourceResponse([], { request, pingInterval: 5 })
  same<EventSourceResponse['ended'], Promise<StreamEnd>>(true)
}
