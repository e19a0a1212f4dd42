import type { EncodeOptions } from './encode.ts'
import { createEventStreamParser, type EventStreamParserOptions } from './event-stream-parser.ts'
import { encodeFrame } from './frame.ts'
import type { DispatchedEvent, ServerSentEvent } from './server-sent-event.ts'

// Like the streams of the Encoding standard, these have a transform stream and are none: bundlers keep a class that extends one
// of the runtime's also where nobody uses it.

/**
 * Events in, the bytes of an event stream out: `events.pipeThrough(new EventStreamEncoderStream())`.
 *
 * An event that {@link encodeFrame} refuses errors the stream with that `SseError`.
 */
export class EventStreamEncoderStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly writable: WritableStream<ServerSentEvent>

  constructor(options?: EncodeOptions) {
    const { readable, writable } = new TransformStream<ServerSentEvent, Uint8Array<ArrayBuffer>>({
      transform(event, controller) {
        controller.enqueue(encodeFrame(event, options))
      },
    })
    this.readable = readable
    this.writable = writable
  }
}

/**
 * The bytes (or strings) of an event stream in, events out. An unfinished event at the end is discarded.
 *
 * An event past the limit errors the stream with the `SseError` `event-too-large`. To read a body event by event,
 * `parseEventStream` is faster: it needs no queue between two streams.
 */
export class EventStreamParserStream {
  readonly readable: ReadableStream<DispatchedEvent>
  readonly writable: WritableStream<Uint8Array | string>

  constructor(options?: Omit<EventStreamParserOptions, 'onEvent'>) {
    let controller: TransformStreamDefaultController<DispatchedEvent>
    const parser = createEventStreamParser({ ...options, onEvent: (event) => controller.enqueue(event) })
    const { readable, writable } = new TransformStream<Uint8Array | string, DispatchedEvent>({
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
    this.readable = readable
    this.writable = writable
  }
}
