/** Who writes to a sink, and is told how it fares. */
export interface SinkOwner {
  /** It can take more: called once after each `write` that returned `false`. */
  sinkDrained(): void
  /** The client is gone, or the connection broke. Called once. */
  sinkClosed(): void
}

/**
 * Where the bytes of one stream go, with backpressure. Its owner alone writes, and one call at a time.
 *
 * An implementation tells its owner nothing from inside a call of its own.
 */
export interface Sink {
  owner: SinkOwner | undefined
  /** How many bytes were written that the connection has not taken yet. */
  readonly backlog: number
  /** Takes the bytes, which nobody changes afterwards, and keeps their order. `false`: it is full; wait until it has drained. */
  write(bytes: Uint8Array): boolean
  /** Sends what was written, then `last`, which it takes also when it is full, and closes the stream properly. */
  end(last?: Uint8Array): void
  /** Drops what was not sent and closes the connection at once; after `end`, if that has not been sent yet. */
  destroy(): void
}
