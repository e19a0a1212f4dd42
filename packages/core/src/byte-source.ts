import { SseError } from './errors.ts'
import { describe } from './field-values.ts'
import { EVENT_STREAM_MEDIA_TYPE, isEventStreamMediaType } from './media-type.ts'

type Chunk = Uint8Array | string

/** What an event stream can be read from. */
export type EventStreamBody =
  | Response
  | ReadableStream<Uint8Array>
  | ReadableStream<string>
  | AsyncIterable<Chunk>

/** A body, as the reader needs it: one chunk after another, and a way to let go of the rest. */
export interface ByteSource {
  /** The next chunk, or the end. Not called again before it has settled, nor after the end. */
  read(): Promise<{ readonly done: false; readonly value: Chunk } | { readonly done: true }>
  /** Lets go of the body. A `read` that is under way need not settle any more. */
  cancel(reason?: unknown): Promise<void>
}

/** @throws SseError `not-an-event-stream` */
export function openByteSource(body: EventStreamBody): ByteSource {
  if (isResponse(body)) return fromReadableStream(bodyOf(body))
  // Before the async iterator: where a ReadableStream has one, its reader is the shorter way.
  if (hasMethod(body, 'getReader')) return fromReadableStream(body as ReadableStream<Chunk>)
  if (hasMethod(body, Symbol.asyncIterator)) return fromAsyncIterable(body as AsyncIterable<Chunk>)
  throw new SseError(
    'not-an-event-stream',
    `An event stream is read from a Response, a ReadableStream or an async iterable of chunks, but this is ${describe(body)}.`,
  )
}

/** By its shape: a test double, or the response of another fetch implementation, is none of this realm's `Response`. */
function isResponse(body: unknown): body is Response {
  return typeof body === 'object' && body !== null && 'status' in body && 'headers' in body && 'body' in body
}

function bodyOf(response: Response): ReadableStream<Uint8Array> {
  const type = response.headers.get('content-type')
  if (response.status !== 200) throw notAnEventStream(`has status ${response.status}, not 200`)
  if (!isEventStreamMediaType(type)) {
    throw notAnEventStream(`has the content type ${JSON.stringify(type)}, not ${EVENT_STREAM_MEDIA_TYPE}`)
  }
  if (response.body === null) throw notAnEventStream('has no body')
  return response.body
}

function notAnEventStream(problem: string): SseError {
  return new SseError(
    'not-an-event-stream',
    `The response ${problem}, so it is no event stream (WHATWG HTML §9.2.3). Look at its body for the reason, or pass response.body to read it all the same.`,
  )
}

function fromReadableStream(stream: ReadableStream<Chunk>): ByteSource {
  const reader = stream.getReader()
  return { read: () => reader.read(), cancel: (reason) => reader.cancel(reason) }
}

function fromAsyncIterable(iterable: AsyncIterable<Chunk>): ByteSource {
  const iterator = iterable[Symbol.asyncIterator]()
  return {
    read: () => iterator.next() as ReturnType<ByteSource['read']>,
    async cancel() {
      // An async generator answers `return` only when its pending `next` has been answered. So nobody waits for it
      // here, and a Node stream, whose iterator is one, is told by itself: else its socket would stay open.
      if (hasMethod(iterable, 'destroy')) (iterable as unknown as { destroy(): void }).destroy()
      // Whatever comes of it, thrown or rejected, is of no interest to one who has left.
      void (async () => iterator.return?.())().catch(() => {})
    },
  }
}

function hasMethod(value: unknown, name: PropertyKey): boolean {
  return typeof (value as Record<PropertyKey, unknown> | null)?.[name] === 'function'
}
