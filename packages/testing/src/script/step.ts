import type { LineEnding, ServerSentEvent } from '@sse/core'

/**
 * One thing that a scripted stream does: an event, which is encoded; a string or bytes, which go out as they are (half an
 * event, a lone CR, anything); or one of {@link pause}, {@link cut}, {@link stall}.
 */
export type Step = ServerSentEvent | string | Uint8Array | Pause | Cut | Stall

/** What a stream does, in turn: a list, a generator, or one string, which goes out as it is. */
export type Steps = Iterable<Step> | AsyncIterable<Step>

/** Nothing for a while. */
export interface Pause {
  readonly pauseMs: number
}

/** The connection breaks here, without an end of the body. Over TCP that is a reset, or a FIN where the body says its own end. */
export interface Cut {
  readonly cut: 'reset' | 'fin'
}

/** From here on nothing is sent any more, but the connection stays open. */
export interface Stall {
  readonly stall: true
}

/** What answers a request: a whole response, or only the steps of a stream with status 200. */
export type ScriptedAnswer = ScriptedResponse | Steps

/** The head of a response from a script. */
export interface ScriptedHead {
  /** From 200 to 599. Default 200. */
  readonly status?: number | undefined
  /** Beside `content-type: text/event-stream`, which a response of status 200 has unless it is named here; `null` leaves a header out. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined
  /** How long the head is held back. Default 0. */
  readonly delayMs?: number | undefined
  /** How lines of encoded events end. Default `'\n'`. */
  readonly lineEnding?: LineEnding | undefined
}

/** A response from a script. */
export interface ScriptedResponse extends ScriptedHead {
  /** The body. After the last step it ends properly, unless that was a cut or a stall. */
  readonly steps?: Steps | undefined
  /** There is no response: the request fails as it does when the network does. */
  readonly networkError?: boolean | undefined
}

/** An answer for each request in turn, or a function that answers all. */
export type Script =
  | readonly ScriptedAnswer[]
  | ((request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)

/** What a script knows of a request. */
export interface ScriptedRequest {
  readonly method: string
  readonly url: string
  /** The path of the URL with its query. */
  readonly path: string
  readonly headers: Headers
  /** The header `Last-Event-ID`, read as UTF-8; `null` without one. */
  readonly lastEventId: string | null
  /** As text. */
  readonly body: Promise<string>
  /** 0 for the first request. */
  readonly index: number
}

export function pause(ms: number): Pause {
  return { pauseMs: ms }
}

/** By default a reset (RST), which is how a network breaks; `'fin'` is how a crashing proxy ends a connection in the middle. */
export function cut(how: Cut['cut'] = 'reset'): Cut {
  return { cut: how }
}

export function stall(): Stall {
  return { stall: true }
}
