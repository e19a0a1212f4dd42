import { type Clock, type LineEnding, type ServerSentEvent, systemClock } from '@sse/core'
import { type Compression, checkCompression } from '../compression/compression.ts'
import { checkCount, checkDuration, serverError } from '../errors.ts'
import type { ConnectionLimiter } from '../http/connection-limiter.ts'
import { responseHeaders } from '../http/response-headers.ts'
import type { StreamContext } from './stream-context.ts'
import type { StreamEnd } from './stream-end.ts'

export interface EventSourceResponseOptions<Request = unknown> {
  /** The status of the response. Default 200; browsers read no other as an event stream. */
  readonly status?: number | undefined
  /** More headers. Of those that make an event stream, only `cache-control` may be replaced. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A stream that was silent for this long is pinged. Default 15,000 ms; 0 or `false` = never. Clients are told it. */
  readonly pingIntervalMs?: number | false | undefined
  /** `'always'`: at a fixed cadence, also while events flow. Default `'idle'`: only silence is pinged. */
  readonly pingWhen?: 'idle' | 'always' | undefined
  /** What a ping is: a comment, or an event. Default a comment, `ping - <ISO time>`. */
  readonly pingMessage?: (() => ServerSentEvent) | undefined
  /**
   * `'auto'`: compressed with gzip for clients that accept it, each event at once. A channel's text is compressed once for
   * all its subscribers; other content has a compressor for each stream, of which a process has no more than 1,000.
   * Not where secrets stand beside text that others can have a hand in: see SECURITY.md. Default: what the channel
   * says, and `false` for other content; a `false` of either one holds.
   */
  readonly compression?: Compression | undefined
  /** How every line of the stream ends. Default `'\n'`. */
  readonly lineEnding?: LineEnding | undefined
  /** A client that does not take what was written within this time is cut off. Default: none; 0 or `false` = none. */
  readonly sendTimeoutMs?: number | false | undefined
  /** The reconnection time that clients are given when the stream opens. Default: none, which leaves it to them. */
  readonly retryMs?: number | undefined
  /** The methods that are answered with the stream. Default GET, HEAD, POST and QUERY; others get a 405. */
  readonly methods?: readonly string[] | undefined
  /** Bounds how many streams are open at once. Default: none. */
  readonly limiter?: ConnectionLimiter<Request> | undefined
  /**
   * Ends the stream after this time, shortened at random by up to a fifth so that streams which began together do not end
   * together: load balancers and rolling deploys can then rebalance. Default: none; 0 or `false` = none.
   */
  readonly maxDurationMs?: number | false | undefined
  /**
   * How long the source may go on when the server shuts down, after `ctx.shutdown` has aborted. Default 0: it is ended at
   * once. Never longer than the grace of the shutdown itself.
   */
  readonly shutdownGraceMs?: number | undefined
  /**
   * Run beside the stream, as the producer of a memory channel is. When it throws, the stream ends with that error; that
   * it returns ends nothing.
   */
  readonly dataSender?: ((context: StreamContext<Request>) => Promise<void>) | undefined
  /**
   * Told of what the source threw; what it returns is sent to the client before the stream ends. Without it the client
   * is told nothing, and the process gets a warning.
   */
  readonly onError?: // biome-ignore lint/suspicious/noConfusingVoidType: `(error) => log(error)` tells the client nothing, and should fit.
  ((error: unknown, context: StreamContext<Request>) => ServerSentEvent | undefined | void) | undefined
  /** Called after the end, whatever ended the stream, and awaited before `send` settles. */
  readonly onClose?: ((end: StreamEnd, context: StreamContext<Request>) => void | Promise<void>) | undefined
  /** Work that the stream leaves behind: called after `onClose`, whatever ended the stream, and awaited. */
  readonly background?:
    | ((end: StreamEnd, context: StreamContext<Request>) => void | Promise<void>)
    | undefined
  /** Time, for tests. Default the real one. */
  readonly clock?: Clock | undefined
  /** Chance, for tests: numbers from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** What of the options decides how a request is answered. Nobody needs it any more when the stream has begun. */
export interface AnswerSettings<Request> {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly methods: readonly string[]
  readonly limiter: ConnectionLimiter<Request> | undefined
  readonly compression: Compression | undefined
}

/** What of the options the stream itself needs. */
export interface StreamSettings<Request> {
  readonly pingIntervalMs: number
  readonly pingWhen: 'idle' | 'always'
  readonly pingMessage: () => ServerSentEvent
  readonly lineEnding: LineEnding
  readonly sendTimeoutMs: number
  readonly retryMs: number | undefined
  /** 0 = no limit. Each stream shortens it by its own chance. */
  readonly maxDurationMs: number
  readonly random: () => number
  readonly shutdownGraceMs: number
  readonly dataSender: EventSourceResponseOptions<Request>['dataSender']
  readonly onError: EventSourceResponseOptions<Request>['onError']
  readonly onClose: EventSourceResponseOptions<Request>['onClose']
  readonly background: EventSourceResponseOptions<Request>['background']
  readonly clock: Clock
}

const DEFAULT_PING_INTERVAL_MS = 15_000
/** Those by which streams are asked for; POST and QUERY by clients that send a body. */
const DEFAULT_METHODS = ['GET', 'HEAD', 'POST', 'QUERY']
/** Those of which HTTP takes no body (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
const STATUSES_WITHOUT_BODY = [204, 205, 304]
/** The longest reconnection time that an event can carry. */
export const MAX_RETRY_MS = 0x7fff_ffff

/** The options, checked and complete. */
export interface CheckedOptions<Request> {
  readonly answer: AnswerSettings<Request>
  readonly stream: StreamSettings<Request>
}

/** @throws SseError `invalid-option` or `invalid-header` */
export function checkOptions<Request>(options: EventSourceResponseOptions<Request>): CheckedOptions<Request> {
  const {
    status = 200,
    clock = systemClock,
    lineEnding = '\n',
    pingIntervalMs,
    pingWhen = 'idle',
    sendTimeoutMs,
    retryMs,
    maxDurationMs,
    random = Math.random,
  } = options
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw serverError(
      'invalid-option',
      `status must be an HTTP status from 200 to 599, but it is ${String(status)}.`,
      {
        field: 'status',
      },
    )
  }
  if (STATUSES_WITHOUT_BODY.includes(status)) {
    throw serverError(
      'invalid-option',
      `status must be one of a response with a body, but ${status} has none. To end a client's reconnecting, answer with a bare 204 instead of a stream.`,
      { field: 'status' },
    )
  }
  if (lineEnding !== '\n' && lineEnding !== '\r\n' && lineEnding !== '\r') {
    throw serverError('invalid-option', `lineEnding must be '\\n', '\\r\\n' or '\\r'.`, {
      field: 'lineEnding',
    })
  }
  if (pingWhen !== 'idle' && pingWhen !== 'always') {
    throw serverError(
      'invalid-option',
      `pingWhen must be 'idle' or 'always', but it is ${String(pingWhen)}.`,
      {
        field: 'pingWhen',
      },
    )
  }
  return {
    answer: {
      status,
      headers: responseHeaders(options.headers),
      methods: options.methods ?? DEFAULT_METHODS,
      limiter: options.limiter,
      compression: checkCompression(options.compression),
    },
    stream: {
      pingIntervalMs:
        pingIntervalMs === false
          ? 0
          : checkDuration('pingIntervalMs', pingIntervalMs ?? DEFAULT_PING_INTERVAL_MS),
      pingWhen,
      pingMessage: options.pingMessage ?? (clock === systemClock ? systemPing : pingBy(clock)),
      lineEnding,
      sendTimeoutMs: sendTimeoutMs === false ? 0 : checkDuration('sendTimeoutMs', sendTimeoutMs ?? 0),
      retryMs: retryMs === undefined ? undefined : checkCount('retryMs', retryMs, MAX_RETRY_MS),
      maxDurationMs: maxDurationMs === false ? 0 : checkDuration('maxDurationMs', maxDurationMs ?? 0),
      random,
      shutdownGraceMs: checkDuration('shutdownGraceMs', options.shutdownGraceMs ?? 0),
      dataSender: options.dataSender,
      onError: options.onError,
      onClose: options.onClose,
      background: options.background,
      clock,
    },
  }
}

function pingBy(clock: Clock): () => ServerSentEvent {
  return () => ({ comment: `ping - ${new Date(clock.wallTime()).toISOString()}` })
}

/** One for all streams: they are many, and most of them do nothing else. */
const systemPing = pingBy(systemClock)
