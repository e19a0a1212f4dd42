import type { Compression } from '../compression/compression.ts'
import { StreamFeed } from '../stream/content.ts'
import type { EventStream } from '../stream/event-stream.ts'

/** A channel as content, read in a certain way. */
export class Subscription extends StreamFeed {
  readonly compression: Compression | undefined
  readonly #subscribe: (stream: EventStream, lastEventId: string) => void

  constructor(
    compression: Compression | undefined,
    subscribe: (stream: EventStream, lastEventId: string) => void,
  ) {
    super()
    this.compression = compression
    this.#subscribe = subscribe
  }

  feed(stream: EventStream, lastEventId: string): void {
    this.#subscribe(stream, lastEventId)
  }
}
