import type { EventSource, EventSourceInit } from '../../src/event-source.ts'

/**
 * One behaviour of an `EventSource`, told once and tried three times: on ours in Node, on ours in a browser, and on the
 * browser's own, which is the control: where that one fails, the case or the browser is wrong, and the case says which.
 */
export interface ConformanceCase {
  /** A fact in the present tense, with the section of WHATWG HTML that demands it, where there is one. */
  readonly title: string
  /** What the server answers. */
  readonly server?: Script
  /** Runs beside the `EventSource`: it can use nothing but the world. Its result is copied, as by `structuredClone`. */
  readonly run: (world: World) => unknown
  readonly expected: unknown
  /** Where the case means something; default everywhere. */
  readonly only?: 'node' | 'page'
  /** Where a subject is known to do something else, with the reason. It is held to that. */
  readonly otherwise?: { readonly [S in Subject]?: { readonly because: string; readonly expected: unknown } }
}

export type Subject = 'ours in Node' | 'ours in Chromium' | "Chromium's own"

/** What a path answers: the same thing always, or one thing after another and then 204. `/` may stand alone. */
export type Script = Answers | Readonly<Record<`/${string}`, Answers>>
export type Answers = Answer | readonly Answer[] | ((places: Places) => Answer | readonly Answer[])

export interface Answer {
  /** Default 200. */
  readonly status?: number
  /** Beside those of an event stream that any origin may read; `null` takes one of those away. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Written one after the other, each in a packet of its own as far as one can tell. */
  readonly body?: readonly (string | Uint8Array | typeof PAUSE)[] | string
  /** Default: the connection is left open, and silent. A reset overtakes what was written, unless there is a pause before it. */
  readonly after?: 'end' | 'reset'
  /** Whether there is a pause before the head. */
  readonly late?: true
  /** The connection breaks instead of an answer. */
  readonly instead?: 'reset'
}

/** The server goes on when the case calls `release()`. */
export const PAUSE = { pause: true } as const

export interface Places {
  /** Of the server, and of the page where there is one. */
  readonly origin: string
  /** Another origin of the same server. */
  readonly elsewhere: string
}

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** What a case may use. */
export interface World extends Places {
  readonly EventSource: typeof EventSource
  /** Opens one, and notes all that it tells. */
  open(path?: string, options?: OpenOptions): Recording
  /** Those that have come so far, but for preflights. */
  requests(): Promise<readonly SeenRequest[]>
  preflights(): Promise<readonly SeenRequest[]>
  /** How many connections are open. */
  connections(): Promise<number>
  /** Ends one pause of an answer, also one that comes only then. */
  release(): Promise<void>
  /** Time passes: by the clock that the subject was given, or by the real one. */
  elapse(ms: number): Promise<void>
  /** Time passes where that costs nothing: in a page, not at all. */
  skip(ms: number): Promise<void>
  /** Long enough for whatever may come, if it takes no time by the clock. */
  settle(): Promise<void>
  /** Errors that went to nobody else. */
  readonly reported: readonly string[]
}

export interface OpenOptions extends EventSourceInit {
  /** Types to listen to beside `open`, `message` and `error`. */
  readonly types?: readonly string[]
}

export interface Recording {
  readonly source: EventSource
  /** In short: `open`, `message a`, `error CONNECTING`. */
  readonly story: readonly string[]
  /** The events of the stream. */
  readonly events: readonly { readonly type: string; readonly data: string; readonly lastEventId: string }[]
  /** Waits until it has told so much. */
  heard(entry: string, times?: number): Promise<void>
}
