import { createEventStreamParser, type EventStreamParserOptions } from '../src/event-stream-parser.ts'
import { parseEventStream } from '../src/parse-event-stream.ts'
import type { DispatchedEvent } from '../src/server-sent-event.ts'

/** What a reader made of a stream. */
export interface Reading {
  readonly events: DispatchedEvent[]
  readonly retries: number[]
  readonly comments: string[]
  readonly lastEventId: string
}

type Recorded = Required<Pick<EventStreamParserOptions, 'onEvent' | 'onRetry' | 'onComment'>>

/** Handlers that write down what they are called with. */
export function recorder(): Recorded & Omit<Reading, 'lastEventId'> {
  const events: DispatchedEvent[] = []
  const retries: number[] = []
  const comments: string[] = []
  return {
    events,
    retries,
    comments,
    onEvent: (event) => events.push(event),
    onRetry: (retryMs) => retries.push(retryMs),
    onComment: (comment) => comments.push(comment),
  }
}

/** Feeds a push parser with the chunks and ends it. */
export function readChunks(
  chunks: Iterable<Uint8Array | string>,
  options: Omit<EventStreamParserOptions, keyof Recorded> = {},
): Reading {
  const { events, retries, comments, ...handlers } = recorder()
  const parser = createEventStreamParser({ ...options, ...handlers })
  for (const chunk of chunks) parser.feed(chunk)
  parser.end()
  return { events, retries, comments, lastEventId: parser.lastEventId }
}

/** Reads the chunks from a `ReadableStream` with `parseEventStream`. */
export async function readStream(chunks: readonly Uint8Array[]): Promise<Reading> {
  const { events, retries, comments, onEvent, onRetry, onComment } = recorder()
  const stream = parseEventStream(streamOf(chunks), { onRetry, onComment })
  for await (const event of stream) onEvent(event, undefined)
  return { events, retries, comments, lastEventId: stream.lastEventId }
}

/** A stream that gives one chunk for each pull. */
export function streamOf<T>(chunks: Iterable<T>): ReadableStream<T> {
  const rest = chunks[Symbol.iterator]()
  return new ReadableStream<T>(
    {
      pull(controller) {
        const next = rest.next()
        if (next.done) controller.close()
        else controller.enqueue(next.value)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Everything that an iteration gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const item of items) collected.push(item)
  return collected
}

/** Cuts after `size()` elements, again and again. */
export function cut<T extends { readonly length: number; slice(start: number, end: number): T }>(
  whole: T,
  size: () => number,
): T[] {
  const chunks: T[] = []
  for (let start = 0; start < whole.length; ) {
    const end = Math.min(start + size(), whole.length)
    chunks.push(whole.slice(start, end))
    start = end
  }
  return chunks
}

/** Numbers from 0 up to 1 that are the same for every run: mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** The ways in which the suites cut a stream: sizes of one chunk after another, made anew for each stream. */
export const CHUNKINGS: Readonly<Record<string, () => () => number>> = {
  whole: () => () => Number.POSITIVE_INFINITY,
  'every byte': () => () => 1,
  'random 1': () => randomSizes(1),
  'random 2': () => randomSizes(2),
  'random 3': () => randomSizes(3),
}

function randomSizes(seed: number): () => number {
  const random = seededRandom(seed)
  return () => 1 + Math.floor(random() * 9)
}
