import { warn } from '@sse/core'
import { checkBound, checkDuration } from '../errors.ts'
import type { Refusal } from './refusal.ts'

export interface ConnectionLimiterOptions<Request> {
  /** How many streams may be open at once. Default: no bound. */
  readonly max?: number | undefined
  /** How many of them for one key. Default: no bound. */
  readonly maxPerKey?: number | undefined
  /**
   * Whose stream it is: a user, a tenant, an address. `undefined` = nobody's, counted only in `max`. Default: the address
   * that the connection comes from, where the request has a socket; behind a proxy that is the proxy's.
   */
  readonly key?: ((request: Request) => string | undefined) | undefined
  /** What a client that is refused is told to wait. Default 10,000 ms, rounded up to seconds. */
  readonly retryAfterMs?: number | undefined
}

/** Lets a stream in, or says why not. */
export type Admission = { readonly release: () => void } | { readonly refusal: Refusal }

/**
 * Bounds how many streams are open at once: all together (beyond that 503) and for each key (429), with `Retry-After`, before
 * a stream has cost anything. Share one among the responses that count together: `{ limiter }` in their options.
 */
export class ConnectionLimiter<Request = unknown> {
  readonly #max: number
  readonly #maxPerKey: number
  readonly #key: (request: Request) => string | undefined
  readonly #retryAfter: string
  readonly #perKey = new Map<string, number>()
  #open = 0

  /** @throws SseError `invalid-option` */
  constructor(options: ConnectionLimiterOptions<Request> = {}) {
    this.#max = checkBound('max', options.max ?? Number.POSITIVE_INFINITY)
    this.#maxPerKey = checkBound('maxPerKey', options.maxPerKey ?? Number.POSITIVE_INFINITY)
    this.#key = options.key ?? remoteAddress
    this.#retryAfter = String(Math.ceil(checkDuration('retryAfterMs', options.retryAfterMs ?? 10_000) / 1000))
  }

  /** How many streams are open, of this key if one is given. */
  open(key?: string): number {
    return key === undefined ? this.#open : (this.#perKey.get(key) ?? 0)
  }

  /** Counts a stream in until it is released; releasing twice is harmless. */
  admit(request: Request): Admission {
    if (this.#open >= this.#max) {
      return this.#refuse(503, `The server has its ${this.#max} event streams open. Come back later.`)
    }
    let key: string | undefined
    try {
      key = this.#key(request)
    } catch (error) {
      warn('The key of a ConnectionLimiter threw, so the request was refused.', error)
      return this.#refuse(500, 'The server could not tell whose event stream this would be.')
    }
    const ofKey = key === undefined ? 0 : this.open(key)
    if (ofKey >= this.#maxPerKey) {
      return this.#refuse(429, `You have ${ofKey} event streams open, which is all you may have. Close one.`)
    }
    this.#open++
    if (key !== undefined) this.#perKey.set(key, ofKey + 1)
    let released = false
    const release = (): void => {
      if (released) return
      released = true
      this.#release(key)
    }
    return { release }
  }

  #release(key: string | undefined): void {
    this.#open--
    if (key === undefined) return
    const left = this.open(key) - 1
    if (left > 0) this.#perKey.set(key, left)
    else this.#perKey.delete(key)
  }

  #refuse(status: number, message: string): Admission {
    return { refusal: { status, message, headers: { 'retry-after': this.#retryAfter } } }
  }
}

function remoteAddress(request: unknown): string | undefined {
  return (request as { socket?: { remoteAddress?: string } } | undefined)?.socket?.remoteAddress
}
