import { z } from 'zod'

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  CORS_ORIGIN: z.string().min(1).default('*'),
})

export interface Settings {
  /** 0 = any free port; `undefined` = 8000, or the next one that is free. */
  readonly port: number | undefined
  /** The address to listen on. Only this machine can reach the default; `0.0.0.0` opens the demo to the network. */
  readonly host: string
  /** Whose pages may use the API: everyone's, or those of the listed origins. */
  readonly corsOrigin: '*' | readonly string[]
}

/** Reads `PORT`, `HOST` and `CORS_ORIGIN` (`*`, or origins separated by commas). Throws with a sentence for each mistake. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const { success, data, error } = environment.safeParse(env)
  if (!success) throw new Error(`The environment is not as the demo needs it:\n${z.prettifyError(error)}`)
  const origins = data.CORS_ORIGIN.split(',').map((origin) => origin.trim())
  return { port: data.PORT, host: data.HOST, corsOrigin: origins.includes('*') ? '*' : origins }
}
