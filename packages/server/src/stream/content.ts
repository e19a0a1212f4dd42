import type { ServerSentEvent } from '@sse/core'
import type { Compression } from '../compression/compression.ts'
import { serverError } from '../errors.ts'
import type { EventStream } from './event-stream.ts'

/** What a source gives: the data of an event, an event, or bytes that are encoded already and pass through as they are. */
export type StreamItem = string | ServerSentEvent | Uint8Array

/** Content that feeds streams by itself, such as a channel: it writes as events come, and lets go when the stream ends. */
export abstract class StreamFeed {
  /**
   * Whether its streams are compressed, if it says anything of it. For `EventSourceResponse` to ask.
   * @internal
   */
  abstract readonly compression: Compression | undefined
  /**
   * Feeds `stream` from after `lastEventId` on (`''`: the client has read nothing yet). For `EventSourceResponse` to call.
   * @internal
   */
  abstract feed(stream: EventStream, lastEventId: string): void
}

/** What a stream can be made of. A `MemoryReceiver` of `@sse/core` is an `AsyncIterable`. */
export type StreamContent =
  | AsyncIterable<StreamItem>
  | Iterable<StreamItem>
  | ReadableStream<StreamItem>
  | StreamFeed

/** A source of items that is asked for one after the other. */
export type ItemIterator = AsyncIterator<StreamItem, unknown> | Iterator<StreamItem, unknown>

/** @throws SseError `invalid-content` */
export function iterate(content: unknown): ItemIterator {
  if (typeof content === 'object' && content !== null) {
    if (hasMethod(content, 'getReader')) return readStream(content as ReadableStream<StreamItem>)
    if (hasMethod(content, Symbol.asyncIterator)) return iterateAsync(content as AsyncIterable<StreamItem>)
    if (hasMethod(content, Symbol.iterator)) return (content as Iterable<StreamItem>)[Symbol.iterator]()
  }
  throw serverError(
    'invalid-content',
    `An event stream is made of an async or sync iterable, a ReadableStream, a memory receiver, a Channel, or a function that returns one of them, but this is ${typeof content}. To send one event, pass an array that holds it.`,
  )
}

/** Not by its own iterator, which would first wait for a read that is under way: the source may be silent for ever. */
function readStream(stream: ReadableStream<StreamItem>): ItemIterator {
  const reader = stream.getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<StreamItem, unknown>>,
    async return(value) {
      await reader.cancel()
      return { done: true, value }
    },
  }
}

function iterateAsync(content: AsyncIterable<StreamItem>): AsyncIterator<StreamItem, unknown> {
  const iterator = content[Symbol.asyncIterator]()
  if (!hasMethod(content, 'destroy')) return iterator
  // A Node stream. Its iterator is an async generator, which likewise waits for the next chunk before it returns.
  return {
    next: () => iterator.next(),
    async return(value) {
      ;(content as unknown as { destroy(): void }).destroy()
      return { done: true, value }
    },
  }
}

function hasMethod(value: object, name: PropertyKey): boolean {
  return typeof (value as Record<PropertyKey, unknown>)[name] === 'function'
}

/** Writes one item of a source. @throws SseError `invalid-item`, or what the encoder refuses. */
export function writeItem(stream: EventStream, item: unknown): void {
  if (typeof item === 'string') stream.writeEvent({ data: item })
  // A copy: the source may fill the same bytes anew for its next item, while these still wait to be sent.
  else if (item instanceof Uint8Array) stream.write(new Uint8Array(item), 1)
  else if (typeof item === 'object' && item !== null) stream.writeEvent(item as ServerSentEvent)
  else {
    throw serverError(
      'invalid-item',
      `A stream's items are strings, events or encoded bytes, but this one is ${item === null ? 'null' : typeof item}. Wrap other values: { data: value } is sent as JSON.`,
    )
  }
}
