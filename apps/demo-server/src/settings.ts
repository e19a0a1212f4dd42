import { z } from 'zod'
import { type Limits, NO_LIMITS, PRODUCTION_LIMITS } from './limits.ts'

const count = z.coerce.number().int().min(0).optional()

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  NODE_ENV: z.string().optional(),
  CORS_ORIGIN: z.string().min(1).optional(),
  POSTS_PER_MINUTE: count,
  MAX_STREAMS: count,
  MAX_STREAMS_PER_ADDRESS: count,
  PROXIES: z.coerce.number().int().min(0).default(0),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  NATS_URL: z.string().min(1).optional(),
  workers: z.coerce.number().int().min(1).max(64).default(1),
})

export interface Settings {
  /** 0 = any free port; `undefined` = 8000, or the next one that is free. */
  readonly port: number | undefined
  /** The address to listen on. Only this machine can reach the default; `0.0.0.0` opens the demo to the network. */
  readonly host: string
  /** Whose pages may use the API, beside the demo's own: everyone's, or those of the listed origins. */
  readonly corsOrigin: '*' | readonly string[]
  readonly limits: Limits
  /** How many proxies in front add to `X-Forwarded-For`: the address of a client is found before them. */
  readonly proxies: number
  /** The broker of the channels; neither: their logs are in the memory of this process. */
  readonly redisUrl: string | undefined
  readonly natsUrl: string | undefined
  /** How many processes serve the port. */
  readonly workers: number
}

/**
 * Reads the settings from the environment, as docs/deploy.md lists them, and the number of `--workers`. With `NODE_ENV=production` there are
 * limits, and no page of another origin may use the API unless it is listed. Throws with a sentence for each mistake.
 */
export function readSettings(env: NodeJS.ProcessEnv, workers?: string): Settings {
  const { success, data, error } = environment.safeParse({ ...env, workers })
  if (!success) throw new Error(`The environment is not as the demo needs it:\n${z.prettifyError(error)}`)
  const { REDIS_URL: redisUrl, NATS_URL: natsUrl } = data
  if (redisUrl !== undefined && natsUrl !== undefined)
    throw new Error('Set REDIS_URL or NATS_URL, not both: a channel has one log.')
  if (data.workers > 1 && redisUrl === undefined && natsUrl === undefined) {
    throw new Error(
      '--workers needs a broker, or each process would have an audience of its own. Set REDIS_URL or NATS_URL; "docker compose up" starts both.',
    )
  }
  const production = data.NODE_ENV === 'production'
  const usual = production ? PRODUCTION_LIMITS : NO_LIMITS
  return {
    port: data.PORT,
    host: data.HOST,
    corsOrigin: readOrigins(data.CORS_ORIGIN, production),
    limits: {
      postsPerMinute: data.POSTS_PER_MINUTE ?? usual.postsPerMinute,
      maxStreams: data.MAX_STREAMS ?? usual.maxStreams,
      maxStreamsPerAddress: data.MAX_STREAMS_PER_ADDRESS ?? usual.maxStreamsPerAddress,
    },
    proxies: data.PROXIES,
    redisUrl,
    natsUrl,
    workers: data.workers,
  }
}

function readOrigins(value: string | undefined, production: boolean): Settings['corsOrigin'] {
  if (value === undefined) return production ? [] : '*'
  const origins = value.split(',').map((origin) => origin.trim())
  if (origins.includes('*')) {
    if (!production) return '*'
    throw new Error(
      "CORS_ORIGIN=* lets the pages of everyone broadcast, which is refused with NODE_ENV=production. List the origins, as in CORS_ORIGIN=https://a.example,https://b.example, or leave it unset: then only the demo's own page may.",
    )
  }
  for (const origin of origins) {
    // A slash too many would match no page, and say nothing.
    if (URL.parse(origin)?.origin !== origin)
      throw new Error(
        `CORS_ORIGIN has ${JSON.stringify(origin)}, which is no origin. An origin is a scheme, a host and perhaps a port, and nothing behind it: https://example.org`,
      )
  }
  return origins
}
