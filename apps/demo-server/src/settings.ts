import { z } from 'zod'

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  CORS_ORIGIN: z.string().min(1).default('*'),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  NATS_URL: z.string().min(1).optional(),
  workers: z.coerce.number().int().min(1).max(64).default(1),
})

export interface Settings {
  /** 0 = any free port; `undefined` = 8000, or the next one that is free. */
  readonly port: number | undefined
  /** The address to listen on. Only this machine can reach the default; `0.0.0.0` opens the demo to the network. */
  readonly host: string
  /** Whose pages may use the API: everyone's, or those of the listed origins. */
  readonly corsOrigin: '*' | readonly string[]
  /** The broker of the channels; neither: their logs are in the memory of this process. */
  readonly redisUrl: string | undefined
  readonly natsUrl: string | undefined
  /** How many processes serve the port. */
  readonly workers: number
}

/**
 * Reads `PORT`, `HOST`, `CORS_ORIGIN` (`*`, or origins separated by commas), `REDIS_URL` and `NATS_URL`, and the number of `--workers`. Throws with a
 * sentence for each mistake.
 */
export function readSettings(env: NodeJS.ProcessEnv, workers?: string): Settings {
  const { success, data, error } = environment.safeParse({ ...env, workers })
  if (!success) throw new Error(`The environment is not as the demo needs it:\n${z.prettifyError(error)}`)
  const origins = data.CORS_ORIGIN.split(',').map((origin) => origin.trim())
  const { REDIS_URL: redisUrl, NATS_URL: natsUrl } = data
  if (redisUrl !== undefined && natsUrl !== undefined)
    throw new Error('Set REDIS_URL or NATS_URL, not both: a channel has one log.')
  if (data.workers > 1 && redisUrl === undefined && natsUrl === undefined) {
    throw new Error(
      '--workers needs a broker, or each process would have an audience of its own. Set REDIS_URL or NATS_URL; "docker compose up" starts both.',
    )
  }
  return {
    port: data.PORT,
    host: data.HOST,
    corsOrigin: origins.includes('*') ? '*' : origins,
    redisUrl,
    natsUrl,
    workers: data.workers,
  }
}
