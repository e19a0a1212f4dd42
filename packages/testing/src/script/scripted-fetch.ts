import { type Clock, systemClock } from '@sse/core'
import { ExchangeLog, type NextOptions } from './exchange-log.ts'
import { sleep, untilAborted } from './play-script.ts'
import { type ExchangeScript, ScriptedAnswers, type WhenOver } from './scripted-answers.ts'
import { Exchange, type ScriptedExchange } from './scripted-exchange.ts'
import { toScriptedRequest } from './scripted-request.ts'
import type { ScriptedRequest } from './step.ts'
import { toResponse } from './to-response.ts'

export interface ScriptedFetchOptions {
  /** By whose time pauses and slow heads pass. Default: the real clock. */
  readonly clock?: Clock | undefined
  /** What requests get after the last answer of a list. Default `'fail'`: they reject with `script-over`. */
  readonly whenOver?: WhenOver | undefined
  /** Whether the signal of a request counts. `false` is how some mocks and polyfills are. Default `true`. */
  readonly obeysSignal?: boolean | undefined
}

/** An exchange without a network. */
export interface FetchExchange extends ScriptedExchange {
  /** As the caller of `fetch` passed it. */
  readonly init: RequestInit
  /** Whether the signal of the request has aborted, if it obeys it or not. */
  readonly aborted: boolean
  /** The request, or after its head the body, fails with this very error. */
  fail(error: unknown): this
}

/** A `fetch` that answers from a script, or as the test says, and keeps what it was asked. */
export interface ScriptedFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>
  /** All requests, in the order in which they were made. */
  readonly requests: readonly ScriptedRequest[]
  /** All exchanges, in the order of their requests. */
  readonly exchanges: readonly FetchExchange[]
  /** The next exchange that this has not returned yet; waits for one. @throws SseError `not-in-time` */
  next(options?: NextOptions): Promise<FetchExchange>
  /** Keeps the exchanges that are over no more, nor their requests: for tests of memory. */
  forget(): void
}

/**
 * A `fetch` without a network. With a script, each request is answered from it:
 * `scriptedFetch([[{ data: 1 }, cut()], [{ data: 2 }]])`. Without one, each request waits until the test answers it:
 * `(await fetch.next()).respond().send({ data: 1 }).end()`.
 *
 * Responses are real, with their `url`; bodies are played as they are read. No redirect is followed: a status of 302 is handed to
 * the caller as it is. A relative URL stays as it is where there is no page.
 *
 * @throws SseError `invalid-option`; its requests reject with that, with `script-over`, or with what the script throws
 */
export function scriptedFetch(
  script?: ExchangeScript<FetchExchange>,
  { clock = systemClock, whenOver, obeysSignal = true }: ScriptedFetchOptions = {},
): ScriptedFetch {
  const log = new ExchangeLog<FetchExchange>()
  const answers = script && new ScriptedAnswers(script, whenOver)

  const fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { url, request } = readRequest(input, init)
    const asked = init.signal ?? (input instanceof Request ? input.signal : undefined)
    const signal = obeysSignal ? asked : undefined
    signal?.throwIfAborted()
    const { method, headers } = request
    const scripted = toScriptedRequest({ method, url, headers }, log.count, () => request.text())
    const exchange = new FetchedExchange(scripted, init, asked ?? undefined)
    log.add(exchange)
    void answers
      ?.next(scripted, exchange)
      .then((answer) => answer === undefined || exchange.answer(answer))
      .catch((error: unknown) => exchange.fail(error))
    return settle(exchange, url, clock, signal ?? undefined)
  }

  return Object.defineProperties(fetch as ScriptedFetch, {
    requests: { get: () => log.all.map(({ request }) => request) },
    exchanges: { value: log.all },
    next: { value: (options?: NextOptions) => log.next(options) },
    forget: { value: () => log.forget() },
  })
}

class FetchedExchange extends Exchange implements FetchExchange {
  readonly init: RequestInit
  readonly #signal: AbortSignal | undefined

  constructor(request: ScriptedRequest, init: RequestInit, signal: AbortSignal | undefined) {
    super(request)
    this.init = init
    this.#signal = signal
  }

  get aborted(): boolean {
    return this.#signal?.aborted ?? false
  }
}

async function settle(
  exchange: FetchedExchange,
  url: string,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    const response = await untilAborted(exchange.response, signal)
    if (response === 'aborted') throw signal?.reason
    if (!response.networkError) return await toResponse(response, { clock, signal, url, observer: exchange })
    if ((await sleep(response.delayMs ?? 0, clock, signal)) === 'aborted') throw signal?.reason
    exchange.ended('cut')
    throw new TypeError('fetch failed', { cause: new Error('The script broke the connection.') })
  } catch (error) {
    exchange.ended(signal?.aborted ? 'released' : 'failed')
    throw error
  }
}

/** Of a page or a worker. */
declare const location: undefined | { readonly href: string }

/** The request as a server would see it, and its URL as a response shows it: without a fragment. */
function readRequest(input: string | URL | Request, init: RequestInit): { url: string; request: Request } {
  const isRequest = input instanceof Request
  const base = typeof location === 'undefined' ? undefined : location.href
  const written = isRequest ? input.url : String(input)
  const isAbsolute = URL.canParse(written, base)
  const absolute = new URL(written, isAbsolute ? base : 'http://relative.invalid')
  // The signal is obeyed here, or not at all.
  const request = new Request(isRequest ? input : absolute, { ...init, signal: null })
  return { url: (isAbsolute ? absolute.href : written).replace(/#.*/s, ''), request }
}
