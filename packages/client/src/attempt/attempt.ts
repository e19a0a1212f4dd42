import {
  type DispatchedEvent,
  type EventStreamParser,
  onAbort,
  SseError,
  type UnboundedParserOptions,
} from '@sse/core'
import { ConnectionError, type ResponseHead } from '../errors.ts'
import { validateResponse } from './validate-response.ts'

/** The `fetch` of any runtime, or one like it. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>

/** One request, ready to be sent. */
export interface PreparedRequest {
  readonly url: string
  readonly init: RequestInit
}

/** What reads the stream of an attempt: with limits, or without. */
export type CreateParser = (options: UnboundedParserOptions) => EventStreamParser

/** Who is told how an attempt fares. None of these may throw. */
export interface AttemptListener {
  opened(head: ResponseHead): void
  /** `id` is the event's own, if it has one; `event.lastEventId` is the position of the stream. */
  event(event: DispatchedEvent, id: string | undefined): void
  retry(ms: number): void
  /** Bytes came; what they hold is told right after this, and then where the stream is. */
  received?(bytes: number): void
  position?(lastEventId: string): void
  comment?(text: string): void
  /** Asked before each read: whoever cannot take more returns a promise, and nothing is read until it settles. */
  ready?(): Promise<void> | undefined
}

export interface AttemptOptions {
  readonly fetch: FetchLike
  /** Ends the attempt with the signal's reason, a `ConnectionError`. */
  readonly signal: AbortSignal
  readonly lastEventId: string
  readonly createParser: CreateParser
}

/**
 * Sends one request and reads its stream to the end, with no memory of other attempts. Settles with why it ended, which for
 * a stream that came to its end is `stream-ended`. Never rejects.
 */
export async function attempt(
  prepare: () => PreparedRequest | Promise<PreparedRequest>,
  options: AttemptOptions,
  listener: AttemptListener,
): Promise<ConnectionError> {
  const { signal, lastEventId, createParser } = options
  // Its own, because to ask a signal is slow where it is done for each event.
  let givenUp = false
  const parser = createParser({
    lastEventId,
    // Whoever is told may give the attempt up, and is then told nothing more, although the chunk holds more.
    onEvent: (event, id) => givenUp || listener.event(event, id),
    onRetry: (ms) => givenUp || listener.retry(ms),
    onComment: (text) => givenUp || listener.comment?.(text),
  })
  // Who gives it up need not wait for a function of the caller's that hangs, nor for a `fetch` that ignores its signal.
  const end = Promise.withResolvers<never>()
  onAbort(signal, (reason) => {
    givenUp = true
    end.reject(reason)
  })
  try {
    return await Promise.race([read(prepare, options, parser, listener), end.promise])
  } catch (thrown) {
    return givenUp ? (signal.reason as ConnectionError) : errorOf(thrown)
  }
}

async function read(
  prepare: () => PreparedRequest | Promise<PreparedRequest>,
  { fetch, signal }: AttemptOptions,
  parser: EventStreamParser,
  listener: AttemptListener,
): Promise<ConnectionError> {
  signal.throwIfAborted()
  const { url, init } = await prepared(prepare)
  signal.throwIfAborted()
  const response = await fetch(url, { ...init, signal })
  const reader = response.body?.getReader()
  // What is left of the body holds a connection. That it cannot be cancelled any more is of no interest.
  const release = (): unknown => reader?.cancel().catch(() => {})
  onAbort(signal, release)
  try {
    signal.throwIfAborted()
    const head: ResponseHead = {
      url: response.url || url,
      status: response.status,
      headers: response.headers,
    }
    const refusal = validateResponse(head)
    if (refusal !== undefined) return refusal
    listener.opened(head)
    for (;;) {
      signal.throwIfAborted()
      await listener.ready?.()
      signal.throwIfAborted()
      const chunk = await reader?.read()
      signal.throwIfAborted()
      if (chunk === undefined || chunk.done) {
        return new ConnectionError('stream-ended', 'The event stream came to its end.', { response: head })
      }
      listener.received?.(chunk.value.byteLength)
      try {
        parser.feed(chunk.value)
      } finally {
        if (!signal.aborted) listener.position?.(parser.lastEventId)
      }
    }
  } finally {
    release()
  }
}

async function prepared(prepare: () => PreparedRequest | Promise<PreparedRequest>): Promise<PreparedRequest> {
  try {
    return await prepare()
  } catch (cause) {
    throw new ConnectionError(
      'request-failed',
      'The request could not be made: its url, headers or body threw.',
      { cause },
    )
  }
}

function errorOf(thrown: unknown): ConnectionError {
  if (thrown instanceof ConnectionError) return thrown
  if (thrown instanceof SseError && thrown.code === 'event-too-large') {
    return new ConnectionError('event-too-large', thrown.message, { cause: thrown })
  }
  return new ConnectionError(
    'network-error',
    `The server cannot be reached, or the connection broke${systemReason(thrown)}.`,
    { cause: thrown },
  )
}

/** What the system said, which Node hides behind `fetch failed`. Browsers tell scripts nothing. */
function systemReason(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined
  // Where a name has several addresses, the first tells as much as all.
  const told = cause instanceof AggregateError ? cause.errors[0] : cause
  return told instanceof Error ? `: ${told.message}` : ''
}
