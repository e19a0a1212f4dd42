import type { EncodeOptions } from './encode.ts'
import { createEventStreamParser, type EventStreamParserOptions } from './event-stream-parser.ts'
import { encodeFrame } from './frame.ts'
import type { DispatchedEvent, ServerSentEvent } from './server-sent-event.ts'

/**
 * Events in, the bytes of an event stream out.
 *
 * An event that {@link encodeFrame} refuses errors the stream with that `SseError`.
 */
export class EventStreamEncoderStream extends TransformStream<ServerSentEvent, Uint8Array<ArrayBuffer>> {
  constructor(options?: EncodeOptions) {
    super({
      transform(event, controller) {
        controller.enqueue(encodeFrame(event, options))
      },
    })
  }
}

/**
 * The bytes (or strings) of an event stream in, events out. An unfinished event at the end is discarded.
 *
 * An event past the limit errors the stream with the `SseError` `event-too-large`. To read a body event by event,
 * `parseEventStream` is faster: it needs no queue between two streams.
 */
export class EventStreamParserStream extends TransformStream<Uint8Array | string, DispatchedEvent> {
  constructor(options?: Omit<EventStreamParserOptions, 'onEvent'>) {
    let controller: TransformStreamDefaultController<DispatchedEvent>
    const parser = createEventStreamParser({ ...options, onEvent: (event) => controller.enqueue(event) })
    super({
      start(started) {
        controller = started
      },
      transform(chunk) {
        parser.feed(chunk)
      },
      flush() {
        parser.end()
      },
    })
  }
}
