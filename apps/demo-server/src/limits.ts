import { ConnectionLimiter } from '@sse/server'
import type { Request, RequestHandler } from 'express'
import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import { sendError } from './error-responses.ts'

/** How much of the demo one client, and all of them, may use. `0` = no bound. */
export interface Limits {
  /** By each address. */
  readonly postsPerMinute: number
  /** Open at once. */
  readonly maxStreams: number
  /** Of them, from one address: a page with its streams, and a few tabs. */
  readonly maxStreamsPerAddress: number
}

export const NO_LIMITS: Limits = { postsPerMinute: 0, maxStreams: 0, maxStreamsPerAddress: 0 }

/** What a demo bears that strangers can reach. */
export const PRODUCTION_LIMITS: Limits = { postsPerMinute: 30, maxStreams: 1_000, maxStreamsPerAddress: 30 }

/** Refuses with 429 and `Retry-After` whoever posts too often. Posts that are refused for another reason count too. */
export function limitPosts({ postsPerMinute }: Limits): RequestHandler {
  if (postsPerMinute === 0) return (_request, _response, next) => next()
  return rateLimit({
    windowMs: 60_000,
    limit: postsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skip: ({ method }) => method !== 'POST',
    handler: (_request, response) => {
      sendError(response, 429, {
        code: 'too-many-posts',
        message: `You may post ${postsPerMinute} times a minute. Wait as long as Retry-After says.`,
      })
    },
  })
}

/** Refuses a stream too many, before it begins: 503 when the demo is full, 429 when its client has enough of them. */
export function limitStreams({ maxStreams, maxStreamsPerAddress }: Limits): ConnectionLimiter<Request> {
  return new ConnectionLimiter<Request>({
    max: maxStreams || undefined,
    maxPerKey: maxStreamsPerAddress || undefined,
    // As the posts are counted: behind proxies that are trusted the address of the client, and of IPv6 the network.
    key: ({ ip }) => ip && ipKeyGenerator(ip),
  })
}
