/**
 * How one direction of a connection ends: properly (`'fin'`), broken off (`'reset'`, a TCP RST), or not at all for the one
 * who reads (`'half-open'`): nothing comes any more, and nobody says so.
 */
export type Ending = 'fin' | 'reset' | 'half-open'

/** Where bytes go on to: the next fault of a pipeline, or at its end the socket. After `end` nothing follows. */
export interface ByteSink {
  write(bytes: Uint8Array): void
  end(how: Ending): void
}

/** One fault: bytes come in at its `write`, and leave through the sink that it was made with. */
export interface Stage extends ByteSink {
  /** Drops what it holds and cancels its timers. */
  destroy?(): void
}
