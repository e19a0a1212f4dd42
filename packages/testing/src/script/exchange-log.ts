import { systemClock } from '@sse/core'
import { testingError } from '../errors.ts'
import type { ScriptedExchange } from './scripted-exchange.ts'
import { listRequests } from './scripted-request.ts'

export interface NextOptions {
  /** Only a request for this path, its query apart. Default: any. */
  readonly path?: string | undefined
  /** How long it waits for one, in real time, before it fails. Default 2,000. */
  readonly timeoutMs?: number | undefined
}

interface Waiter<E> {
  readonly path: string | undefined
  readonly take: (exchange: E) => void
}

/** The exchanges in the order of their requests, handed out one by one. */
export class ExchangeLog<E extends Pick<ScriptedExchange, 'request' | 'isOpen'>> {
  readonly all: E[] = []
  #count = 0
  /** Those that `next` has not returned. */
  readonly #unclaimed = new Set<E>()
  readonly #waiters = new Set<Waiter<E>>()

  /** How many there were, forgotten ones too. */
  get count(): number {
    return this.#count
  }

  add(exchange: E): void {
    this.#count++
    this.all.push(exchange)
    for (const waiter of this.#waiters) {
      if (!isFor(waiter.path, exchange)) continue
      this.#waiters.delete(waiter)
      waiter.take(exchange)
      return
    }
    this.#unclaimed.add(exchange)
  }

  /** @throws SseError `not-in-time` */
  async next({ path, timeoutMs = 2_000 }: NextOptions = {}): Promise<E> {
    for (const exchange of this.#unclaimed) {
      if (!isFor(path, exchange)) continue
      this.#unclaimed.delete(exchange)
      return exchange
    }
    return new Promise((resolve, reject) => {
      const waiter = {
        path,
        take(exchange: E): void {
          cancel()
          resolve(exchange)
        },
      }
      this.#waiters.add(waiter)
      const cancel = systemClock.schedule(
        () => {
          this.#waiters.delete(waiter)
          reject(this.#notInTime(path, timeoutMs))
        },
        timeoutMs,
        true,
      )
    })
  }

  /** Those that are over are kept no more. */
  forget(): void {
    const open = this.all.filter(({ isOpen }) => isOpen)
    this.all.splice(0, this.all.length, ...open)
    for (const exchange of this.#unclaimed) if (!exchange.isOpen) this.#unclaimed.delete(exchange)
  }

  #notInTime(path: string | undefined, timeoutMs: number): Error {
    const requests = this.all.map(({ request }) => request)
    const made =
      requests.length === 0
        ? 'There was none at all.'
        : `There were ${requests.length} before: ${listRequests(requests)}.`
    return testingError(
      'not-in-time',
      `No ${requests.length === 0 ? '' : 'other '}request${path === undefined ? '' : ` for ${path}`} came within ${timeoutMs} ms. ${made}`,
    )
  }
}

function isFor(path: string | undefined, { request }: Pick<ScriptedExchange, 'request'>): boolean {
  return path === undefined || request.path.replace(/\?.*/, '') === path
}
