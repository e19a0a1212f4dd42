import type { Verdict } from '../connection/connection.ts'
import { ConnectionError } from '../errors.ts'

/** Methods whose requests may be made twice with the same effect as once (RFC 9110 §9.2.2; QUERY: RFC 10008). */
const IDEMPOTENT: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY']

/** Statuses below 500 after which another attempt may fare better. */
const TEMPORARY_STATUSES: readonly unknown[] = [408, 425, 429]

/** Whether another attempt may fare better: not after an answer that would be the same again. */
export function isTemporary({ code, response }: ConnectionError): boolean {
  if (code === 'refused') {
    const status = response?.status ?? 0
    return status >= 500 || TEMPORARY_STATUSES.includes(status)
  }
  return code !== 'no-content' && code !== 'not-an-event-stream' && code !== 'event-too-large'
}

export interface JudgeOptions {
  readonly method: string
  readonly retryUnsafe: boolean
  readonly retryWhen: ((error: ConnectionError) => boolean | undefined) | undefined
  readonly onUnauthorized: ((error: ConnectionError) => boolean | Promise<boolean>) | undefined
  /** Whether the end of the stream is told by an event. */
  readonly endsByEvent: boolean
  /** The position of the stream. */
  readonly lastEventId: () => string
}

/** Decides what follows an attempt that has ended. */
export class Judge {
  readonly #options: JudgeOptions
  /** Whether the credentials were renewed since a connection was open: that is tried once. */
  #renewed = false

  constructor(options: JudgeOptions) {
    this.#options = options
  }

  opened(): void {
    this.#renewed = false
  }

  async judge(error: ConnectionError): Promise<Verdict> {
    const { method, retryUnsafe, retryWhen, onUnauthorized, endsByEvent, lastEventId } = this.#options
    if (error.code === 'no-content') return 'done'
    try {
      if (onUnauthorized !== undefined && isUnauthorized(error)) {
        const again = !this.#renewed && (await onUnauthorized(error))
        this.#renewed = true
        if (again) return 'at-once'
      }
      // With an id, the server goes on where it was instead of doing it all again. A request that was never made does nothing.
      const repeatable =
        retryUnsafe || IDEMPOTENT.includes(method) || lastEventId() !== '' || error.code === 'request-failed'
      if (!repeatable && error.code === 'stream-ended' && !endsByEvent) return 'done'
      if (!(retryWhen?.(error) ?? isTemporary(error))) return error
      return repeatable ? 'again' : notRepeated(method, error)
    } catch (cause) {
      return new ConnectionError('request-failed', 'onUnauthorized or retryWhen threw.', { cause })
    }
  }
}

function isUnauthorized({ response }: ConnectionError): boolean {
  return response?.status === 401 || response?.status === 403
}

function notRepeated(method: string, cause: ConnectionError): ConnectionError {
  return new ConnectionError(
    'not-repeated',
    `A ${method} request is not made twice, because it may do twice what it does. ${cause.message} Pass retryUnsafe: true if it may be repeated, or give events ids, so that the server can go on.`,
    { cause, response: cause.response },
  )
}
