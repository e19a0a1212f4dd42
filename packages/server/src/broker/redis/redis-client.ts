import { LoadedScripts } from './loaded-scripts.ts'

/** What is needed of a client of the package `redis`, version 5 or newer. */
export interface NodeRedisClient {
  readonly isReady: boolean
  connect(): Promise<unknown>
  destroy(): void
  duplicate(): NodeRedisClient
  sendCommand(args: readonly string[]): Promise<unknown>
  on(event: 'ready' | 'error', listener: (error: unknown) => void): unknown
  off(event: 'ready' | 'error', listener: (error: unknown) => void): unknown
}

/** What is needed of a client of the package `ioredis`, version 5 or newer. */
export interface IoRedisClient {
  readonly status: string
  connect(): Promise<unknown>
  disconnect(): void
  duplicate(): IoRedisClient
  call(command: string, ...args: string[]): Promise<unknown>
  on(event: 'ready' | 'error', listener: (error: unknown) => void): unknown
  off(event: 'ready' | 'error', listener: (error: unknown) => void): unknown
}

/** A client that is connected, or connects by itself. It stays its owner's, who closes it. */
export type RedisClient = NodeRedisClient | IoRedisClient

/** The two clients under one roof. */
export class RedisConnection {
  readonly client: RedisClient
  readonly #scripts: LoadedScripts

  constructor(client: RedisClient) {
    this.client = client
    this.#scripts = LoadedScripts.of(client)
  }

  get ready(): boolean {
    return 'sendCommand' in this.client && 'isReady' in this.client
      ? this.client.isReady
      : (this.client as IoRedisClient).status === 'ready'
  }

  call(command: string, ...args: string[]): Promise<unknown> {
    const { client } = this
    return 'isReady' in client ? client.sendCommand([command, ...args]) : client.call(command, ...args)
  }

  /** Runs a script, by its name where the server knows it. It is sent before this returns. */
  async script(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args]
    const name = this.#scripts.nameOf(script, (...call) => this.call(...call))
    if (name !== undefined) {
      try {
        return await this.call('EVALSHA', name, ...rest)
      } catch (error) {
        // Somebody has flushed them. Nothing was run, and what comes now is kept again.
        if (refusalOf(error) !== 'NOSCRIPT') throw error
      }
    }
    return this.call('EVAL', script, ...rest)
  }

  /** Calls back each time that the connection is there again; `error` so that an outage is no uncaught error. */
  watch(onReady: () => void, onError: (error: unknown) => void): () => void {
    const { client } = this
    client.on('ready', onReady)
    client.on('error', onError)
    return () => {
      client.off('ready', onReady)
      client.off('error', onError)
    }
  }

  /** Another connection to the same server, connecting. */
  duplicate(): RedisConnection {
    const client = this.client.duplicate()
    // Until somebody watches.
    client.on('error', () => {})
    // ioredis connects by itself, unless it is lazy; node-redis goes on trying when the first attempt fails.
    if ('isReady' in client || client.status === 'wait') client.connect().catch(() => {})
    return new RedisConnection(client)
  }

  destroy(): void {
    const { client } = this
    try {
      if ('isReady' in client) client.destroy()
      else client.disconnect()
    } catch {
      // It is closed already.
    }
  }
}

/**
 * The word by which a server begins an answer that says no, such as `LOADING`; `undefined` for an error of the connection, after which
 * nobody knows what the server has done.
 */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof Error ? /^-?([A-Z]{2,}) /.exec(error.message)?.[1] : undefined
}

const PASSING: readonly string[] = [
  'LOADING',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'BUSY',
  'NOREPLICAS',
]

/** Whether a refusal passes by itself: while a server starts, or hands over to another. */
export function passes(refusal: string): boolean {
  return PASSING.includes(refusal)
}
