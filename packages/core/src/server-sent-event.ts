/**
 * An event as a server writes it. At least one field must be set; a field that is `undefined` counts as absent.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export interface ServerSentEvent {
  /** The event type: one line, no NUL. Absent or `''` means `message` to every client. Needs `data`. */
  readonly event?: string | undefined
  /**
   * A string is sent as it is, one `data` line for each of its lines. Any other value is sent as strict JSON.
   * A stream has no way to tell CR and CRLF from LF inside text: a client reads each line break as `\n`.
   */
  readonly data?: unknown
  /** What a client sends back as `Last-Event-ID`: one line, no NUL. `''` makes it forget the last one. */
  readonly id?: string | undefined
  /** The reconnection time in milliseconds: an integer from 0 to 2³¹−1. */
  readonly retry?: number | undefined
  /** Lines that every client ignores: keep-alives, notes for whoever reads the wire. */
  readonly comment?: string | undefined
}

/** An event as a reader sees it: what a browser puts on the `MessageEvent` that it dispatches. */
export interface DispatchedEvent {
  /** The event type, `message` unless the stream said otherwise. */
  readonly type: string
  /** The data lines, joined by `\n`. */
  readonly data: string
  /** The last event ID of the stream when this event was dispatched, `''` when there never was one. */
  readonly lastEventId: string
}

/** How lines end on the wire. A stream may use any of the three; readers accept all (WHATWG HTML §9.2.5). */
export type LineEnding = '\n' | '\r\n' | '\r'

/** The longest reconnection time there is, in milliseconds: a longer one overflows `setTimeout` and fires at once. */
export const MAX_RETRY_MS = 0x7fff_ffff
