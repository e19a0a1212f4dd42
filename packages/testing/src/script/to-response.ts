import { type Clock, onAbort, systemClock } from '@sse/core'
import { isBodiless } from './check-answer.ts'
import { playSteps, sleep } from './play-script.ts'
import type { ExchangeEnd } from './scripted-exchange.ts'
import type { ScriptedResponse, Steps } from './step.ts'

/** Who is told how a body fares. */
export interface BodyObserver {
  /** Whether its reader waits for bytes. */
  isRead: boolean
  sentBytes: number
  ended(end: ExchangeEnd): void
}

export interface ToResponseOptions {
  /** By whose time it waits. Default: the real clock. */
  readonly clock?: Clock | undefined
  /** Gives the request up: before the head the call rejects with the signal's reason, after it the body fails with it. */
  readonly signal?: AbortSignal | undefined
  /** Ends the play without a word to its reader: there is no head any more, or the body stays open and silent. */
  readonly abandoned?: AbortSignal | undefined
  /** What `response.url` says. Default `''`. */
  readonly url?: string | undefined
  readonly observer?: BodyObserver | undefined
}

/**
 * A real `Response` of what a script says, after its `delayMs`. Its body is played as it is read, and no faster; a cut breaks it with
 * the `TypeError` that Node's `fetch` has for it. `networkError` is the caller's to look at: there is no response then.
 */
export async function toResponse(
  response: ScriptedResponse,
  { clock = systemClock, signal, abandoned, url = '', observer }: ToResponseOptions = {},
): Promise<Response> {
  const { status = 200, delayMs = 0, steps = [] } = response
  if ((await sleep(delayMs, clock, anyOf(signal, abandoned))) === 'aborted') {
    observer?.ended('released')
    if (abandoned?.aborted) return new Promise(() => {})
    throw signal?.reason
  }
  const headers = new Headers(headersOf(response))
  if (!isBodiless(status)) {
    const body = playedBody(steps, response, { clock, signal, abandoned, observer })
    return withUrl(new Response(body, { status, headers }), url)
  }
  observer?.ended('complete')
  return withUrl(new Response(null, { status, headers }), url)
}

/** The headers of a response, with the content type of an event stream unless it says something else. */
export function headersOf({ status = 200, headers = {} }: ScriptedResponse): [name: string, value: string][] {
  const named = Object.entries(headers)
  const isTyped = status !== 200 || named.some(([name]) => name.toLowerCase() === 'content-type')
  const all = isTyped ? named : [['content-type', 'text/event-stream'] as const, ...named]
  return all.flatMap(([name, value]) => (value === null ? [] : [[name, value]]))
}

function playedBody(
  steps: Steps,
  { lineEnding }: ScriptedResponse,
  { clock, signal, abandoned, observer }: ToResponseOptions,
): ReadableStream<Uint8Array> {
  const gone = new AbortController()
  const bytes = playSteps(steps, { clock, lineEnding, signal: gone.signal })
  let stopListening = (): void => {}
  const end = (how: ExchangeEnd): void => {
    stopListening()
    if (how === 'released') {
      // Whether it waits for something, or to be read on.
      gone.abort()
      void bytes.return('aborted')
    }
    observer?.ended(how)
  }
  const reads = (isRead: boolean): void => {
    if (observer !== undefined) observer.isRead = isRead
  }
  return new ReadableStream({
    type: 'bytes',
    start(controller) {
      const stops = [
        onAbort(signal, (reason) => {
          controller.error(reason)
          end('released')
        }),
        onAbort(abandoned, () => end('released')),
      ]
      stopListening = () => {
        for (const stop of stops) stop()
      }
    },
    async pull(controller) {
      if (abandoned?.aborted) return
      reads(true)
      try {
        const { done, value } = await bytes.next()
        if (!done) {
          if (observer !== undefined) observer.sentBytes += value.length
          controller.enqueue(value)
        } else if (value === 'complete') {
          controller.close()
          // Whoever reads into a buffer of their own is told of the end by this.
          controller.byobRequest?.respond(0)
          end('complete')
        } else if (value !== 'aborted') {
          controller.error(
            new TypeError('terminated', { cause: new Error('The script cut the connection.') }),
          )
          end('cut')
        }
      } catch (error) {
        controller.error(error)
        end('failed')
      } finally {
        reads(false)
      }
    },
    cancel: () => end('released'),
  })
}

/** A `Response` that is made has no URL, but one that was fetched has. */
function withUrl(response: Response, url: string): Response {
  const clone = response.clone.bind(response)
  return Object.defineProperties(response, {
    url: { value: url, configurable: true },
    clone: { value: () => withUrl(clone(), url), configurable: true },
  })
}

function anyOf(signal: AbortSignal | undefined, other: AbortSignal | undefined): AbortSignal | undefined {
  return signal && other ? AbortSignal.any([signal, other]) : (signal ?? other)
}
