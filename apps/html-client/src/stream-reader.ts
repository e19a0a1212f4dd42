import type { Circuit, StreamState } from './stream-state.ts'

export const READERS = ['@sse/client', 'EventSource'] as const

/** Who reads a stream: the client of this project, or the browser's own. */
export type ReaderKind = (typeof READERS)[number]

export interface ReceivedEvent {
  readonly type: string
  readonly data: string
  /** The event's own id; empty if it came without one. */
  readonly id: string
}

export interface ReaderObserver {
  /** The types to listen for, where a client has to know them before. */
  eventTypes(): Iterable<string>
  stateChanged(state: StreamState): void
  circuitChanged(circuit: Circuit): void
  eventReceived(event: ReceivedEvent, lastEventId: string): void
  commentReceived(comment: string): void
  /** A connection is over, of which nothing was counted before: what it took, decompressed and on the wire. */
  transferEnded(bytes: number, wireBytes: number): void
}

/** Keeps one event stream open from when it is made until it is closed. */
export interface StreamReader {
  close(): void
  /** Breaks the connection under the client, as a network would; undefined where a page cannot. */
  readonly cut?: (() => void) | undefined
  /** Adds what is new in `eventTypes()`. */
  listenForNewTypes(): void
}
