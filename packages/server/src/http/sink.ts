/**
 * Where the bytes of one stream go, with backpressure. The stream owns the sink: it alone writes, and one call at a time.
 *
 * An implementation calls `onDrain` once after each `write` that returned `false`, when it can take more, and `onClose`
 * once, when the client is gone or the connection broke; never from inside a call of its own, and never after `end`
 * or `destroy`.
 */
export interface Sink {
  /** Takes the bytes, which nobody changes afterwards, and keeps their order. `false`: it is full; wait for `onDrain`. */
  write(bytes: Uint8Array): boolean
  /** Sends what was written, then closes the stream properly. */
  end(): void
  /** Drops what was not sent and closes the connection at once. */
  destroy(): void
  onDrain: () => void
  onClose: () => void
}
