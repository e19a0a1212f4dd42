import type { ConformanceRule } from '../rule.ts'
import type { EventSourceClass, EventSourceLike } from './event-source-like.ts'

/**
 * One behaviour of an `EventSource`, told once and tried anywhere: in this process, or in a page beside a server in this process.
 */
export interface ClientCase extends ConformanceRule {
  /** What the server answers. Default nothing but 204. */
  readonly server?: ServerScript
  /** Runs beside the `EventSource`: it can use nothing but the world. Its result is copied, as by `structuredClone`. */
  readonly run: (world: ClientWorld) => unknown
  readonly expected: unknown
  /** Where the case means something. Default everywhere. */
  readonly place?: ClientPlace
  /** What it cannot do without. It is skipped where that is missing. */
  readonly needs?: ClientNeed
}

export type ClientPlace = 'node' | 'page'

/**
 * `interface`: the interface of the standard, which a library behind an adapter does not claim to have. `reports`: the
 * same, and that no other case runs, because errors which nobody catches belong to the whole process. `clock`: time that is moved by hand.
 */
export type ClientNeed = 'interface' | 'reports' | 'clock'

/** What a path answers: the same thing always, or one thing after another and then 204. `/` may stand alone. */
export type ServerScript = ServerAnswers | Readonly<Record<`/${string}`, ServerAnswers>>
export type ServerAnswers =
  | ServerAnswer
  | readonly ServerAnswer[]
  | ((places: Places) => ServerAnswer | readonly ServerAnswer[])

export interface ServerAnswer {
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
  /** By lower-case name; a character for each byte of the value. */
  readonly headers: Readonly<Record<string, string>>
  /** How long after the end of the answer before it; `undefined` where none had ended. */
  readonly sinceAnswerMs: number | undefined
}

/** What a case may use. */
export interface ClientWorld extends Places {
  readonly EventSource: EventSourceClass
  /** Opens one, and notes all that it tells. */
  open(path?: string, options?: OpenOptions): SourceStory
  /** Those that have come so far, but for preflights. */
  requests(): Promise<readonly SeenRequest[]>
  preflights(): Promise<readonly SeenRequest[]>
  /** How many connections are open: once they are no more than `most`, because a server notices in its own time who has left. */
  connections(most: number): Promise<number>
  /** Ends one pause of an answer, also one that comes only then. */
  release(): Promise<void>
  /** Whether time is moved by hand, so that waiting can be judged to the millisecond. */
  readonly ownClock: boolean
  /** Time passes: by the clock that the subject was given, or by the real one. */
  elapse(ms: number): Promise<void>
  /** Time passes where that costs nothing: by the real clock, not at all. */
  skip(ms: number): Promise<void>
  /** Long enough for whatever may come, if it takes no time by the clock. */
  settle(): Promise<void>
  /** Errors that went to nobody else. */
  readonly reported: readonly string[]
}

export interface OpenOptions {
  readonly withCredentials?: boolean
  /** Types to listen to beside `open`, `message` and `error`. */
  readonly types?: readonly string[]
}

/** What an `EventSource` told. */
export interface SourceStory {
  readonly source: EventSourceLike
  /** In short: `open`, `message a`, `error CONNECTING`. */
  readonly story: readonly string[]
  /** The events of the stream. */
  readonly events: readonly { readonly type: string; readonly data: string; readonly lastEventId: string }[]
  /** Waits until it has told so much. */
  heard(entry: string, times?: number): Promise<void>
}
