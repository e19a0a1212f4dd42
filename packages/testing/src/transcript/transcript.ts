/** What is known of a recorded stream before its first byte. */
export interface TranscriptHead {
  /** Where it came from: without user name and password, and with query values replaced, unless they were asked for. */
  readonly url: string
  readonly status: number
  /** As they came, names in lower case; without those that belong to one connection only, and without `set-cookie`. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Those headers of the request that were asked for. */
  readonly requestHeaders?: readonly (readonly [name: string, value: string])[] | undefined
  /** How long the head of the response was awaited, in milliseconds; 0 where only the response was there to record. */
  readonly headMs: number
  /** When the head came, ISO 8601. */
  readonly recordedAt: string
}

/** Bytes of the body, as they came in one piece. */
export interface TranscriptChunk {
  /** Milliseconds since the head came. */
  readonly atMs: number
  readonly bytes: Uint8Array
}

/**
 * Why a transcript has no more. `complete`: the body came to its end. `cut`: the connection broke before. `closed`: whoever
 * recorded it had enough.
 */
export type TranscriptEndReason = 'complete' | 'cut' | 'closed'

export interface TranscriptEnd {
  readonly atMs: number
  readonly reason: TranscriptEndReason
  /** What broke it, where something did. */
  readonly error?: string | undefined
}

/** A stream that was recorded: every byte of its body, and when it came. */
export interface Transcript extends TranscriptHead {
  /** In the order in which they came. */
  readonly chunks: readonly TranscriptChunk[]
  readonly end: TranscriptEnd
}

/** What a recording yields, and a file has as its lines: the head, then chunks, then the end. */
export type TranscriptRecord =
  | { readonly kind: 'head'; readonly head: TranscriptHead }
  | { readonly kind: 'chunk'; readonly chunk: TranscriptChunk }
  | { readonly kind: 'end'; readonly end: TranscriptEnd }
